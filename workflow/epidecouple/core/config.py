"""The whole configuration, and the checks that need more than one of its keys.

`config/README.md` is made from it and its sections.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from .errors import InputError, checked, key_place, read_yaml
from .key_types import DISTINCT, LINE, NAME, Gate, Place, Results, Threshold, Whole
from .sections.analysis import BiologyConfig, DiagnoseConfig, MotifsConfig
from .sections.data import (
    DatasetConfig,
    ReferenceConfig,
    SimulationConfig,
    SplitsConfig,
    WindowsConfig,
)
from .sections.model import ModelConfig
from .sections.section import Section
from .sections.targets import (
    AblationConfig,
    BengiConfig,
    ComparisonConfig,
    CrisprConfig,
    CrossfitConfig,
    LoopPanelConfig,
    SamplesConfig,
)
from .sections.training import FitConfig, ObjectiveConfig, SubsetConfig


class Config(Section):
    """The whole configuration of a run."""

    run: str = Field(pattern=NAME, description="name of the run; results go to <results>/<run>/")
    results: Results = "results"
    seed: Whole = Field(1, ge=0, description="seed of every random choice")
    threads: Whole = Field(
        1,
        ge=1,
        description="threads of the numerical libraries in every heavy rule; part of"
        " reproducibility, never clipped by --cores. The small networks of the default take longer"
        " with two, windows of 2 kb do not",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto",
        description="where training runs; auto takes CUDA where it is, cuda where it is not is an"
        " error",
    )
    compile: bool = Field(
        False, description="torch.compile for the encoder of DNA while it is trained"
    )
    processes: Whole = Field(
        1,
        ge=1,
        description="processes that share every training step, each with its own threads, and on"
        " CUDA its own device",
    )
    mirror: Place = Field(
        "",
        description="folder or http base tried before every source; files lie below it by host"
        " and path",
    )
    dataset: DatasetConfig
    cell_lines: list[Annotated[str, Field(pattern=LINE)]] = Field(
        min_length=2, description="training lines"
    )
    held_out_lines: list[Annotated[str, Field(pattern=LINE)]] = Field(
        [], description="lines never trained on, used for the test cells of an unseen line"
    )
    marks: Annotated[list[Annotated[str, Field(pattern=NAME)]], DISTINCT] = Field(
        min_length=1, description="marks of the epigenome, in the order of every signal array"
    )
    simulation: SimulationConfig = SimulationConfig()
    windows: WindowsConfig = WindowsConfig()
    reference: ReferenceConfig = ReferenceConfig()
    splits: SplitsConfig = SplitsConfig()
    model: ModelConfig = ModelConfig()
    resistance: FitConfig = Field(
        FitConfig(
            batch_pairs=256,
            positive_share=1,
            epochs=30,
            learning_rate=0.03,
            weight_decay=0.001,
            patience=6,
        ),
        description="Training of R and tau on discordant pairs",
    )
    potential: FitConfig = Field(
        FitConfig(
            batch_pairs=512,
            positive_share=0.25,
            epochs=6,
            learning_rate=0.01,
            weight_decay=0.01,
            patience=6,
        ),
        description="Training of U with offset -R",
    )
    fine_tuning: FitConfig = Field(
        FitConfig(
            batch_pairs=512,
            positive_share=0.25,
            epochs=3,
            learning_rate=0.0005,
            weight_decay=0.01,
            patience=2,
        ),
        description="Training of both energies together, each by its own losses",
    )
    objective: ObjectiveConfig = ObjectiveConfig()
    curriculum: Literal["resistance_first", "fine_tuned", "potential_first", "record22"] = Field(
        "resistance_first",
        description="training phases in their order: R, then U; the same and then both"
        " together; U, then both; or the earlier model. All but the first are arms (config/arms)",
    )
    verification: Literal["enforce", "observe"] = Field(
        "enforce",
        description="stop training when what runs is not what was designed, or write it down and"
        " go on",
    )
    subset: SubsetConfig = SubsetConfig()
    diagnose: DiagnoseConfig = DiagnoseConfig()
    biology: BiologyConfig = BiologyConfig()
    motifs: MotifsConfig = MotifsConfig()
    crossfit: CrossfitConfig = CrossfitConfig()
    loop_panel: LoopPanelConfig = LoopPanelConfig()
    comparison: ComparisonConfig = ComparisonConfig()
    ablation: AblationConfig = AblationConfig()
    crispr: CrisprConfig = CrisprConfig()
    bengi: BengiConfig = BengiConfig()
    samples: SamplesConfig = SamplesConfig()
    thresholds: dict[str, Threshold] = Field(
        {},
        description="gate.metric -> value and why: replaces the value of that row of"
        " config/gates.yaml for this run; `on_failure: stop` makes a row that is only noted stop"
        " the run, `note` the reverse",
    )
    waive: list[Gate] = Field(
        [], description="gates that may fail without stopping the run; printed on every report page"
    )

    @property
    def all_lines(self) -> list[str]:
        """Training lines, then held-out lines: the order of every (n, C) array."""
        return self.cell_lines + self.held_out_lines

    @property
    def loop_marks(self) -> list[str]:
        """Marks of the loop panel, in the order of its signal arrays."""
        return self.loop_panel.marks or self.marks

    @field_validator("resistance", "potential", "fine_tuning", mode="before")
    @classmethod
    def _phase_defaults(cls, values: Any, info: ValidationInfo) -> Any:
        """The phases of training share their keys, but each has defaults of its own."""
        assert info.field_name is not None
        default = cls.model_fields[info.field_name].default
        return default.model_dump() | values if isinstance(values, dict) else values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Config":
        """Build the record from a validated mapping; what a stage may not see is None."""
        return cls.model_construct(
            **{
                name: _record(field.annotation, values.get(name))
                for name, field in cls.model_fields.items()
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Config":
        """Build the record from what a rule passed on its command line."""
        return cls.from_dict(json.loads(text))


def is_section(kind: Any) -> bool:
    """Whether the type of a key is a section."""
    return isinstance(kind, type) and issubclass(kind, Section)


def _record(kind: Any, value: Any) -> Any:
    return kind.model_validate(value) if is_section(kind) and value is not None else value


def read_config(path: str | Path) -> Config:
    """Read and check a configuration file; raises `InputError` with the line of a mistake."""
    return Config.from_dict(validated(read_yaml(path), [path]))


def validated(values: dict[str, Any], files: Sequence[str | Path] = ()) -> dict[str, Any]:
    """Check a configuration and fill in its defaults.

    files : those that the values came from, the last one winning; they are read again only to name
    the line of a mistake, and to refuse a key that stands twice. Raises `InputError`.
    """
    for file in files:
        read_yaml(file)
    config = checked(values, Config, files)
    _check_lines(config, files)
    _check_folds(config.splits, files)
    return config.model_dump()


def _check_lines(config: Config, files: Sequence[str | Path]) -> None:
    """No cell line is listed twice."""
    lines = config.all_lines
    for line in sorted({line for line in lines if lines.count(line) > 1}):
        role = "held_out_lines" if line in config.held_out_lines else "cell_lines"
        problem = f"cell line {line} is listed twice in cell_lines and held_out_lines"
        raise _located(files, [role], problem, "List it once")


def _check_folds(splits: SplitsConfig, files: Sequence[str | Path]) -> None:
    """No chromosome is in two folds, and the two folds that are named are two that there are."""
    chromosomes = [chrom for fold in splits.folds for chrom in fold]
    for chrom in sorted({chrom for chrom in chromosomes if chromosomes.count(chrom) > 1}):
        problem = (
            f"chromosome {chrom} is in two folds, so a test chromosome would also be a training"
            " chromosome"
        )
        raise _located(files, ["splits", "folds"], problem, "List every chromosome in one fold")
    test, validation, count = splits.test_fold, splits.validation_fold, len(splits.folds)
    if test == validation or max(test, validation) >= count:
        problem = f"test_fold {test} and validation_fold {validation} must be two of {count} folds"
        raise _located(files, ["splits"], problem, "Count folds from 0")


def _located(files: Sequence[str | Path], path: list[str], problem: str, remedy: str) -> InputError:
    position, line = key_place(files, path) or (-1, 0)
    return InputError(problem, remedy, ["config", *files][position + 1], line)

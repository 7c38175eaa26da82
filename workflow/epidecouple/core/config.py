"""The configuration: checked once against the schema, then handed on as frozen records.

Defaults live in `workflow/schemas/config.schema.yaml` and nowhere else.
"""

import copy
import json
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from .dna import ENDS
from .errors import InputError
from .paths import SCHEMA


@dataclass(frozen=True)
class DatasetConfig:
    """Where the data come from: `simulated`, `sources` (the manifest) or `files` (your own)."""

    kind: str
    genome: str
    regions: str
    motifs: str
    missing: dict
    files: dict


@dataclass(frozen=True)
class SimulationConfig:
    """Size and difficulty of the simulated world; symbols of the design in the schema."""

    pairs: int
    chromosomes: int
    enhancers: int
    promoters: int
    barriers: int
    background_loci: int
    slot_bp: int
    max_distance_bp: int
    window_bp: int
    grammar_motifs: int
    decoy_motifs: int
    potential_sd: float
    compatibility: float
    hub_sd: float
    base_rate: float
    prevalence_shift: float
    mark_offset: float
    mark_noise: float
    composition: float
    biological_offset: float
    annotation_artefact: float


@dataclass(frozen=True)
class WindowsConfig:
    """Fixed windows, in bp: DNA around a midpoint, signal around a midpoint, bins between the two.

    bin_bp : width at which the bins, which differ from pair to pair, are ranked among reference
    loci
    scales : further widths of signal around either midpoint; signal : `standard` or `ranks`, how
    marks are normalised
    """

    sequence_bp: int
    signal_bp: int
    bins: int
    bin_bp: int
    scales: list
    signal: str

    def positions(self, every_bin: bool) -> list[str]:
        """Names of the positions of R: both ends, both at every further width, and the way between
        as one or as bins.
        """
        wider = [f"{end}_{width}" for width in self.scales for end in ENDS]
        between = [f"bin_{k + 1}" for k in range(self.bins)] if every_bin else ["window"]
        return [*ENDS, *wider, *between]


@dataclass(frozen=True)
class ReferenceConfig:
    """Reference loci: how many tiles of `windows.signal_bp`, and into how many modules they are
    grouped.
    """

    loci: int
    modules: int


@dataclass(frozen=True)
class SplitsConfig:
    """Chromosome folds and which of them are for test and validation; the rest trains."""

    folds: list
    test_fold: int
    validation_fold: int


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the networks and which of them are used."""

    encoder: str
    network: str
    marks: str
    leace: bool
    filters: int
    filter_bp: int
    z_size: int
    hidden: int
    locus_size: int
    states: int
    window: str
    residual_penalty: float
    dropout: float
    signal_dropout: float


@dataclass(frozen=True)
class FitConfig:
    """One stage of training: batch of pairs, least share of positive pairs in it, epochs, rates,
    patience in epochs.
    """

    batch_pairs: int
    positive_share: float
    epochs: int
    learning_rate: float
    weight_decay: float
    patience: int


@dataclass(frozen=True)
class ObjectiveConfig:
    """Weights of the soft terms, and over how many epochs those on the environment come in during
    fine-tuning.
    """

    label_contrast: float
    line_contrast: float
    orthogonality: float
    ramp_epochs: int


@dataclass(frozen=True)
class SubsetConfig:
    """The small run before the full one: training lines, pairs and epochs of the potential."""

    lines: int
    pairs: int
    epochs: int


@dataclass(frozen=True)
class DiagnoseConfig:
    """Probes: rows at most, chromosome folds, boosting rounds, bootstrap draws; permutations of a
    run and of a full diagnosis.
    """

    rows: int
    folds: int
    boosting_rounds: int
    bootstrap: int
    permutations: int
    boosted_permutations: int
    full_permutations: int
    full_boosted_permutations: int


@dataclass(frozen=True)
class BiologyConfig:
    """What is known beforehand about the lines: groups of related ones."""

    groups: list


@dataclass(frozen=True)
class MotifsConfig:
    """What U reads: pairs that are mutated, seqlets kept, windows a motif is inserted into,
    shuffled motifs of the null, lineage motifs.
    """

    pairs: int
    seqlets: int
    windows: int
    shuffles: int
    lineage: list


@dataclass(frozen=True)
class CrossfitConfig:
    """R alone on every fold in turn: networks of the ensemble, shares of the learning curve, rounds
    of boosting, near misses.
    """

    members: int
    shares: list
    boosting_rounds: int
    bootstrap: int
    near_bp: list


@dataclass(frozen=True)
class ComparisonConfig:
    """A comparison: the seeds of its runs, and its arms, name -> overlay of the configuration."""

    seeds: list
    arms: dict


@dataclass(frozen=True)
class Config:
    """The whole configuration of a run."""

    run: str
    results: str
    seed: int
    threads: int
    device: str
    compile: bool
    processes: int
    mirror: str
    dataset: DatasetConfig
    cell_lines: list
    held_out_lines: list
    marks: list
    simulation: SimulationConfig
    windows: WindowsConfig
    reference: ReferenceConfig
    splits: SplitsConfig
    model: ModelConfig
    objective: ObjectiveConfig
    curriculum: str
    verification: str
    resistance: FitConfig
    potential: FitConfig
    fine_tuning: FitConfig
    subset: SubsetConfig
    diagnose: DiagnoseConfig
    biology: BiologyConfig
    motifs: MotifsConfig
    crossfit: CrossfitConfig
    comparison: ComparisonConfig
    thresholds: dict
    waive: list

    @property
    def all_lines(self) -> list[str]:
        """Training lines, then held-out lines: the order of every (n, C) array."""
        return self.cell_lines + self.held_out_lines

    @classmethod
    def from_dict(cls, values: dict) -> "Config":
        """Build the record from a validated mapping; sections a stage was not given are None."""
        return cls(
            **{field.name: _record(field.type, values.get(field.name)) for field in fields(cls)}
        )

    @classmethod
    def from_json(cls, text: str) -> "Config":
        """Build the record from what a rule passed on its command line."""
        return cls.from_dict(json.loads(text))


def _record(kind: type, value: Any) -> Any:
    return kind(**value) if is_dataclass(kind) and value is not None else value


def read_config(path: str | Path) -> Config:
    """Read and check a configuration file; raises `InputError` with the line of a mistake."""
    return Config.from_dict(validated(yaml.safe_load(Path(path).read_text()), [path]))


def load_schema(file: Path = SCHEMA) -> dict:
    """Read the schema of the configuration, or another one."""
    return yaml.safe_load(file.read_text())


def validated(values: dict, files: list[str | Path] = ()) -> dict:
    """Check `values` against the schema and what a schema cannot say, and fill in the defaults;
    raises `InputError`.
    """
    filled = checked(values, load_schema(), files)
    _check_relations(filled, files)
    return filled


def checked(values: dict, schema: dict, files: list[str | Path] = ()) -> dict:
    """Check `values` against a schema and fill in its defaults.

    `files` are the configuration files the values came from, the last one winning; they are read
    again only to name the line of a mistake. Raises `InputError`.
    """
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema).iter_errors(values)
    )
    if error is not None:
        raise _explained(error, files)
    return with_defaults(schema, copy.deepcopy(values))


def with_defaults(schema: dict, values: dict) -> dict:
    """Fill in the defaults of `schema`, section by section."""
    for name, part in schema.get("properties", {}).items():
        if "default" in part:
            values.setdefault(name, copy.deepcopy(part["default"]))
        if part.get("type") == "object" and name in values:
            with_defaults(part, values[name])
    return values


def _explained(error: jsonschema.ValidationError, files: list) -> InputError:
    path = [str(part) for part in error.absolute_path]
    unknown = _unknown_key(error)
    if unknown:
        known = ", ".join(sorted(error.schema["properties"]))
        return _located(
            files,
            [*path, unknown],
            f"unknown key '{'.'.join([*path, unknown])}'",
            f"Known keys here: {known}",
        )
    expected = {
        key: error.schema[key]
        for key in ("type", "enum", "minimum", "maximum", "pattern")
        if key in error.schema
    }
    return _located(
        files,
        path,
        f"'{'.'.join(path) or 'config'}': {error.message}",
        f"Expected {expected}; see config/README.md",
    )


def _unknown_key(error: jsonschema.ValidationError) -> str | None:
    if error.validator != "additionalProperties":
        return None
    return sorted(set(error.instance) - set(error.schema["properties"]))[0]


def _check_relations(values: dict, files: list) -> None:
    """What a schema cannot say: lines and chromosomes that appear twice, folds that do not
    exist.
    """
    lines = values["cell_lines"] + values["held_out_lines"]
    for line in sorted({line for line in lines if lines.count(line) > 1}):
        role = "held_out_lines" if line in values["held_out_lines"] else "cell_lines"
        raise _located(
            files,
            [role],
            f"cell line {line} is listed twice in cell_lines and held_out_lines",
            "List it once",
        )
    chromosomes = [chrom for fold in values["splits"]["folds"] for chrom in fold]
    for chrom in sorted({chrom for chrom in chromosomes if chromosomes.count(chrom) > 1}):
        problem = (
            f"chromosome {chrom} is in two folds, so a test chromosome would also be a training"
            " chromosome"
        )
        raise _located(files, ["splits", "folds"], problem, "List every chromosome in one fold")
    test, validation = values["splits"]["test_fold"], values["splits"]["validation_fold"]
    if test == validation or max(test, validation) >= len(values["splits"]["folds"]):
        problem = (
            f"test_fold {test} and validation_fold {validation} must be two of"
            f" {len(values['splits']['folds'])} folds"
        )
        raise _located(files, ["splits"], problem, "Count folds from 0")


def _located(files: list, path: list[str], problem: str, remedy: str) -> InputError:
    """Name the file and line where the key is, or the nearest key above it."""
    for file in reversed(list(files)):
        line = key_line(Path(file), path)
        if line is not None:
            return InputError(problem, remedy, file, line)
    return InputError(problem, remedy, "config" if not files else files[-1])


def key_line(file: Path, path: list[str]) -> int | None:
    """Line (from 1) of the deepest key of `path` that stands in a YAML file, None when the first
    key does not.
    """
    node, line = yaml.compose(file.read_text()), None
    for name in path:
        children = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((key, value) for key, value in children if key.value == name), None)
        if found is None:
            return line
        line, node = found[0].start_mark.line + 1, found[1]
    return line

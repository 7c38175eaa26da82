"""The configuration: every key, with its type, bounds, default and meaning, is written here once.

`config/README.md` is made from it. A value may come as text, for Snakemake hands on what stands
inside a section on the command line as text.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationInfo,
    WrapValidator,
    field_validator,
    with_config,
)
from pydantic_core import PydanticCustomError

# Before Python 3.12 pydantic cannot use the TypedDict of the standard library.
from typing_extensions import TypedDict

from .dna import ENDS
from .errors import InputError, checked, key_place

NAME = r"^[A-Za-z0-9_.-]+$"
LINE = r"^[A-Za-z0-9_-]+$"
FOLDER = r"^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$"


def _number(value: Any) -> Any:
    """Text as the number that it stands for; anything else as it is."""
    for kind in (int, float) if isinstance(value, str) else ():
        try:
            return kind(value)
        except ValueError:
            pass
    return value


def _as_written(value: Any, check: Callable[[Any], float]) -> int | float:
    """1 stays 1 and does not become 1.0: rules hand the configuration on as text."""
    number = _number(value)
    check(number)
    return number


def _distinct(values: list[Any]) -> list[Any]:
    if len({str(value) for value in values}) < len(values):
        raise PydanticCustomError("distinct", "List should name nothing twice")
    return values


# Strict, because Python takes True for 1.
Whole = Annotated[int, Strict(), BeforeValidator(_number)]
Number = Annotated[float, Strict(), WrapValidator(_as_written)]
DISTINCT = AfterValidator(_distinct)
Results = Annotated[
    str,
    Field(
        pattern=FOLDER,
        description="folder of the results of all runs, as seen from the working directory",
    ),
]
Gate = Literal[
    "download", "data", "subset", "fit", "recovery", "resistance", "decoupling", "biology"
]
Reason = Annotated[str, Field(min_length=10)]


class Section(BaseModel):
    """Keys that belong together: frozen, and no others are accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@with_config(ConfigDict(extra="forbid"))
class OwnFiles(TypedDict, total=False):
    """The files of one cell line."""

    pairs: str
    loops: str
    peaks: dict[str, str]


@with_config(ConfigDict(extra="forbid"))
class Threshold(TypedDict):
    """What replaces the value of a row of `config/gates.yaml`."""

    value: Number
    why: Reason


class DatasetConfig(Section):
    """Where the data come from."""

    kind: Literal["simulated", "sources", "files"] = Field(
        description="simulated genome, rows of resources/sources.tsv, or your own files"
    )
    genome: str = Field(
        "", description="name of the genome's source, or path of a FASTA (plain or gzip)"
    )
    regions: str = Field(
        "",
        description="BED of regions to stay inside: a source's name or a path; empty for the"
        " whole genome",
    )
    motifs: str = Field(
        "",
        description="path of a motif file in MEME format, for example JASPAR's; empty for none (a"
        " simulation writes its own)",
    )
    missing: dict[str, list[str]] = Field(
        {},
        description="for kinds sources and simulated: cell line -> marks that it lacks, as in a"
        " mirror without large files",
    )
    files: dict[str, OwnFiles] = Field(
        {}, description="for kind files: cell line -> pairs, loops and peaks by mark"
    )


class SimulationConfig(Section):
    """Size and difficulty of the simulated world."""

    pairs: Whole = Field(24_000, ge=100, description="pairs on all chromosomes")
    chromosomes: Whole = Field(22, ge=5, le=22, description="number of chromosomes")
    enhancers: Whole = Field(6000, ge=5, description="enhancers in all")
    promoters: Whole = Field(2000, ge=5, description="promoters in all")
    barriers: Whole = Field(1300, ge=0, description="insulators that lie between elements")
    background_loci: Whole = Field(2600, ge=0, description="open loci that belong to no pair")
    slot_bp: Whole = Field(2000, ge=1000, description="distance of neighbouring loci in bp")
    max_distance_bp: Whole = Field(200_000, ge=2000, description="largest distance of a pair in bp")
    window_bp: Whole = Field(168, ge=24, multiple_of=12, description="planted window in bp")
    grammar_motifs: Whole = Field(6, ge=1, description="motifs that make U")
    decoy_motifs: Whole = Field(4, ge=1, description="motifs that make constitutive openness")
    potential_sd: Number = Field(2.2, ge=0, description="sigma_U in logit units")
    compatibility: Number = Field(
        0.25, ge=0, description="weight beta of the enhancer x promoter term"
    )
    motif_mutation: Number = Field(
        0.05, ge=0, le=1, description="rate at which a base of a planted motif is drawn anew"
    )
    motif_gap: Whole = Field(
        0, ge=0, le=8, description="free bases in the middle of a motif, between its half sites"
    )
    gc_sd: Number = Field(0, ge=0, description="sd of the GC content of windows")
    distance_slope: Number = Field(
        0, ge=0, description="lambda, by how much U falls per factor of 10 in distance"
    )
    chromatin: Literal["openness", "states"] = Field(
        "openness",
        description="marks and R linear in one openness, or by nine discrete chromatin states whose"
        " effect on R is not monotone",
    )
    hub_marks: Number = Field(
        0,
        ge=0,
        description="how strongly H3K4me1 and H3K4me3 show, in all lines, what a locus itself adds"
        " to U",
    )
    barrier_sd: Number = Field(
        0.5, ge=0, description="sd of the log CTCF signal of barriers, which all block alike"
    )
    hub_sd: Number = Field(0.25, ge=0, description="sd of the unlearnable term of an element")
    base_rate: Number = Field(0.15, gt=0, lt=1, description="mean label")
    prevalence_shift: Number = Field(
        1,
        ge=0,
        description="delta, sd of the log base rate over training lines; held-out lines have the"
        " mean, so that their AUPR can be compared between seeds",
    )
    mark_offset: Number = Field(
        2, ge=0, description="omega, sd of the technical offset of a mark in a line"
    )
    mark_noise: Number = Field(0.7, ge=0, description="sigma_x, noise of a mark")
    composition: Number = Field(
        2, ge=0, description="kappa, how strongly a line's table prefers its own lineage's elements"
    )
    biological_offset: Number = Field(
        0,
        ge=0,
        description="sd of a line's global openness, which its marks show and its R feels;"
        " normalisation takes it for a technical offset",
    )
    annotation_artefact: Number = Field(
        1, ge=0, description="nu, how much element lengths tell the line"
    )


# How many densities of strong peaks describe the way between two ends (data/way.py).
WAY_DENSITIES = 8


class WindowsConfig(Section):
    """Fixed windows in bp."""

    sequence_bp: Whole = Field(
        2000, ge=8, multiple_of=2, description="DNA window around an element's midpoint"
    )
    signal_bp: Whole = Field(
        3000,
        ge=2,
        multiple_of=2,
        description="signal window around an element's midpoint; also the size of a reference tile",
    )
    bin_bp: Whole = Field(
        20_000,
        ge=1,
        description="width of the reference loci among which the bins are ranked, with"
        " windows.signal ranks",
    )
    bins: Whole = Field(
        8, ge=1, description="equal bins between the two midpoints, from enhancer to promoter"
    )
    scales: Annotated[list[Annotated[Whole, Field(ge=2, multiple_of=2)]], DISTINCT] = Field(
        [],
        description="further widths in bp of signal around either midpoint, each with an entry of"
        " its own in R",
    )
    signal: Literal["standard", "ranks"] = Field(
        "standard",
        description="marks standardised on the reference loci, or first replaced by their rank"
        " among the reference loci of the same width",
    )

    way: bool = Field(
        True,
        description="describe the way between the windows of both ends also by densities of strong"
        " peaks",
    )

    @property
    def way_slots(self) -> int:
        """Number of densities of a mark on the way, after the other positions of a signal."""
        return WAY_DENSITIES if self.way else 0

    def positions(self, every_bin: bool) -> list[str]:
        """Names of the positions of R: both ends, both at every further width, and the way between
        as one or as bins.
        """
        wider = [f"{end}_{width}" for width in self.scales for end in ENDS]
        between = [f"bin_{k + 1}" for k in range(self.bins)] if every_bin else ["window"]
        return [*ENDS, *wider, *between]


class ReferenceConfig(Section):
    """The loci on which marks are normalised and lines are compared."""

    loci: Whole = Field(4000, ge=20, description="number of reference loci at most")
    modules: Whole = Field(16, ge=1, description="locus modules of the line state g")


class SplitsConfig(Section):
    """Chromosome folds."""

    folds: list[Annotated[list[str], Field(min_length=1)]] = Field(
        [
            ["chr1", "chr10", "chr15", "chr21"],
            ["chr19", "chr3", "chr4", "chr7", "chrX"],
            ["chr13", "chr17", "chr2", "chr22", "chr9"],
            ["chr12", "chr14", "chr16", "chr18", "chr20"],
            ["chr11", "chr5", "chr6", "chr8"],
        ],
        min_length=3,
        description="chromosomes of each fold (TransEPI's); a chromosome in none of them is not"
        " used",
    )
    test_fold: Whole = Field(0, ge=0, description="fold kept for the evaluation")
    validation_fold: Whole = Field(1, ge=0, description="fold for early stopping")


class ModelConfig(Section):
    """Sizes of the networks."""

    encoder: Literal["motifs", "cnn", "deep"] = Field(
        "motifs",
        description="element encoder: motifs that a screen of the training pairs turns up, counted;"
        " one convolution layer from random filters (taken too where the screen finds none); or"
        " about 13 M parameters for a GPU",
    )
    network: Literal["energy", "record22"] = Field(
        "energy",
        description="both energies as designed, or as record 22 had them, for that arm only",
    )
    marks: Literal["normalised", "raw"] = Field(
        "normalised",
        description="raw: marks as the peak files have them, without normalisation on the"
        " reference loci; for arms only",
    )
    leace: bool = Field(
        False,
        description="concept erasure of the line on z, fitted on the published training rows"
        " every epoch",
    )
    filters: Whole = Field(16, ge=1, description="motif filters of an element at most")
    cnn_filters: Whole = Field(
        64, ge=1, description="convolution filters of an element with the encoder cnn"
    )
    filter_bp: Whole = Field(13, ge=1, description="filter length in bp")
    z_size: Whole = Field(48, ge=2, description="size of z")
    hidden: Whole = Field(64, ge=1, description="width of hidden layers")
    locus_size: Whole = Field(16, ge=1, description="size of a locus' environment representation")
    states: Whole = Field(16, ge=2, description="K, chromatin-state prototypes")
    window: Literal["mean", "bins"] = Field(
        "mean",
        description="R reads the mean over the bins between the ends, or every bin by itself",
    )
    ends: Literal["states and residual", "states", "residual"] = Field(
        "states and residual",
        description="what the marks at the ends and in the window add to R: the resistance of"
        " chromatin states, a residual network, or both; states alone are an arm for few discordant"
        " pairs",
    )
    way_marks: Annotated[list[str], DISTINCT] = Field(
        ["CTCF"],
        description="marks whose densities between the ends R reads, among `marks`; none without"
        " `windows.way`",
    )
    residual_penalty: Number = Field(
        0.1,
        ge=0,
        description="weight of the mean square of R's residual in the loss, so that the states"
        " explain R first",
    )
    dropout: Number = Field(0.1, ge=0, le=0.9, description="dropout before the heads")
    mask_marks: Number = Field(
        0.2,
        ge=0,
        le=0.9,
        description="chance that a mark of a training pair in a line is hidden from R, value and"
        " flag, so that R does without it where a line lacks it",
    )
    mark_noise: Number = Field(
        0, ge=0, description="sd of the noise added to the marks of training pairs, in their own sd"
    )


class FitConfig(Section):
    """One phase of training."""

    batch_pairs: Whole = Field(ge=1, description="pairs of a macro-step")
    positive_share: Number = Field(
        ge=0,
        le=1,
        description="least share of pairs that are positive in some line (every discordant pair"
        " is); undone by weights",
    )
    epochs: Whole = Field(ge=1, description="epochs at most")
    learning_rate: Number = Field(gt=0, description="peak learning rate")
    weight_decay: Number = Field(ge=0, description="AdamW weight decay")
    patience: Whole = Field(ge=1, description="epochs without improvement before training stops")


class ObjectiveConfig(Section):
    """Weights of the soft terms; the energies' own likelihoods have weight 1."""

    label_contrast: Number = Field(
        0, ge=0, description="arm: supervised contrast on z by label within a line"
    )
    line_contrast: Number = Field(
        0, ge=0, description="arm: contrast of each line's state g against the lines' prototypes"
    )
    orthogonality: Number = Field(
        0,
        ge=0,
        description="arm, with a curriculum that fine-tunes: mean squared within-line"
        " cross-correlation of e with z, its gradient on e",
    )
    potential_orthogonality: Number = Field(
        0,
        ge=0,
        description="arm: squared correlation of U with R within a line, on the pairs that the"
        " line's own table lists, its gradient on U",
    )
    resistance_likelihood: Literal["conditional", "bernoulli"] = Field(
        "conditional",
        description="arm bernoulli: R by the plain likelihood of the labels, as if U were 0",
    )
    ramp_epochs: Whole = Field(
        0,
        ge=0,
        description="epochs over which the terms on the environment come in while it is fine-tuned",
    )


class SubsetConfig(Section):
    """The small run before the full one."""

    lines: Whole = Field(4, ge=2, description="training lines at most")
    pairs: Whole = Field(6000, ge=10, description="training pairs at most")
    epochs: Whole = Field(6, ge=1, description="epochs of the potential")


class DiagnoseConfig(Section):
    """Probes and correlations."""

    rows: Whole = Field(12_000, ge=100, description="rows of a probe at most")
    folds: Whole = Field(4, ge=2, description="chromosome groups of the probe's cross-validation")
    boosting_rounds: Whole = Field(15, ge=1, description="rounds of the nonlinear probe")
    bootstrap: Whole = Field(200, ge=10, description="chromosome-bootstrap draws")
    permutations: Whole = Field(
        19,
        ge=0,
        description="block permutations of the null, linear probes and z-e measures; the smallest"
        " p is 1 / (1 + permutations)",
    )
    boosted_permutations: Whole = Field(0, ge=0, description="the same for the nonlinear probe")
    full_permutations: Whole = Field(
        200, ge=0, description="`permutations` of the target diagnose_full"
    )
    full_boosted_permutations: Whole = Field(
        50, ge=0, description="`boosted_permutations` of the target diagnose_full"
    )


class BiologyConfig(Section):
    """Prototypes against the epigenome."""

    groups: list[Annotated[list[str], Field(min_length=2)]] = Field(
        [],
        description="groups of related cell lines, known beforehand, whose prototypes should be"
        " alike; lines that the run does not have are left out",
    )


class MotifsConfig(Section):
    """What U reads."""

    pairs: Whole = Field(
        24, ge=1, description="test pairs of the highest U whose bases are mutated one by one"
    )
    seqlets: Whole = Field(
        60,
        ge=1,
        description="strongest short stretches of the mutated windows that are matched with motifs",
    )
    windows: Whole = Field(64, ge=4, description="test pairs that every motif is inserted into")
    shuffles: Whole = Field(
        400,
        ge=20,
        description="shuffled motifs of the null; the smallest p of a motif is 1 / (shuffles +"
        " 1), so raise it with the number of motifs",
    )
    lineage: list[str] = Field(
        [], description="names of motifs of lineage-specific factors, which U should not follow"
    )


class CrossfitConfig(Section):
    """The target resistance: R alone, without DNA, every chromosome fold tested in turn."""

    members: Whole = Field(
        3,
        ge=1,
        description="networks of R averaged in the arm `ensemble`; the model itself holds one",
    )
    shares: list[Annotated[Number, Field(gt=0, lt=1)]] = Field(
        [0.25, 0.5],
        description="shares of the training loci (blocks of 1 Mb) on the learning curve",
    )
    boosting_rounds: Whole = Field(
        150, ge=1, description="rounds of gradient boosting on the same features"
    )
    bootstrap: Whole = Field(500, ge=10, description="chromosome-bootstrap draws")
    near_bp: list[Annotated[Whole, Field(ge=1)]] = Field(
        [10_000, 25_000],
        description="distances in bp at which a loop beside both elements counts as a near miss",
    )


class ComparisonConfig(Section):
    """The target compare_record22: arms trained on the same data, each under several seeds."""

    seeds: Annotated[list[Annotated[Whole, Field(ge=0)]], DISTINCT] = Field(
        [1, 2, 3], min_length=1, description="seeds of data and training, one run of every arm each"
    )
    arms: dict[Annotated[str, Field(pattern=LINE)], str] = Field(
        {"record22": "config/arms/record22.yaml"},
        description="name -> overlay of the configuration, beside the configuration itself (the"
        " arm design)",
    )


class Config(Section):
    """The whole configuration of a run."""

    run: str = Field(pattern=NAME, description="name of the run; results go to <results>/<run>/")
    results: Results = "results"
    seed: Whole = Field(1, ge=0, description="seed of every random choice")
    threads: Whole = Field(
        2,
        ge=1,
        description="threads of the numerical libraries in every heavy rule; part of"
        " reproducibility, never clipped by --cores",
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
    mirror: str = Field(
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
    comparison: ComparisonConfig = ComparisonConfig()
    thresholds: dict[str, Threshold] = Field(
        {},
        description="gate.metric -> value and why: replaces the value of that row of"
        " config/gates.yaml for this run",
    )
    waive: list[Gate] = Field(
        [], description="gates that may fail without stopping the run; printed on every report page"
    )

    @property
    def all_lines(self) -> list[str]:
        """Training lines, then held-out lines: the order of every (n, C) array."""
        return self.cell_lines + self.held_out_lines

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
    return Config.from_dict(validated(yaml.safe_load(Path(path).read_text()), [path]))


def validated(values: dict[str, Any], files: Sequence[str | Path] = ()) -> dict[str, Any]:
    """Check a configuration and fill in its defaults.

    files : those that the values came from, the last one winning; they are read again only to name
    the line of a mistake. Raises `InputError`.
    """
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

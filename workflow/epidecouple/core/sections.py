"""The sections of the configuration: every key is written here once, with its type, bounds, default
and meaning.
"""

from typing import Annotated, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field, with_config

# Before Python 3.12 pydantic cannot use the TypedDict of the standard library.
from typing_extensions import TypedDict

from .dna import ENDS
from .key_types import DISTINCT, FOLDER, LINE, NAME, FilePath, Number, Reason, Whole


class Section(BaseModel):
    """Keys that belong together: frozen, and no others are accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@with_config(ConfigDict(extra="forbid"))
class OwnFiles(TypedDict, total=False):
    """The files of one cell line."""

    pairs: FilePath
    loops: FilePath
    peaks: dict[str, FilePath]


@with_config(ConfigDict(extra="forbid"))
class Threshold(TypedDict):
    """What replaces the value of a row of `config/gates.yaml`."""

    value: Number
    why: Reason
    on_failure: NotRequired[Literal["note", "stop"]]


class DatasetConfig(Section):
    """Where the data come from."""

    kind: Literal["simulated", "sources", "files"] = Field(
        description="simulated genome, rows of resources/sources.tsv, or your own files"
    )
    genome: FilePath = Field(
        "", description="name of the genome's source, or path of a FASTA (plain or gzip)"
    )
    regions: FilePath = Field(
        "",
        description="BED of regions to stay inside: a source's name or a path; empty for the"
        " whole genome",
    )
    motifs: FilePath = Field(
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
    near_bp: list[Annotated[Whole, Field(ge=1)]] = Field(
        [10_000, 25_000],
        description="distances in bp at which a loop beside both elements counts as a near miss",
    )


SEEDS = Annotated[list[Annotated[Whole, Field(ge=0)]], DISTINCT]


class AblationConfig(Section):
    """The target ablation: arms of `resources/ablation.yaml` in worlds of every seed."""

    worlds: Annotated[list[str], DISTINCT] = Field(
        ["default", "openness"], min_length=1, description="worlds of resources/ablation.yaml"
    )
    arms: Annotated[list[str], DISTINCT] = Field(
        [], description="arms of resources/ablation.yaml; empty for all of them"
    )
    seeds: SEEDS = Field([11, 12, 13], min_length=1, description="a seed is a world of its own")
    component_seeds: SEEDS = Field(
        [11, 12, 13, 14, 15],
        min_length=1,
        description="seeds of the design and of arms without or with one component",
    )


class LoopPanelConfig(Section):
    """The loop panel of the target resistance: the union of all lines' loops, labelled in every
    line.
    """

    marks: Annotated[list[Annotated[str, Field(pattern=NAME)]], DISTINCT] = Field(
        [], description="marks that R reads there; `marks` where empty"
    )
    merge_bp: Whole = Field(
        25_000,
        ge=0,
        description="loops whose anchors both lie within this distance in bp are one locus",
    )
    widths: Annotated[list[Annotated[Whole, Field(ge=2, multiple_of=2)]], DISTINCT] = Field(
        [3_000, 10_000, 30_000, 100_000],
        min_length=1,
        description="widths in bp of signal around either anchor's midpoint",
    )
    bins: Whole = Field(8, ge=1, description="equal bins between the two midpoints")
    peak_bp: Whole = Field(
        7_500, ge=1, description="how far from an anchor's midpoint its strongest peak may lie"
    )
    states: Whole = Field(16, ge=2, description="chromatin states of R")
    locus_size: Whole = Field(24, ge=1, description="size of an encoded position")
    encoder_hidden: Whole = Field(32, ge=1, description="width of the encoder's hidden layer")
    hidden: Whole = Field(64, ge=1, description="width of the residual's hidden layer")
    dropout: Number = Field(0.3, ge=0, le=0.9, description="dropout of the residual")
    batch_loci: Whole = Field(256, ge=1, description="loci of a step")
    epochs: Whole = Field(14, ge=1, description="epochs, all of which are run")
    learning_rate: Number = Field(0.002, gt=0, description="peak learning rate")
    weight_decay: Number = Field(0.05, ge=0, description="AdamW weight decay")
    seeds: Annotated[list[Annotated[Whole, Field(ge=0)]], DISTINCT] = Field(
        [0],
        min_length=1,
        description="seeds of the networks; figures are means over them, and the tables have the"
        " range",
    )
    unseen_folds: Whole = Field(
        1,
        ge=1,
        description="in how many of the folds each line is left out in turn; the lines are spread"
        " over the folds, and as many as there are folds test every line everywhere",
    )
    near_bp: list[Annotated[Whole, Field(ge=1)]] = Field(
        [50_000, 200_000],
        description="distances in bp at which a line's own loop beside a locus counts as a near"
        " miss",
    )
    distances_bp: list[Annotated[Whole, Field(ge=1)]] = Field(
        [150_000, 300_000, 600_000],
        description="distances of the anchors in bp at which loci are parted into strata",
    )
    laboratories: dict[Annotated[str, Field(pattern=LINE)], str] = Field(
        {}, description="cell line -> the laboratory or project that measured its marks"
    )
    model: str = Field(
        "models/loop_resistance",
        pattern=FOLDER,
        description="folder that loop_model writes R of loops to",
    )


class ComparisonConfig(Section):
    """The target compare_record22: arms trained on the same data, each under several seeds."""

    seeds: SEEDS = Field(
        [1, 2, 3], min_length=1, description="seeds of data and training, one run of every arm each"
    )
    arms: dict[Annotated[str, Field(pattern=LINE)], str] = Field(
        {"record22": "config/arms/record22.yaml"},
        description="name -> overlay of the configuration, beside the configuration itself (the"
        " arm design)",
    )


class CrisprConfig(Section):
    """The targets crispr and real_model: does silencing an element change a gene? Real data."""

    lines: Annotated[list[Annotated[str, Field(pattern=LINE)]], DISTINCT] = Field(
        ["GM12878", "HeLa-S3", "HUVEC", "IMR90", "K562", "NHEK"],
        min_length=2,
        description="cell lines of resources/sources.tsv whose loops teach the resistance of the"
        " way, whatever the dataset of the run is; the one that is scored is left out of them",
    )
    scored_lines: Annotated[list[Annotated[str, Field(pattern=LINE)]], DISTINCT] = Field(
        ["K562"],
        min_length=1,
        description="lines, among `crispr.lines`, whose rows of the tables are scored; each needs"
        " peaks of DNase",
    )
    way_marks: Annotated[list[Annotated[str, Field(pattern=NAME)]], DISTINCT] = Field(
        ["CTCF", "H3K27ac", "H3K4me2", "H3K4me3", "H3K9ac", "H2A.Z", "H4K20me1", "POL2"],
        min_length=1,
        description="marks that the resistance of the way reads: those that all six lines have",
    )
    missing: dict[str, list[str]] = Field(
        {"IMR90": ["DNase"], "NHEK": ["DNase"]},
        description="cell line -> marks whose peaks are not read: files above 4 MB, so that the"
        " model is the same with a mirror that lacks them",
    )
    potential: Literal["distance"] = Field(
        "distance",
        description="what U is read from where no DNA is given; from DNA it would be needed at"
        " every candidate that competes, and so would the genome (docs/crispr.md)",
    )
    training: FilePath = Field(
        "gschwind2026_training",
        description="table of CRISPR pairs that heads are fitted on: a source's name or a path",
    )
    tested: FilePath = Field(
        "",
        description="table that all scores are compared on, such as one kept apart: a source's name"
        " or a path; empty for the training table, each chromosome by heads fitted without it",
    )
    published: FilePath = Field(
        "abc_fulco2019_k562",
        description="published predictions to compare with, where they have the row: a source's"
        " name or a path",
    )
    genes: FilePath = Field(
        "abc_tss_hg19", description="BED of one TSS per gene symbol: a source's name or a path"
    )
    chain: FilePath = Field(
        "hg38ToHg19",
        description="chain file from the tables' assembly to that of the peaks: a source's name or"
        " a path",
    )
    looped: Whole = Field(
        5_000, ge=10, description="pairs that a loop joins, drawn in each line for R_way"
    )
    unlooped: Whole = Field(
        9_000, ge=10, description="random pairs that no line's loop joins, drawn in each line"
    )
    bootstrap: Whole = Field(
        1_000, ge=10, description="bootstrap draws of every interval; 10000 for a publication"
    )
    left_out: list[Annotated[str, Field(pattern=NAME)]] = Field(
        ["chr8", "chr11", "chrX"],
        description="chromosomes of which the model of models/ also has heads fitted without them:"
        " those of MYC, HBE1 and GATA1, which the example shows",
    )
    model: str = Field(
        "models/regulation",
        pattern=FOLDER,
        description="folder that real_model writes the trained score to",
    )


class SamplesConfig(Section):
    """The targets known_profiles and sample_accuracy: what peak files of known lines look like."""

    missing: dict[str, list[str]] = Field(
        {
            "IMR90": ["DNase", "H3K4me1", "H3K27me3", "H3K36me3", "H3K9me3"],
            "NHEK": ["DNase", "H3K36me3"],
        },
        description="cell line -> marks whose peaks are not read: files above 4 MB, so that the"
        " profiles are the same with a mirror that lacks them",
    )

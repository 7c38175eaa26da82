"""Targets beside a run: real loops, CRISPR screens, ablation, comparison, known samples."""

from typing import Annotated, Literal

from pydantic import Field

from ..key_types import DISTINCT, FOLDER, LINE, NAME, FilePath, Number, Whole
from .section import Section


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


# Assays of BENGI's tables, by the line as the sources' names have it.
CHIA_PET = ["CTCF-ChIAPET", "RNAPII-ChIAPET"]
BENGI_ASSAYS = {line: ["HiC", *CHIA_PET] for line in ("GM12878", "HeLa-S3")}
BENGI_ASSAYS |= {line: ["HiC"] for line in ("HMEC", "IMR90", "K562", "NHEK")}


class BengiConfig(Section):
    """The target bengi: pairs of BENGI in cell lines and on chromosomes that were not learned."""

    training: dict[Annotated[str, Field(pattern=LINE)], list[FilePath]] = Field(
        {
            "GM12878": [
                "bengi_GM12878_HiC",
                "bengi_GM12878_CTCF-ChIAPET",
                "bengi_GM12878_RNAPII-ChIAPET",
            ],
            "HeLa-S3": [
                "bengi_HeLa-S3_HiC",
                "bengi_HeLa-S3_CTCF-ChIAPET",
                "bengi_HeLa-S3_RNAPII-ChIAPET",
            ],
        },
        min_length=1,
        description="cell line -> tables of BENGI that scores are fitted on, sources' names or"
        " paths: those of TransEPI",
    )
    tested: dict[Annotated[str, Field(pattern=LINE)], FilePath] = Field(
        {
            "HMEC": "bengi_HMEC_HiC",
            "IMR90": "bengi_IMR90_HiC",
            "K562": "bengi_K562_HiC",
            "NHEK": "bengi_NHEK_HiC",
        },
        min_length=1,
        description="cell line -> its table of BENGI, of a line that nothing is fitted on; one of"
        " which the run has no peaks is scored by what needs none",
    )
    published: dict[Annotated[str, Field(pattern=LINE)], FilePath] = Field(
        {line: f"transepi_{line}" for line in ("HMEC", "IMR90", "K562", "NHEK")},
        description="cell line -> TransEPI's own scores of its tested table, a source's name or a"
        " path; lines without are compared without it",
    )
    assays: dict[FilePath, str] = Field(
        {
            f"bengi_{line}_{assay}": assay
            for line, assays in BENGI_ASSAYS.items()
            for assay in assays
        },
        description="table -> assay: U of the distance is fitted for each assay, since each finds"
        " pairs of its own distances; tables that are not named are of one",
    )
    folds: list[list[str]] = Field(
        [
            ["chr1", "chr10", "chr15", "chr21"],
            ["chr19", "chr3", "chr4", "chr7", "chrX"],
            ["chr13", "chr17", "chr2", "chr22", "chr9"],
            ["chr12", "chr14", "chr16", "chr18", "chr20"],
            ["chr11", "chr5", "chr6", "chr8"],
        ],
        min_length=2,
        description="chromosomes that are scored together by what was fitted on the others; the"
        " default is TransEPI's, so that its scores are of lines and chromosomes it had not seen",
    )
    knots: Whole = Field(
        10, ge=2, description="distances, evenly spaced in rank, between which U is linear"
    )
    batch_pairs: Whole = Field(1024, ge=1, description="pairs of a step of U and R")
    epochs: Whole = Field(4, ge=1, description="epochs of U and R, all of which are run")
    matched_bins: Whole = Field(
        20,
        ge=1,
        description="bins of distance, evenly filled with positive pairs, in which negatives are"
        " weighted so that distance carries no information",
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

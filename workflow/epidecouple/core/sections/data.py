"""What is read and simulated: data set, windows, reference loci, splits."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config

# Before Python 3.12 pydantic cannot use the TypedDict of the standard library.
from typing_extensions import TypedDict

from ..dna import ENDS
from ..key_types import DISTINCT, FilePath, Number, Whole
from .section import Section


@with_config(ConfigDict(extra="forbid"))
class OwnFiles(TypedDict, total=False):
    """The files of one cell line."""

    pairs: FilePath
    loops: FilePath
    peaks: dict[str, FilePath]


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

"""A request for a model trained on real data, the regulation score or R of loops: which elements
and genes, in which line, by which model.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ..core.errors import InputError
from ..core.key_types import LINE, NAME, FilePath, Place, Results, Whole
from ..core.paths import EXAMPLE
from ..core.provenance import fingerprint, read_json
from ..core.sections.section import Section
from ..core.sections.targets import CrisprConfig, LoopPanelConfig
from ..experiments.crispr_catalog import crispr_catalog, place_of
from ..experiments.excerpt import Excerpt
from ..files.manifest import download_path, load_sources
from ..regulation.activity import OPEN
from .checksums import CHECKSUMS
from .regulation_model import WAY

PEAK_COLUMNS = ["mark", "path"]
EXCERPT_LINE = "K562"
# The assembly that goes through the chain.
LIFTED = "hg38"
# What a folder of R of loops is known by, and the target that makes it.
LOOP_RECORD, LOOP_TARGET = "loop_model.json", "loop_model"
# Keys of the recipe that a prediction needs: where marks are read, and the sizes of the network.
RECIPE = ("widths", "bins", "peak_bp", "states", "locus_size", "encoder_hidden", "hidden")


def _peaks(value: Any) -> Any:
    return listed_marks(Path(value)) if isinstance(value, str) else value


class RegulationRequest(Section):
    """A request for the regulation score."""

    pairs: FilePath = Field(
        min_length=1,
        description="elements and genes to score: BED with the gene in column 4; TSV or CSV with"
        " chrom, start, end, gene (or the names of ABC's, ENCODE-rE2G's or CRISPR_comparison's"
        " tables), or with the coordinates of enhancer and promoter; naming it makes the call a"
        " prediction",
    )
    model: FilePath = Field(
        min_length=1,
        description="folder of a model trained on real data: models/regulation, or"
        " models/loop_resistance",
    )
    line: str = Field(
        "",
        pattern=f"{LINE}|^$",
        description="name of the cell line; without peaks a line of resources/sources.tsv, whose"
        " files are downloaded; empty: that of the excerpt",
    )
    peaks: Annotated[dict[str, FilePath], BeforeValidator(_peaks)] = Field(
        {},
        description="the line's peak files or bigWigs, whole: mark -> path, or a TSV with the"
        " columns mark, path; DNase is needed, other marks may be missing",
    )
    excerpt: FilePath = Field(
        "",
        description="folder of an excerpt that is read in place of peaks; empty, where neither"
        " peaks nor a line are given: K562 around HBE1, GATA1 and MYC, in the repository",
    )
    assembly: Literal["hg19", "hg38"] = Field(
        "hg19", description="assembly of the elements; the scores are made in hg19"
    )
    peaks_assembly: Literal["", "hg19", "hg38"] = Field(
        "", description="assembly of the files in peaks; empty: that of the elements"
    )
    genes: FilePath = Field(
        CrisprConfig.model_fields["genes"].default,
        description="BED of one TSS per gene symbol, hg19: a source's name, downloaded where it is"
        " missing, or a path; with an excerpt its own",
    )
    chain: FilePath = Field(
        CrisprConfig.model_fields["chain"].default,
        description="chain file from hg38 to hg19: a source's name or a path",
    )
    samples: Literal["warn", "stop"] = Field(
        "warn",
        description="what to do where a peak file looks like another mark or line"
        " (docs/sample_check.md)",
    )
    mirror: Place = Field("", description="folder or http base that holds the sources")
    name: str = Field(
        "",
        pattern=rf"{NAME}|^$",
        description="output goes to <results>/<name of the model>/predict/<name>/; empty: the name"
        " of the pairs' file without .tsv, .csv, .bedpe, .bed, .txt and .gz",
    )
    results: Results = "results"
    threads: Whole = Field(1, ge=1, description="threads of the numerical libraries")

    @classmethod
    def from_json(cls, text: str) -> "RegulationRequest":
        """Build the record from what the rule passed on its command line."""
        return cls(**json.loads(text))

    @property
    def settings(self) -> str:
        """The record as JSON."""
        return json.dumps(self.model_dump(), sort_keys=True)

    @property
    def read_excerpt(self) -> Excerpt | None:
        """The excerpt, where it takes the place of peaks."""
        if self.excerpt:
            return Excerpt(Path(self.excerpt))
        return None if self.peaks or self.line else Excerpt(EXAMPLE)

    @property
    def peak_files(self) -> dict[str, str]:
        """The line's peak files by mark, its own or those of the manifest; none with an excerpt."""
        if self.peaks or self.read_excerpt:
            return self.peaks
        every = crispr_catalog(CrisprConfig()).peaks.get(self.line, {})
        return {mark: str(path) for mark, path in every.items()}

    @property
    def cell_line(self) -> str:
        """Name of the line."""
        return self.line or ("own" if self.peaks else EXCERPT_LINE)

    @property
    def own_files(self) -> list[str]:
        """Every file that the user brings; they have to be there."""
        excerpt = self.read_excerpt
        of_line = excerpt.files if excerpt else self.peaks.values()
        named = [self.genes, self.chain] if not excerpt else []
        own = [path for path in named if path not in _sources()]
        return [self.pairs, *map(str, of_line), *own]

    @property
    def genes_file(self) -> Path:
        """The table of TSS."""
        excerpt = self.read_excerpt
        return excerpt.genes if excerpt else place_of(self.genes, _sources())

    @property
    def lifts_peaks(self) -> bool:
        """Whether the peaks have to be lifted; those of the manifest and of an excerpt are hg19."""
        return bool(self.peaks) and (self.peaks_assembly or self.assembly) == LIFTED

    @property
    def lifts_elements(self) -> bool:
        """Whether the elements have to be lifted."""
        return self.assembly == LIFTED

    @property
    def chain_file(self) -> Path | None:
        """The chain, where something has to be lifted."""
        needed = self.lifts_elements or self.lifts_peaks
        return place_of(self.chain, _sources()) if needed else None

    @property
    def files(self) -> list[str]:
        """Every file that is read; those of the manifest may be missing yet."""
        public = [self.genes_file, *([self.chain_file] if self.chain_file else [])]
        return list(dict.fromkeys([*self.own_files, *self.peak_files.values(), *map(str, public)]))

    @property
    def folder(self) -> str:
        """Where the output goes."""
        return str(Path(self.results, Path(self.model).resolve().name, "predict", self.name))

    @property
    def model_fingerprint(self) -> list[str]:
        """What changes when the model was trained again."""
        return [fingerprint(Path(self.model, CHECKSUMS))]

    def check(self) -> None:
        """Raise `InputError` for a line without accessibility, peaks beside an excerpt, and a
        model that is not whole.
        """
        excerpt = self.read_excerpt
        if excerpt and self.peaks:
            raise InputError("peaks and an excerpt are given", "Leave one out", "config")
        if OPEN not in (excerpt.marks if excerpt else self.peak_files):
            raise InputError(
                f"line {self.cell_line} has no peaks of {OPEN}",
                f"Give peaks with {OPEN}, or ATAC peaks under that name: elements and competition"
                " are read from them",
                "config",
            )
        self.require_whole()

    def require_whole(self) -> None:
        """Raise `InputError` for a model without its checksums."""
        if not Path(self.model, CHECKSUMS).is_file():
            raise InputError(f"there is no {CHECKSUMS}", "Copy the whole folder again", self.model)


@dataclass(frozen=True)
class LoopRecord:
    """What `loop_model.json` holds.

    lines : that the network was fitted on; marks : in the order of its inputs; config : the keys
    `RECIPE` of `loop_panel`, others as they are by default
    peaks : line -> mark -> checksum of its file in resources/sources.tsv
    chromosomes : of the loci, which name them by number; seed : of the network
    """

    lines: list[str]
    marks: list[str]
    config: LoopPanelConfig
    peaks: dict[str, dict[str, str]]
    chromosomes: list[str]
    seed: int

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "LoopRecord":
        """The record of what a file holds; raises `TypeError` and `ValueError` for other keys."""
        return cls(**fields | {"config": LoopPanelConfig(**fields["config"])})

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, for a file."""
        return vars(self) | {"config": self.config.model_dump(include=set(RECIPE))}


class LoopRequest(RegulationRequest):
    """A request for R of loops: an element and a gene, or two intervals, are the anchors.

    Its keys are those of a request for the regulation score. The marks of the model's own lines are
    read at every pair, since R compares lines, so their files are needed whatever line is meant.
    """

    @property
    def record(self) -> LoopRecord:
        """Lines, marks and files of the model."""
        return read_record(Path(self.model))

    @property
    def read_excerpt(self) -> Excerpt | None:
        """None: an excerpt holds one line."""
        return None

    @property
    def peak_files(self) -> dict[str, str]:
        """Files of a line that the model does not know, by mark; none for one of its own lines."""
        if self.line in self.record.lines and not self.peaks:
            return {}
        return {m: path for m, path in super().peak_files.items() if m in self.record.marks}

    @property
    def compared_files(self) -> dict[str, dict[str, Path]]:
        """The files of the model's own lines, by line and mark; those of the manifest, by their
        checksums.
        """
        places = {source.checksum: download_path(source) for source in _sources().values()}
        return {
            line: {mark: places[own] for mark, own in of_line.items() if own in places}
            for line, of_line in self.record.peaks.items()
        }

    @property
    def files(self) -> list[str]:
        """Every file that is read; those of the manifest may be missing yet."""
        compared = [str(path) for of in self.compared_files.values() for path in of.values()]
        return list(dict.fromkeys([*super().files, *compared]))

    def check(self) -> None:
        """Raise `InputError` where no line is named, a line is known and has peaks, a line has none
        of the model's marks, samples should be checked, or model and manifest are not whole.
        """
        if self.samples == "stop":
            problem = "samples are not checked where R of loops is scored"
            raise InputError(problem, "Leave samples out", "config")
        if self.excerpt or not (self.line or self.peaks):
            problem = "R of loops compares lines, and an excerpt holds one"
            remedy = f"Give peaks, or a line: {', '.join(self.record.lines)}"
            raise InputError(problem, remedy, "config")
        if self.peaks and self.line in self.record.lines:
            problem = f"the model knows line {self.line}, and peaks are given"
            raise InputError(problem, "Leave the peaks out, or name the line otherwise", "config")
        if self.line not in self.record.lines and not self.peak_files:
            problem = f"line {self.cell_line} has no peaks of a mark that the model reads"
            raise InputError(problem, f"Give {', '.join(self.record.marks)}", "config")
        if any(len(of) < len(self.record.peaks[line]) for line, of in self.compared_files.items()):
            problem = "resources/sources.tsv does not have the files of this model"
            raise InputError(problem, "Use the version of the repository it came with", self.model)
        self.require_whole()


def read_record(folder: Path) -> LoopRecord:
    """The record alone, without the network; raises `InputError` for another version's."""
    try:
        return LoopRecord.of(read_json(folder / LOOP_RECORD))
    except (KeyError, TypeError, ValueError) as error:
        problem = "another version of epidecouple wrote this model"
        remedy = f"Use that version, or make it again with `snakemake {LOOP_TARGET}`"
        raise InputError(problem, remedy, folder / LOOP_RECORD) from error


def is_loop_model(folder: Path) -> bool:
    """Whether a folder holds R of the loop panel."""
    return (folder / LOOP_RECORD).is_file()


def kind_of_model(model: Path) -> type[RegulationRequest] | None:
    """The request that a folder asks for; None where it holds no model trained on real data."""
    if is_loop_model(model):
        return LoopRequest
    return RegulationRequest if is_regulation(model) else None


def is_regulation(model: Path) -> bool:
    """Whether a folder holds a regulation model."""
    return (model / WAY).is_file()


def listed_marks(path: Path) -> dict[str, str]:
    """Peak files by mark from a TSV with the columns mark, path; raises `InputError`."""
    rows = []
    if path.is_file():
        rows = [line.split("\t") for line in path.read_text().splitlines() if line.strip()]
    if not rows or rows[0] != PEAK_COLUMNS or any(len(row) != len(PEAK_COLUMNS) for row in rows):
        raise InputError(
            "this is no list of peaks",
            f"Give mark -> file, or a TSV with the header {' '.join(PEAK_COLUMNS)}",
            path,
        )
    return {row[0]: row[1] for row in rows[1:]}


def _sources() -> dict[str, Any]:
    return {source.name: source for source in load_sources()}

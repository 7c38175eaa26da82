"""A request to score elements and genes in one cell line by a model trained on real data."""

from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ..core.errors import InputError, did_you_mean
from ..core.key_types import LINE, FilePath, Place
from ..core.sections.request import Given, ModelRequest, TableName, name_below
from ..core.sections.targets import CrisprConfig
from ..experiments.chains import FROM, TO
from ..experiments.crispr_catalog import crispr_catalog, place_of
from ..experiments.excerpt import Excerpt
from ..files.manifest import Source, load_sources
from ..files.peaks import read_peak_list
from .checksums import CHECKSUMS

PEAK_COLUMNS = ["mark", "path"]


def _peaks(value: Any) -> Any:
    return listed_marks(Path(value)) if isinstance(value, str) else value


class ElementRequest(ModelRequest):
    """A request to score elements and genes; what is read of the line depends on the model."""

    pairs: Given = Field(
        description="elements and genes to score: BED with the gene in column 4; TSV or CSV with"
        " chrom, start, end, gene (or the names of ABC's, ENCODE-rE2G's or CRISPR_comparison's"
        " tables), or with the coordinates of enhancer and promoter; naming it makes the call a"
        " prediction",
    )
    model: Given = Field(
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
        " (docs/own_data.md)",
    )
    mirror: Place = Field("", description="folder or http base that holds the sources")
    name: TableName = name_below("<name of the model>")

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The rows of the manifest by name."""
        return {source.name: source for source in load_sources()}

    @property
    def read_excerpt(self) -> Excerpt | None:
        """The excerpt, where it takes the place of peaks."""
        return None

    @property
    @abstractmethod
    def peak_files(self) -> dict[str, str]:
        """The files of the line that are read, by mark."""

    @property
    def line_files(self) -> dict[str, str]:
        """The line's peak files by mark, its own or those of the manifest."""
        if self.peaks:
            return self.peaks
        every = crispr_catalog(CrisprConfig()).peaks.get(self.line, {})
        return {mark: str(path) for mark, path in every.items()}

    @property
    def cell_line(self) -> str:
        """Name of the line."""
        return self.line or "own"

    @property
    def nearest_line(self) -> str:
        """A question with the line of the manifest that the name is nearest to; empty without
        one.
        """
        lines = {source.cell_line for source in self.sources.values()}
        return did_you_mean(self.line, lines - {""})

    @property
    def own_files(self) -> list[str]:
        """Every file that the user brings; they have to be there."""
        own = [path for path in (self.genes, self.chain) if path not in self.sources]
        return [self.pairs, *self.peaks.values(), *own]

    @property
    def genes_file(self) -> Path:
        """The table of TSS."""
        return place_of(self.genes, self.sources)

    @property
    def lifts_peaks(self) -> bool:
        """Whether the peaks have to be lifted; those of the manifest and of an excerpt are hg19."""
        return self.assembly_of_peaks == FROM

    @property
    def assembly_of_peaks(self) -> str:
        """That of the files in `peaks`; files of the manifest and an excerpt are hg19."""
        return self.peaks_assembly or self.assembly if self.peaks else TO

    @property
    def lifts_elements(self) -> bool:
        """Whether the elements have to be lifted."""
        return self.assembly == FROM

    @property
    def chain_file(self) -> Path | None:
        """The chain, where something has to be lifted."""
        needed = self.lifts_elements or self.lifts_peaks
        return place_of(self.chain, self.sources) if needed else None

    @property
    def files(self) -> list[str]:
        """Every file that is read; those of the manifest may be missing yet."""
        public = [self.genes_file, *([self.chain_file] if self.chain_file else [])]
        return list(dict.fromkeys([*self.own_files, *self.peak_files.values(), *map(str, public)]))

    @property
    def home(self) -> str:
        """The name of the model's folder."""
        return Path(self.model).resolve().name

    @property
    def model_files(self) -> list[Path]:
        """The checksums, which change with every file of the model."""
        return [Path(self.model, CHECKSUMS)]

    def require_whole(self) -> None:
        """Raise `InputError` for a model without its checksums."""
        if not Path(self.model, CHECKSUMS).is_file():
            raise InputError(f"there is no {CHECKSUMS}", "Copy the whole folder again", self.model)


def listed_marks(path: Path) -> dict[str, str]:
    """Peak files by mark from a table with the columns mark, path; raises `InputError`."""
    table = read_peak_list(path, PEAK_COLUMNS)
    return dict(zip(table.mark, table.path, strict=True))

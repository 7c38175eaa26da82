"""A request for the regulation score: a line of one's own, one of the manifest, or an excerpt."""

from pathlib import Path

from ..core.errors import InputError
from ..core.paths import EXAMPLE
from ..experiments.excerpt import Excerpt
from ..files.manifest import check_marks, known_marks
from ..regulation.activity import OPEN
from .request import ElementRequest

EXCERPT_LINE = "K562"


class RegulationRequest(ElementRequest):
    """A request for the regulation score."""

    @property
    def read_excerpt(self) -> Excerpt | None:
        """The excerpt, where it takes the place of peaks."""
        if self.excerpt:
            return Excerpt(Path(self.excerpt))
        return None if self.peaks or self.line else Excerpt(EXAMPLE)

    @property
    def peak_files(self) -> dict[str, str]:
        """The line's peak files by mark, its own or those of the manifest; none with an excerpt."""
        return self.peaks if self.read_excerpt else self.line_files

    @property
    def cell_line(self) -> str:
        """Name of the line."""
        return self.line or ("own" if self.peaks else EXCERPT_LINE)

    @property
    def own_files(self) -> list[str]:
        """Every file that the user brings; they have to be there."""
        excerpt = self.read_excerpt
        return [self.pairs, *map(str, excerpt.files)] if excerpt else super().own_files

    @property
    def genes_file(self) -> Path:
        """The table of TSS; with an excerpt its own."""
        excerpt = self.read_excerpt
        return excerpt.genes if excerpt else super().genes_file

    def check(self) -> None:
        """Raise `InputError` for a line without accessibility, a mark that the manifest writes
        otherwise, peaks or genes beside an excerpt, and a model that is not whole.
        """
        excerpt = self.read_excerpt
        if excerpt and self.peaks:
            raise InputError("peaks and an excerpt are given", "Leave one out", "config")
        if excerpt and self.genes != type(self).model_fields["genes"].default:
            problem = f"genes {self.genes} would not be read, since an excerpt brings its own"
            raise InputError(problem, "Leave them out, or give peaks or a line", "config")
        check_marks(self.peaks, known_marks())
        if OPEN not in (excerpt.marks if excerpt else self.peak_files):
            raise InputError(
                f"line {self.cell_line} has no peaks of {OPEN}",
                f"{self.nearest_line}Give peaks with {OPEN}, or ATAC peaks under that name:"
                " elements and competition are read from them",
                "config",
            )
        self.require_whole()

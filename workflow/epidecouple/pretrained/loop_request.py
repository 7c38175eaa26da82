"""A request for R of loops: one line against those of the model."""

from functools import cached_property
from pathlib import Path

from ..core.errors import InputError
from ..files.manifest import check_marks, download_path
from .loop_record import LoopRecord, read_record
from .request import ElementRequest


class LoopRequest(ElementRequest):
    """A request for R of loops: an element and a gene, or two intervals, are the anchors.

    The marks of the model's own lines are read at every pair, since R compares lines, so their
    files are needed whatever line is meant.
    """

    @cached_property
    def record(self) -> LoopRecord:
        """Lines, marks and files of the model."""
        return read_record(Path(self.model))

    @property
    def peak_files(self) -> dict[str, str]:
        """Files of a line that the model does not know, by mark; none for one of its own lines."""
        if self.line in self.record.lines and not self.peaks:
            return {}
        return {m: path for m, path in self.line_files.items() if m in self.record.marks}

    @property
    def compared_files(self) -> dict[str, dict[str, Path]]:
        """The files of the model's own lines, by line and mark; those of the manifest, by their
        checksums.
        """
        places = {source.checksum: download_path(source) for source in self.sources.values()}
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
        check_marks(self.peaks, self.record.marks)
        if self.line not in self.record.lines and not self.peak_files:
            problem = f"line {self.cell_line} has no peaks of a mark that the model reads"
            remedy = f"{self.nearest_line}Give {', '.join(self.record.marks)}"
            raise InputError(problem, remedy, "config")
        if any(len(of) < len(self.record.peaks[line]) for line, of in self.compared_files.items()):
            problem = "resources/sources.tsv does not have the files of this model"
            raise InputError(problem, "Use the version of the repository it came with", self.model)
        self.require_whole()

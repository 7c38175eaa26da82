"""Peak files against what is known: which of them look like another mark or another line, and by
how much.

Every file is compared with the library without the file itself: known profiles, and for lines that
are not known the other files of the same request. A file that is the very copy of one with another
name is named by that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from .library import Library, Name, as_known, joined
from .likeness import best_correlation, correlations, like_lines, like_marks

# A threshold of the gate, by the name of the limit.
CHECK = "download.sample_{}"
# Correlation with the most similar known mark below which a library says nothing of a file.
COMPARABLE = 0.2


@dataclass(frozen=True)
class Limits:
    """From which figure on a file is named.

    copy : correlation with a file of another name; mark : place between its own mark (-1) and
    another (1); line : likeness of another line minus that of its own; stranger : likeness of a
    known line, where its own is not known
    """

    copy: float
    mark: float
    line: float
    stranger: float

    @classmethod
    def of(cls, values: dict[str, float]) -> "Limits":
        """The limits from the thresholds of `CHECKS`."""
        return cls(**{f.name: values[CHECK.format(f.name)] for f in fields(cls)})


# The thresholds of config/gates.yaml that the check acts on.
CHECKS = tuple(CHECK.format(f.name) for f in fields(Limits))


@dataclass(frozen=True)
class Finding:
    """What a file looks like; None where nothing can be said.

    copy_of, copy : the most similar file of another name, and its correlation; mark, mark_place :
    the mark towards which it stands, and where between its own (-1) and that one (1); line : the
    most similar line other than its own, with its likeness and that of its own
    """

    name: Name
    copy_of: str | None = None
    copy: float | None = None
    mark: str | None = None
    mark_place: float | None = None
    line: str | None = None
    line_likeness: float | None = None
    own_line_likeness: float | None = None

    @property
    def line_margin(self) -> float | None:
        """How much more another line is alike than its own."""
        if self.line_likeness is None or self.own_line_likeness is None:
            return None
        return self.line_likeness - self.own_line_likeness

    @property
    def stranger(self) -> float | None:
        """Likeness of the most similar known line, where its own line is not known."""
        return self.line_likeness if self.own_line_likeness is None else None

    def doubts(self, limits: Limits) -> list[str]:
        """What speaks against the name, in sentences with the figures; empty where nothing does."""
        said, text = str(self.name), []
        if _beyond(self.copy, limits.copy):
            text.append(f"{said}: the same peaks as {self.copy_of} (correlation {self.copy:.3f})")
        if _beyond(self.mark_place, limits.mark):
            text.append(
                f"{said}: looks like {self.mark} ({self.mark_place:+.2f}, where -1 is a usual"
                f" {self.name.mark} and +1 a usual {self.mark})"
            )
        if _beyond(self.line_margin, limits.line):
            text.append(
                f"{said}: looks like {self.line} ({self.line_likeness:.2f}; like {self.name.line}"
                f" {self.own_line_likeness:.2f}, where 1 is usual)"
            )
        if _beyond(self.stranger, limits.stranger):
            text.append(
                f"{said}: looks like {self.line} ({self.line_likeness:.2f}), and {self.name.line}"
                " is not known"
            )
        return text


def _beyond(value: float | None, limit: float) -> bool:
    return value is not None and value > limit


def check(files: Library, known: Library | None, limits: Limits) -> list[Finding]:
    """Findings of all files, ordered by line and mark.

    files : profiles with the names that they are said to have; known : those of the repository at
    the same loci, None where the files cannot be compared with them
    """
    order = sorted(range(len(files.names)), key=lambda row: str(files.names[row]))
    findings = []
    for row in order:
        others = files.where(np.arange(len(files.names)) != row)
        library = others if known is None else with_new_lines(others, known)
        findings.append(judged(files.present[row], files.names[row], library, others, limits))
    return findings


def with_new_lines(files: Library, known: Library) -> Library:
    """The known profiles, and those of the files whose line is not known."""
    named = Library(tuple(as_known(name, known) for name in files.names), files.present)
    return joined(known, named.where(~np.isin(named.lines, known.lines)))


def judged(
    profile: np.ndarray, said: Name, library: Library, others: Library, limits: Limits
) -> Finding:
    """What a profile bool (n,) looks like, whose name is `said`.

    others : the other files of the request, which may be copies of it. The mark of a file that
    looks like another line is judged among the marks of that one.
    """
    name = as_known(said, library)
    alike = correlations(profile, library)
    new = library.where(alike <= limits.copy)
    lines = like_lines(profile, name, new)
    own_line = lines.pop(name.line, None)
    line = _largest(lines)
    other = own_line is not None and lines.get(line or "", own_line) - own_line > limits.line
    marks = like_marks(profile, Name(line, name.mark) if line and other else name, new)
    mark = _largest(marks)
    copy_of, copy = _copied(profile, name, joined(library, others))
    return Finding(
        said,
        copy_of,
        copy,
        mark,
        marks.get(mark or ""),
        line,
        lines.get(line or ""),
        own_line,
    )


def _largest(likeness: dict[str, float]) -> str | None:
    return max(sorted(likeness), key=lambda name: likeness[name], default=None)


def _copied(
    profile: np.ndarray, name: Name, library: Library
) -> tuple[str, float] | tuple[None, None]:
    """The most similar profile of another name with its correlation, where there is one."""
    other = library.where(np.array([as_known(of, library) != name for of in library.names], bool))
    if not other.names:
        return None, None
    alike = correlations(profile, other)
    best = max(range(len(alike)), key=lambda row: (alike[row], str(other.names[row])))
    return str(other.names[best]), float(alike[best])


def comparable(files: Library, known: Library) -> bool:
    """Whether the files are of the assembly and the species of the known profiles: half of them or
    more are like some mark.
    """
    best = [best_correlation(profile, known) for profile in files.present]
    return float(np.median(best)) > COMPARABLE


def metrics(findings: Iterable[Finding], limits: Limits) -> dict[str, float]:
    """Counts of a check, and the largest of each figure where some file has it."""
    rows = list(findings)
    figures = {
        "sample_copy": [row.copy for row in rows],
        "sample_mark": [row.mark_place for row in rows],
        "sample_line": [row.line_margin for row in rows],
        "sample_stranger": [row.stranger for row in rows],
    }
    counts = {
        "samples": len(rows),
        "samples_in_doubt": sum(bool(row.doubts(limits)) for row in rows),
        "samples_with_line": sum(row.line_margin is not None for row in rows),
        "samples_with_mark": sum(row.mark_place is not None for row in rows),
        "sample_copies_possible": sum(row.copy is not None for row in rows),
        "samples_of_new_lines": sum(row.stranger is not None for row in rows),
    }
    largest = {
        name: max(value for value in values if value is not None)
        for name, values in figures.items()
        if any(value is not None for value in values)
    }
    return counts | largest

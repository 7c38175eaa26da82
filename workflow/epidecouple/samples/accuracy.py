"""How often the check is right, and how often it is wrong, on files whose names are known.

Loci are chosen and limits are set without what is judged: without the file's line where the
question is the mark or a new line, without its mark where the question is the line. A swap is a
file under another name; in place of it the library lacks the profile of that name too, as if both
were new experiments.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..statistics import jackknife
from .library import Library, Name
from .likeness import like_lines, like_marks
from .tiles import Loci, choose_loci, counted, within

MARK, LINE, NEW_LINE = "mark", "line", "new line"
# What the answers of a question are alike within, and what its limits are set without.
GROUP = {MARK: "line", LINE: "mark", NEW_LINE: "line"}
ALL_MARKS, FEW_MARKS = "all", (2, 4)
# Share of correctly named files that a limit may be exceeded by, where it is set.
FALSE_ALARMS = 0.02
# A file of a known line under the name of a new one.
HIDDEN = "hidden"


@dataclass(frozen=True)
class Files:
    """Peak files as the tiles they reach (`tiles.tiles`), with their true names."""

    names: tuple[Name, ...]
    reached: tuple[np.ndarray, ...]
    chromosomes: tuple[str, ...]

    @cached_property
    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Tiles that any file reaches and how many do, as in `tiles.counted`."""
        return counted(self.reached)

    def loci(self, kept: np.ndarray) -> Loci:
        """Loci chosen from the files of a mask bool (files,)."""
        keys, reaching = self.counts
        left = reaching.copy()
        for reached, keep in zip(self.reached, kept, strict=True):
            if not keep:
                left[np.searchsorted(keys, reached)] -= 1
        return choose_loci(keys, left, int(kept.sum()), self.chromosomes)

    def library(self, loci: Loci) -> Library:
        """Profiles of all files at some loci."""
        return Library(self.names, np.stack([within(loci.keys, keys) for keys in self.reached]))

    def without(self, kind: str) -> Iterator[tuple[str, Library]]:
        """For each line (or mark) the profiles of all files, at loci chosen without its files."""
        of_file = np.array([getattr(name, kind) for name in self.names], dtype=object)
        for group in np.unique(of_file):
            yield str(group), self.library(self.loci(of_file != group))


class Answer(NamedTuple):
    """What the check says of a file under a name.

    beside : how many other marks of the line were known; line, mark : the true ones; best : what
    the file looks like most; figure : what a limit is set on
    """

    question: str
    beside: str
    line: str
    mark: str
    said: str
    best: str
    figure: float


def write_files(files: Files, path: Path) -> None:
    """Keep files as numpy arrays for `read_files`."""
    np.savez_compressed(
        path,
        names=np.array([(name.line, name.mark) for name in files.names]),
        keys=np.concatenate(files.reached),
        counts=np.array([len(keys) for keys in files.reached]),
        chromosomes=np.array(files.chromosomes),
    )


def read_files(path: Path) -> Files:
    """Files as `write_files` kept them."""
    with np.load(path) as kept:
        names = tuple(Name(str(line), str(mark)) for line, mark in kept["names"])
        reached = np.split(kept["keys"], np.cumsum(kept["counts"])[:-1])
        return Files(names, tuple(reached), tuple(map(str, kept["chromosomes"])))


def answers(files: Files) -> pd.DataFrame:
    """One row per file and name that it is given: the columns of `Answer`, true (whether the name
    is), right (whether `best` is), limit, alarm.

    limit : what at most `FALSE_ALARMS` of the files with their true names exceed, of other lines
    (or marks)
    """
    rows = [*mark_rows(files), *line_rows(files), *new_line_rows(files)]
    table = pd.DataFrame(rows)
    truth = np.where(table.question == MARK, table.mark, table.line)
    true = (table.said == truth) | (table.said == NEW_LINE)
    table = table.assign(true=true, right=table.best == truth)
    return pd.concat([with_limits(of, GROUP[str(name)]) for name, of in table.groupby("question")])


def with_limits(table: pd.DataFrame, group: str) -> pd.DataFrame:
    """The answers to one question with `limit`, set on files beside all marks of their line and
    without each one's group, and `alarm`.
    """
    true = table[table.true & (table.beside == ALL_MARKS)]
    limit = {
        name: true.figure[true[group] != name].quantile(1 - FALSE_ALARMS)
        for name in true[group].unique()
    }
    limits = table[group].map(limit)
    return table.assign(limit=limits, alarm=table.figure > limits)


def mark_rows(files: Files) -> Iterator[Answer]:
    """Every file under the name of every mark."""
    for line, library in files.without("line"):
        for name, profile in of_group(library, library.lines == line):
            for said in map(str, np.unique(library.marks)):
                known = without_names(library, name, Name(line, said))
                for beside, part in thinned(known, line, said):
                    alike = like_marks(profile, Name(line, said), part)
                    if alike and (said == name.mark or name.mark in alike):
                        figure = max(alike.values())
                        nearest = best(alike) if figure > 0 else said
                        yield Answer(MARK, beside, line, name.mark, said, nearest, figure)


def line_rows(files: Files) -> Iterator[Answer]:
    """Every file under the name of every line that has its mark."""
    for mark, library in files.without("mark"):
        for name, profile in of_group(library, library.marks == mark):
            for said in library.lines[library.marks == mark]:
                known = without_names(library, name, Name(said, mark))
                for beside, part in thinned(known, said, mark):
                    alike = like_lines(profile, name, part)
                    if {name.line, said} <= set(alike):
                        figure = margin(alike, said)
                        yield Answer(LINE, beside, name.line, mark, said, best(alike), figure)


def thinned(library: Library, line: str, mark: str) -> Iterator[tuple[str, Library]]:
    """The library, and with only a few of the line's other marks, taken evenly by their names."""
    yield ALL_MARKS, library
    others = np.flatnonzero((library.lines == line) & (library.marks != mark))
    others = others[np.argsort(library.marks[others])]
    for few in FEW_MARKS:
        if len(others) > few:
            kept = np.ones(len(library.names), dtype=bool)
            kept[others] = False
            kept[others[np.linspace(0, len(others) - 1, few).astype(int)]] = True
            yield str(few), library.where(kept)


def new_line_rows(files: Files) -> Iterator[Answer]:
    """Every file of a line that the library lacks; and every file of a line that it has, under the
    name of a new one.
    """
    for line, library in files.without("line"):
        for name, profile in of_group(library, library.lines == line):
            strange = like_lines(profile, name, library.where(library.lines != line))
            if strange:
                yield new(name, NEW_LINE, strange)
            known = like_lines(profile, name, without_names(library, name))
            if strange and name.line in known:
                yield new(name, HIDDEN, known)


def new(name: Name, said: str, alike: dict[str, float]) -> Answer:
    """An answer about a line whose name is not known."""
    figure = max(alike.values())
    return Answer(NEW_LINE, ALL_MARKS, name.line, name.mark, said, best(alike), figure)


def of_group(library: Library, mask: np.ndarray) -> list[tuple[Name, np.ndarray]]:
    """Names and profiles of a mask bool (files,)."""
    group = library.where(mask)
    return list(zip(group.names, group.present, strict=True))


def without_names(library: Library, *names: Name) -> Library:
    """The profiles of other names."""
    return library.where(np.array([name not in names for name in library.names], dtype=bool))


def best(alike: dict[str, float]) -> str:
    """The most similar one."""
    return max(sorted(alike), key=lambda name: alike[name])


def margin(alike: dict[str, float], said: str) -> float:
    """Likeness of the most similar other one minus that of the name."""
    return max(value for name, value in alike.items() if name != said) - alike[said]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Per question and number of other marks, for all files and for each line and mark: `figures`.

    Intervals are over lines (or marks) and for all files only.
    """
    rows = []
    for (question, beside), of in table.groupby(["question", "beside"], sort=False):
        head = {"question": question, "beside": beside}
        rows.append(head | {"of": "all"} | figures(of, GROUP[str(question)]))
        for kind in ("line", "mark"):
            for name, part in of.groupby(kind):
                rows.append(head | {"of": f"{kind} {name}"} | figures(part))
    return pd.DataFrame(rows)


def figures(table: pd.DataFrame, group: str = "") -> dict[str, float]:
    """Figures of some answers, with a group also 95 % intervals.

    files, swaps : files under their own and under another name; limit : for new files; right :
    share whose most similar mark (line) is the true one; false_alarms, detected : share of files
    and swaps beyond the limit; named : share of swaps beyond it whose true name is given
    """
    true, false = table[table.true], table[~table.true]
    judged = false if (table.question == NEW_LINE).all() else true
    found: dict[str, float] = {"files": len(true), "swaps": len(false)}
    found["limit"] = float(true.figure.quantile(1 - FALSE_ALARMS))
    found |= share("right", judged, judged.right, group)
    found |= share("false_alarms", true, true.alarm, group)
    found |= share("detected", false, false.alarm, group)
    return found | share("named", false, false.alarm & false.right, group)


def share(name: str, rows: pd.DataFrame, hits: pd.Series, group: str) -> dict[str, float]:
    """A share, with its 95 % interval over groups where one is given; NaN without a row."""
    value = float(hits.mean()) if len(rows) else float("nan")
    if not group:
        return {name: value}
    each = [hits[rows[group] != of].mean() for of in rows[group].unique()]
    lower, upper = jackknife.interval(value, each, jackknife.SHARE)
    return {name: value, f"{name}_lower": lower, f"{name}_upper": upper}


def confusions(table: pd.DataFrame) -> pd.DataFrame:
    """Files that look most like another mark: mark, looks_like, lines; the most frequent first."""
    true = table[(table.question == MARK) & (table.beside == ALL_MARKS) & table.true & ~table.right]
    counts = true.groupby(["mark", "best"]).line.agg(["count", ", ".join]).reset_index()
    ordered = counts.sort_values(["count", "mark", "best"], ascending=[False, True, True])
    return ordered.set_axis(["mark", "looks_like", "files", "lines"], axis=1)

"""Predictions as browser tracks: BEDPE and UCSC interact. Coordinates are 0-based and half-open.

Only rows that could be scored can be drawn; the table of predictions holds the others with their
reason.
"""

import heapq
import shutil
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..core.dna import ENDS
from .text import numbers_of

EDGES = ("start", "end")
TRACKS = ("predictions.bedpe", "predictions.interact")
BEDPE_COLUMNS = [
    "chrom1",
    "start1",
    "end1",
    "chrom2",
    "start2",
    "end2",
    "name",
    "score",
    "strand1",
    "strand2",
]
# bed5+13 of https://genome.ucsc.edu/goldenPath/help/interact.html
INTERACT_COLUMNS = [
    "chrom",
    "chromStart",
    "chromEnd",
    "name",
    "score",
    "value",
    "exp",
    "color",
    "sourceChrom",
    "sourceStart",
    "sourceEnd",
    "sourceName",
    "sourceStrand",
    "targetChrom",
    "targetStart",
    "targetEnd",
    "targetName",
    "targetStrand",
]
# What rows of interact are sorted by.
POSITION = INTERACT_COLUMNS[:3]
# Files that are merged at once: a process may open about a thousand.
MOST_FILES = 200
SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
# What a pair's row of a BEDPE ends with.
ENERGIES = ("U_I", "R_E", "logit", "probability")
SHADED_BY_SCORE = "0"
LARGEST_SCORE = 1000


def scored(predictions: pd.DataFrame) -> pd.DataFrame:
    """Rows with a score, their coordinates as numbers; a point, such as a TSS, is drawn 1 bp
    wide.
    """
    rows = predictions[predictions.reason == ""]
    places: dict[str, pd.Series] = {}
    for end in ENDS:
        start, stop = (numbers_of(rows[f"{end}_{edge}"].astype("str"))[0] for edge in EDGES)
        places |= {f"{end}_start": start, f"{end}_end": stop.where(stop > start, start + 1)}
    return rows.assign(**places).astype(dict.fromkeys(places, "int64"))


def browser_score(probability: pd.Series) -> np.ndarray:
    """Probability as the whole number from 0 to 1000 that browsers shade by."""
    return np.rint(probability.to_numpy(dtype=float) * LARGEST_SCORE).astype(np.int64)


def bedpe(predictions: pd.DataFrame, values: Sequence[str] = ENERGIES) -> pd.DataFrame:
    """BEDPE: enhancer, promoter, name `<cell line>:<row>`, score, no strands; then the columns
    `values`.
    """
    rows = scored(predictions)
    columns = [
        rows[f"{end}_{part}"]
        for end in ("enhancer", "promoter")
        for part in ("chrom", "start", "end")
    ]
    name = rows.cell_line + ":" + rows.row.astype(str)
    table = dict(
        zip(BEDPE_COLUMNS, [*columns, name, browser_score(rows.probability), ".", "."], strict=True)
    )
    return pd.DataFrame(table, index=rows.index).join(rows[list(values)])


def interact(predictions: pd.DataFrame) -> pd.DataFrame:
    """UCSC interact, source the enhancer and target the promoter, sorted by position; `value` is
    the logit.
    """
    rows = scored(predictions)
    ends = {
        end: [rows[f"{end}_{part}"] for part in ("chrom", "start", "end")]
        for end in ("enhancer", "promoter")
    }
    table = [
        rows.enhancer_chrom,
        rows[["enhancer_start", "promoter_start"]].min(axis=1),
        rows[["enhancer_end", "promoter_end"]].max(axis=1),
        rows.cell_line + ":" + rows.row.astype(str),
        browser_score(rows.probability),
        rows.logit,
        rows.cell_line,
        SHADED_BY_SCORE,
        *ends["enhancer"],
        "enhancer",
        ".",
        *ends["promoter"],
        "promoter",
        ".",
    ]
    track = pd.DataFrame(dict(zip(INTERACT_COLUMNS, table, strict=True)), index=rows.index)
    return track.sort_values(POSITION, kind="stable")


def written(
    blocks: Iterable[pd.DataFrame], path: Path, float_format: str | None = None
) -> Iterator[pd.DataFrame]:
    """The same blocks, each of them written to one table (TSV, with a header) on its way."""
    with path.open("w") as file:
        for number, block in enumerate(blocks):
            block.to_csv(file, sep="\t", index=False, header=number == 0, float_format=float_format)
            yield block


def write_tracks(
    blocks: Iterable[pd.DataFrame],
    folder: Path,
    values: Sequence[str] = ENERGIES,
    what: str = "P(interaction)",
) -> None:
    """Write both tracks of predictions that come block by block, so that memory does not grow with
    their number.

    The BEDPE has a comment that names its columns; the file of interact has one custom track per
    cell line, which the UCSC browser loads as it is.
    """
    bedpe_file, interact_file = (folder / name for name in TRACKS)
    with scratch(folder / "unsorted") as place, bedpe_file.open("w") as file:
        file.write("#" + "\t".join([*BEDPE_COLUMNS, *values]) + "\n")
        sorted_rows = SortedRows(place)
        for block in blocks:
            bedpe(block, values).to_csv(file, sep="\t", index=False, header=False)
            sorted_rows.add(interact(block))
        with interact_file.open("w") as track:
            for line in sorted_rows.lines:
                track.write(
                    f'track type=interact name="{line}" description="{what} in {line},'
                    ' epidecouple" interactDirectional=true spectrum=on visibility=full'
                    " maxHeightPixels=200:100:50\n"
                )
                track.writelines(sorted_rows.of_line(line))


class SortedRows:
    """Rows of `interact` by cell line, sorted by position on disk: each block is one file per line,
    and these are merged.
    """

    def __init__(self, place: Path) -> None:
        self._place, self._made = place, 0
        self._files: dict[str, list[Path]] = {}
        self._first: dict[str, tuple[Any, ...]] = {}

    def add(self, rows: pd.DataFrame) -> None:
        """Store the rows of one block, sorted as `interact` gives them."""
        for line, own in rows.groupby("exp", sort=False):
            files = self._files.setdefault(line, [])
            if len(files) == MOST_FILES:
                files[:] = [self._as_one(files)]
            files.append(self._new_file())
            own.to_csv(files[-1], sep="\t", index=False, header=False)
            first = (*own.iloc[0][POSITION], self._made)
            self._first[line] = min(first, self._first.get(line, first))

    @property
    def lines(self) -> list[str]:
        """Cell lines by their first row in the order of positions."""
        return sorted(self._first, key=lambda line: self._first[line])

    def of_line(self, line: str) -> Iterator[str]:
        """Lines of text of a cell line, sorted by position, equal ones in their order."""
        return _merged(self._files[line])

    def _as_one(self, files: list[Path]) -> Path:
        """Merge files into a new one, so that never too many are open."""
        whole = self._new_file()
        with whole.open("w") as file:
            file.writelines(_merged(files))
        for path in files:
            path.unlink()
        return whole

    def _new_file(self) -> Path:
        self._made += 1
        return self._place / str(self._made)


def _merged(files: list[Path]) -> Iterator[str]:
    with ExitStack() as stack:
        yield from heapq.merge(*(stack.enter_context(path.open()) for path in files), key=_position)


def _position(text: str) -> tuple[str, int, int]:
    chrom, start, end, _ = text.split("\t", len(POSITION))
    return chrom, int(start), int(end)


def ranked(blocks: Iterable[pd.DataFrame], folder: Path) -> Iterator[pd.DataFrame]:
    """The blocks with `probability`: the rank of their column `logit` among all rows, in (0, 1],
    equal ones with their mean.

    Until all are known the blocks wait on disk, below `folder`, and 8 bytes per row in memory.
    """
    files: list[Path] = []
    logits = array("d")
    with scratch(folder / "unranked") as place:
        for block in blocks:
            files.append(place / str(len(files)))
            block.to_parquet(files[-1])
            logits.frombytes(block.logit.to_numpy(dtype=float).tobytes())
        ordered = np.frombuffer(logits)
        ordered.sort()
        for file in files:
            block = pd.read_parquet(file)
            below, upto = (np.searchsorted(ordered, block.logit, side) for side in SIDES)
            yield block.assign(probability=(below + upto + 1) / 2 / len(ordered))


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """A folder that is empty at first and gone afterwards, perhaps before, with the folder that it
    is in; one that a killed process left is emptied.
    """
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def finished(folder: Path) -> Iterator[Path]:
    """A folder whose files come into `folder` once all are written; of a refusal in between nothing
    is left. No predictions have its name, as none begins with a dot.
    """
    with scratch(folder.with_name(f".{folder.name}.unfinished")) as place:
        yield place
        folder.mkdir(parents=True, exist_ok=True)
        for path in place.iterdir():
            path.replace(folder / path.name)


def forget(folder: Path, *names: str) -> None:
    """Remove files of an earlier call that this one may not make again: they are of other
    predictions.
    """
    for name in names:
        (folder / name).unlink(missing_ok=True)

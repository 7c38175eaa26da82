"""Pairs that somebody wants scored: every row kept as it stands, in its order, with the reason
where it cannot be scored.

Coordinates are 0-based and half-open.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.dna import ENDS
from ..core.errors import InputError, shown
from .pairs import GENERIC_COLUMNS, NAME_PATTERN
from .text import Rows, headed_blocks, numbers_of, plain_blocks

COORDINATES = GENERIC_COLUMNS[:-1]
EDGES = [name for name in COORDINATES if not name.endswith("chrom")]
NAMES = ["enhancer_name", "promoter_name"]


class Reasons:
    """The first reason against each row; empty text where there is none."""

    def __init__(self, text: pd.Series) -> None:
        self.text = text.copy()

    def add(self, wrong: pd.Series, reason_of: Callable[[int], str]) -> None:
        """Note the reason for each wrong row that has none yet; `reason_of` takes its label in the
        index.
        """
        rows = self.text.index[wrong.to_numpy(dtype=bool) & (self.text == "")]
        self.text.loc[rows] = [reason_of(row) for row in rows]


def read_scorable(path: Path) -> pd.DataFrame:
    """All rows of `scorable_blocks` as one table."""
    return pd.concat(list(scorable_blocks(path)), ignore_index=True)


def scorable_blocks(path: Path) -> Iterator[pd.DataFrame]:
    """All rows of a file as text, block by block: row (line in the file), the six coordinates,
    cell_line if there is one, reason. Each block counts its rows from 0; the first may be empty.

    A table with the columns of `COORDINATES` or TargetFinder's (`enhancer_name`, `promoter_name`),
    or a BEDPE without header (named *.bedpe, enhancer first), as `text` reads them. Raises
    `InputError` for a file that is missing, damaged, or without these columns.
    """
    if not path.is_file():
        raise InputError("there is no such file", "Correct the path of the pairs", path)
    if Path(path.name.removesuffix(".gz")).suffix == ".bedpe":
        for rows in plain_blocks(path, len(COORDINATES)):
            rows = replace(rows, table=rows.table.set_axis(COORDINATES, axis=1))
            yield _with_reasons(rows, rows.fields < rows.width)
        return
    other = ", or a BEDPE named *.bedpe"
    for rows in headed_blocks(path, [COORDINATES, NAMES], ["cell_line"], other):
        yield _with_reasons(rows, rows.fields != rows.width)


def as_scorable(table: pd.DataFrame) -> pd.DataFrame:
    """A table in memory as `read_scorable` gives it; `row` is the table's own, or counts from 1.

    Raises `InputError` for missing columns.
    """
    if not set(COORDINATES) <= set(table.columns):
        raise InputError(f"the columns are {list(table.columns)}", f"Give {COORDINATES}", "pairs")
    kept = [name for name in (*COORDINATES, "cell_line") if name in table]
    row = table["row"].to_numpy() if "row" in table else np.arange(1, len(table) + 1)
    return table[kept].astype(str).reset_index(drop=True).assign(row=row, reason="")


def _with_reasons(rows: Rows, wrong: pd.Series) -> pd.DataFrame:
    """The rows with the reason of those that have a `wrong` number of fields, or names that cannot
    be read.
    """
    table, lines = rows.table.reset_index(drop=True), rows.table.index.to_numpy()
    counts = rows.fields.to_numpy()
    reasons = Reasons(pd.Series("", index=table.index, dtype=object))
    reasons.add(wrong, lambda row: f"{counts[row]} fields where {rows.width} are needed")
    if not set(COORDINATES) <= set(table.columns):
        table = _from_names(table, reasons)
    kept = table[[name for name in (*COORDINATES, "cell_line") if name in table]]
    return kept.assign(row=lines, reason=reasons.text)


def _from_names(table: pd.DataFrame, reasons: Reasons) -> pd.DataFrame:
    """The six coordinates of TargetFinder's names, empty where a name has none."""
    for end in ENDS:
        parts = _parts_of_names(table[f"{end}_name"], reasons)
        table = table.assign(**{f"{end}_{part}": parts[part] for part in ("chrom", "start", "end")})
    return table


def _parts_of_names(name: pd.Series, reasons: Reasons) -> pd.DataFrame:
    """chrom, start and end of TargetFinder's names; adds the reason of a name that has none."""
    parts = name.str.extract(NAME_PATTERN).fillna("")
    reasons.add(parts.chrom == "", lambda row: f"'{name[row]}' is not a name like K562|chr1:10-20")
    return parts


def require_scored(blocks: Iterable[pd.DataFrame], pairs: str | Path) -> Iterator[pd.DataFrame]:
    """The same blocks; behind the last one raises `InputError`, with the first reason and its line,
    when no row could be scored.
    """
    count, scored, first = 0, False, None
    for block in blocks:
        first = next(block.itertuples(), None) if first is None else first
        count, scored = count + len(block), scored or bool((block.reason == "").any())
        yield block
    if first is None:
        raise InputError("this table has no pairs", "Give at least one row", pairs)
    if not scored:
        problem = f"{first.reason} (none of {count} rows could be scored)"
        raise InputError(problem, "Mend the rows", pairs, first.row)


def check_rows(
    table: pd.DataFrame, sizes: dict[str, int], window_bp: int
) -> tuple[pd.DataFrame, pd.Series]:
    """Which rows can be scored on a genome with chromosomes of these `sizes` and DNA windows of
    `window_bp`.

    Returns the pairs that can (chrom, both elements' start, end and mid in bp; their index is that
    of `table`), and the reason of every row, empty for those.
    """
    reasons = Reasons(table.reason)
    numbers = pd.DataFrame(
        {name: whole_numbers(table[name], reasons) for name in EDGES}, index=table.index
    )
    for end in ENDS:
        _check_interval(table, numbers, end, reasons)
    size = _check_chromosomes(table, sizes, reasons)
    pairs = numbers.assign(chrom=table.enhancer_chrom)
    for end in ENDS:
        _check_place(pairs, end, size, window_bp, reasons)
    usable = reasons.text == ""
    integers = {name: "int64" for name in pairs.columns if name != "chrom"}
    return pairs[usable].astype(integers), reasons.text


def _check_interval(table: pd.DataFrame, numbers: pd.DataFrame, end: str, reasons: Reasons) -> None:
    """Add the reasons of rows whose element at one end is no interval, in the words of the file.

    A point, such as a TSS, is one: only its midpoint is read.
    """
    start = numbers[f"{end}_start"]
    stop = numbers[f"{end}_end"]
    coordinates = table[f"{end}_start"] + "-" + table[f"{end}_end"]
    place = f"{end} " + table[f"{end}_chrom"] + ":" + coordinates
    reasons.add(
        (start < 0) | (start > stop),
        lambda row: f"{place[row]} is not an interval (0-based, half-open)",
    )


def _check_chromosomes(table: pd.DataFrame, sizes: dict[str, int], reasons: Reasons) -> pd.Series:
    """The size (bp) of each row's chromosome, NaN where the genome has none of that name; adds the
    reasons of such rows and of those whose elements lie on two chromosomes.
    """
    reasons.add(
        table.enhancer_chrom != table.promoter_chrom,
        lambda row: (
            f"enhancer on {table.enhancer_chrom[row]}, promoter on {table.promoter_chrom[row]}: one"
            " chromosome is needed"
        ),
    )
    size = table.enhancer_chrom.map(sizes).astype(float)
    reasons.add(table.enhancer_chrom == "", lambda row: "enhancer_chrom is empty")
    reasons.add(
        size.isna(),
        lambda row: (
            f"chromosome {table.enhancer_chrom[row]} is not in the genome, which has {shown(sizes)}"
        ),
    )
    return size


def whole_numbers(text: pd.Series, reasons: Reasons) -> pd.Series:
    """Text as numbers, 0 where it is no whole one; adds the reason of those rows."""
    numbers, wrong = numbers_of(text)
    reasons.add(wrong, lambda row: f"{text.name} is '{text[row]}', not a whole number")
    return numbers.where(~wrong, 0)


def _check_place(
    pairs: pd.DataFrame, end: str, size: pd.Series, window_bp: int, reasons: Reasons
) -> None:
    """Add the midpoint of one end, and the reasons of rows whose element or window the chromosome
    cannot hold.
    """
    stop = pairs[f"{end}_end"]
    reasons.add(
        stop > size,
        lambda row: (
            f"the {end} ends at {int(stop[row])}, beyond {pairs.chrom[row]} of {int(size[row])} bp"
        ),
    )
    mid = (pairs[f"{end}_start"] + stop) // 2
    pairs[f"{end}_mid"] = mid
    start = mid - window_bp // 2
    reasons.add(
        (start < 0) | (start + window_bp > size),
        lambda row: (
            f"the {end}'s window of {window_bp} bp around {int(mid[row])} runs off"
            f" {pairs.chrom[row]} of {int(size[row])} bp"
        ),
    )

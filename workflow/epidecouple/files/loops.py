"""Readers of loop lists: HiCCUPS and BEDPE. Coordinates are 0-based and half-open."""

from pathlib import Path

import pandas as pd

from ..core.errors import InputError
from .text import line_of_row, readable

COLUMNS = ["chrom1", "start1", "end1", "chrom2", "start2", "end2"]
CHROMOSOMES = ("chrom1", "chrom2")
HICCUPS_COLUMNS = ["chr1", "x1", "x2", "chr2", "y1", "y2"]


def read_loops(path: Path) -> pd.DataFrame:
    """Loops of a HiCCUPS list (header chr1 x1 x2 chr2 y1 y2 ...) or of a BEDPE without header.

    Chromosomes get the prefix `chr` where a list leaves it out, as HiCCUPS does. Raises
    `InputError` for a damaged gzip, an empty list, missing columns, or anchors that are no
    intervals.
    """
    table = _with_columns(_table(path), path)
    if table.empty:
        raise InputError(
            "this loop list has no loops",
            "A cell line needs loops: give another file or remove the line",
            path,
        )
    loops = table[HICCUPS_COLUMNS].set_axis(COLUMNS, axis=1)
    for column in COLUMNS:
        loops[column] = (
            "chr" + loops[column].str.removeprefix("chr")
            if column in CHROMOSOMES
            else _whole_numbers(loops[column], path)
        )
    _check_anchors(loops, path)
    return loops.reset_index(drop=True)


def _with_columns(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The rows under HiCCUPS' names: those of the header, or the first six columns of a BEDPE."""
    if set(HICCUPS_COLUMNS) <= set(table.iloc[0]):
        return table[1:].set_axis(list(table.iloc[0]), axis=1)
    if table.shape[1] < len(COLUMNS):
        raise InputError(
            f"neither the HiCCUPS columns {HICCUPS_COLUMNS} nor six BEDPE columns",
            "Mend the file",
            path,
            1,
        )
    return table.rename(columns=dict(enumerate(HICCUPS_COLUMNS)))


def _check_anchors(loops: pd.DataFrame, path: Path) -> None:
    backward = (loops.start1 >= loops.end1) | (loops.start2 >= loops.end2)
    negative = (loops.start1 < 0) | (loops.start2 < 0)
    for row in loops[backward | negative].head(1).itertuples():
        anchors = f"{row.chrom1}:{row.start1}-{row.end1}, {row.chrom2}:{row.start2}-{row.end2}"
        raise InputError(
            f"loop anchors {anchors} are not intervals",
            "Mend or remove the row",
            path,
            line_of_row(path, row.Index),
        )


def named_like(loops: pd.DataFrame, chromosomes: pd.Series) -> pd.DataFrame:
    """Loops as `read_loops` gives them, without the prefix `chr` where the chromosomes of the pairs
    have none.
    """
    if chromosomes.str.startswith("chr").any():
        return loops
    return loops.assign(**{name: loops[name].str.removeprefix("chr") for name in CHROMOSOMES})


def _table(path: Path) -> pd.DataFrame:
    """All rows as text, the header of a HiCCUPS list among them."""
    try:
        with readable(path):
            return pd.read_csv(
                path, sep="\t", header=None, comment="#", compression="infer", dtype=str
            )
    except pd.errors.EmptyDataError as error:
        raise InputError(
            "this loop list is empty",
            "A cell line needs loops: give another file or remove the line",
            path,
        ) from error
    except pd.errors.ParserError as error:
        raise InputError(
            f"rows differ in their number of columns ({str(error).strip()})", "Mend the row", path
        ) from error


def _whole_numbers(values: pd.Series, path: Path) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    for row in values.index[numbers.isna() | (numbers % 1 != 0)][:1]:
        problem = f"{values.name} is '{values[row]}', not a whole number"
        raise InputError(
            problem, "Give a HiCCUPS list or a BEDPE without header", path, line_of_row(path, row)
        )
    return numbers.astype("int64")

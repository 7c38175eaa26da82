"""Readers of loop lists: HiCCUPS, other lists with a header, and BEDPE. Coordinates are 0-based and
half-open.
"""

from pathlib import Path

import pandas as pd

from ..core.errors import InputError
from .text import (
    Rows,
    data_lines,
    header_of,
    read_headed,
    read_plain,
    require_equal_rows,
    whole_numbers,
)

COLUMNS = ["chrom1", "start1", "end1", "chrom2", "start2", "end2"]
CHROMOSOMES = ("chrom1", "chrom2")
HICCUPS_COLUMNS = ["chr1", "x1", "x2", "chr2", "y1", "y2"]
# Headers of loop callers, each with the two anchors in the order of `COLUMNS`.
HEADERS = [
    HICCUPS_COLUMNS,
    COLUMNS,  # cooltools
    ["chromosome1", "x1", "x2", "chromosome2", "y1", "y2"],  # SIP
    ["chr1", "s1", "e1", "chr2", "s2", "e2"],  # FitHiChIP
    ["chr1", "start1", "end1", "chr2", "start2", "end2"],
    ["BIN1_CHR", "BIN1_START", "BIN1_END", "BIN2_CHROMOSOME", "BIN2_START", "BIN2_END"],  # Mustache
]
REMEDY = (
    "Give chromosome, start and end of both anchors: a HiCCUPS list, or a BEDPE without header; a"
    " midpoint, as FitHiC has it, needs a width"
)
# Columns of an interact track, in which column 9 repeats the chromosome.
INTERACT = 18


def read_loops(path: Path) -> pd.DataFrame:
    """Loops of a list with one of `HEADERS`, or of a BEDPE without header.

    Chromosomes get the prefix `chr` where a list leaves it out, as HiCCUPS does. Raises
    `InputError` for a damaged gzip, an empty list, missing columns, anchors that are no intervals,
    a list of domains, or one without a loop inside a chromosome.
    """
    table = require_equal_rows(_rows(path), path)
    if table.empty:
        raise InputError(
            "this loop list has no loops",
            "A cell line needs loops: give another file or remove the line",
            path,
        )
    loops = pd.DataFrame(
        {
            name: with_prefix(table[name])
            if name in CHROMOSOMES
            else whole_numbers(table[name], name, path, REMEDY)
            for name in COLUMNS
        }
    )
    _check_anchors(loops, path)
    return loops.reset_index(drop=True)


def _rows(path: Path) -> Rows:
    """The six columns of the anchors: those of a known header, or the first six."""
    first = next(data_lines(path), (1, ""))[1]
    columns = header_of(first, HEADERS)[2]
    rows = read_headed(path, [columns]) if columns else read_plain(path)
    if rows.table.empty:
        return rows
    _check_columns(rows, path)
    places: list[str | int] = [*columns] or [*range(len(COLUMNS))]
    return Rows(rows.table[places].set_axis(COLUMNS, axis=1), rows.fields, rows.width)


def _check_columns(rows: Rows, path: Path) -> None:
    """Raise `InputError` for rows that are no two anchors."""
    problem = ""
    if rows.table.shape[1] < len(COLUMNS):
        problem = f"neither the HiCCUPS columns {HICCUPS_COLUMNS} nor six BEDPE columns"
    elif rows.table.shape[1] == INTERACT and (rows.table[8] == rows.table[0]).all():
        problem = f"{INTERACT} columns: interact of UCSC, in which columns 4 to 6 are no anchor"
    if problem:
        raise InputError(problem, "Give a loop list or a BEDPE", path, int(rows.table.index[0]))


def with_prefix(chromosomes: pd.Series) -> pd.Series:
    """Names with the prefix `chr`, those as they are that have it in letters of any case."""
    bare = ~chromosomes.str.lower().str.startswith("chr")
    return chromosomes.where(~bare, "chr" + chromosomes)


def _check_anchors(loops: pd.DataFrame, path: Path) -> None:
    backward = (loops.start1 >= loops.end1) | (loops.start2 >= loops.end2)
    negative = (loops.start1 < 0) | (loops.start2 < 0)
    nowhere = (loops.chrom1 == "chr") | (loops.chrom2 == "chr")
    for row in loops[backward | negative | nowhere].head(1).itertuples():
        anchors = f"{row.chrom1}:{row.start1}-{row.end1}, {row.chrom2}:{row.start2}-{row.end2}"
        raise InputError(
            f"loop anchors {anchors} are not intervals", "Mend or remove the row", path, row.Index
        )
    if not (loops.chrom1 == loops.chrom2).any():
        raise InputError(
            "no loop of this list joins two places of one chromosome",
            "Check that columns 1 to 6 are the two anchors",
            path,
        )
    if (loops[COLUMNS[:3]].to_numpy() == loops[COLUMNS[3:]].to_numpy()).all():
        problem = "both anchors are the same in every row: this is a list of domains"
        raise InputError(problem, "Give the list of loops", path)


def named_like(loops: pd.DataFrame, chromosomes: pd.Series) -> pd.DataFrame:
    """Loops as `read_loops` gives them, without the prefix `chr` where the chromosomes of the pairs
    have none.
    """
    if chromosomes.str.startswith("chr").any():
        return loops
    return loops.assign(**{name: loops[name].str.removeprefix("chr") for name in CHROMOSOMES})

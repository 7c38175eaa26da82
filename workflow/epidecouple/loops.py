"""Readers of loop lists: HiCCUPS and BEDPE. Coordinates are 0-based and half-open."""

import gzip
import zlib
from pathlib import Path

import pandas as pd

from .errors import InputError

COLUMNS = ["chrom1", "start1", "end1", "chrom2", "start2", "end2"]
HICCUPS_COLUMNS = ["chr1", "x1", "x2", "chr2", "y1", "y2"]


def read_loops(path: Path) -> pd.DataFrame:
    """Loops of a HiCCUPS list (header chr1 x1 x2 chr2 y1 y2 ...) or of a BEDPE without header.

    Chromosomes are given the prefix `chr` where a list leaves it out, as HiCCUPS does.
    Raises `InputError` for a damaged gzip, an empty list, missing columns, or anchors that are no intervals.
    """
    table = _table(path)
    if not set(HICCUPS_COLUMNS) <= set(table.columns):
        table = pd.read_csv(path, sep="\t", header=None, comment="#", compression="infer")
        if table.shape[1] < len(COLUMNS):
            raise InputError(f"neither the HiCCUPS columns {HICCUPS_COLUMNS} nor six BEDPE columns", "Mend the file", path)
        table = table.rename(columns=dict(enumerate(HICCUPS_COLUMNS)))
    loops = table[HICCUPS_COLUMNS].set_axis(COLUMNS, axis=1)
    for column in ("chrom1", "chrom2"):
        loops[column] = "chr" + loops[column].astype(str).str.removeprefix("chr")
    bad = loops[(loops.start1 >= loops.end1) | (loops.start2 >= loops.end2) | (loops.start1 < 0) | (loops.start2 < 0)]
    for row in bad.head(1).itertuples():
        anchors = f"{row.chrom1}:{row.start1}-{row.end1}, {row.chrom2}:{row.start2}-{row.end2}"
        raise InputError(f"loop anchors {anchors} are not intervals", "Mend or remove the row", path, row.Index + 2)
    return loops


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, sep="\t", compression="infer", dtype={"chr1": str, "chr2": str})
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"this gzip file is damaged or cut short ({error})", "Remove it and run again", path) from error
    except pd.errors.EmptyDataError as error:
        raise InputError("this loop list is empty", "A cell line needs loops: give another file or remove the line", path) from error
    if table.empty:
        raise InputError("this loop list has no loops", "A cell line needs loops: give another file or remove the line", path)
    return table

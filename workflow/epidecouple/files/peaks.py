"""Readers of peak files: which column of which format is the signal; and of lists of such files.
Coordinates are 0-based and half-open.

What a column means follows from how many there are, and from what stands in those that two formats
fill differently; a file that fits no row of `FORMATS` is refused by name, because another number
read as the signal is a wrong result that nobody sees.
UCSC: https://genome.ucsc.edu/FAQ/FAQformat.html; SEACR and IDR: the README of each.
"""

import logging
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError, shown
from .text import (
    LARGEST,
    decimals,
    is_row,
    numbers_of,
    read_headed,
    read_plain,
    require_equal_rows,
    text_lines,
    whole_numbers,
)

log = logging.getLogger(__name__)

STRANDS = ("+", "-", ".", "*", "")
COLOUR = r"0|\.|[0-9]{1,3},[0-9]{1,3},[0-9]{1,3}"
LIST = r"[0-9]+(,[0-9]+)*,?"
REGION = r"[^:\s]+:[0-9]+-[0-9]+"
BEDGRAPH_NAMES = (".bedgraph", ".bdg", ".bg")
KNOWN = "narrowPeak, broadPeak, gappedPeak, bedGraph, SEACR's BED, or BED of 3, 6 or 12 columns"


@dataclass(frozen=True)
class Format:
    """A format of peaks: its name, the column of the signal (from 1; None counts every peak as 1),
    and whether a table of this many columns is of it.
    """

    name: str
    signal: int | None
    fits: Callable[[pd.DataFrame], bool]


def _matches(text: pd.Series, pattern: str) -> bool:
    return bool(text.str.fullmatch(pattern).all())


def _numeric(table: pd.DataFrame, *columns: int) -> bool:
    return all(bool(decimals(table[column - 1]).notna().all()) for column in columns)


def _stranded(table: pd.DataFrame) -> bool:
    return bool(table[5].isin(STRANDS).all())


def _thick(table: pd.DataFrame) -> bool:
    """Whether columns 7 and 8 are positions inside the interval, as thickStart and thickEnd are."""
    start, end, first, last = (numbers_of(table[column]) for column in (1, 2, 6, 7))
    if first[1].any() or last[1].any():
        return False
    return bool(((start[0] <= first[0]) & (first[0] <= last[0]) & (last[0] <= end[0])).all())


def _narrow(table: pd.DataFrame) -> bool:
    summit, wrong = numbers_of(table[9])
    return _stranded(table) and not wrong.any() and bool((summit >= -1).all())


def _always(table: pd.DataFrame) -> bool:
    return True


# The first format of a number of columns that fits.
FORMATS = {
    3: [Format("BED3", None, _always)],
    4: [Format("BED4", None, lambda table: not decimals(table[3]).notna().any())],
    5: [Format("BED5", None, lambda table: not numbers_of(table[4])[1].any())],
    6: [
        Format("SEACR", 5, lambda table: _numeric(table, 4, 5) and _matches(table[5], REGION)),
        Format("BED6", None, _stranded),
    ],
    7: [Format("BED6 and signal", 7, _stranded)],
    8: [Format("BED8", None, _thick)],
    9: [
        Format("BED9", None, lambda table: _matches(table[8], COLOUR) and _thick(table)),
        Format("broadPeak", 7, lambda table: _stranded(table) and _numeric(table, 8, 9)),
    ],
    10: [Format("narrowPeak", 7, lambda table: _narrow(table) and _numeric(table, 8, 9))],
    12: [
        Format("BED12", None, lambda t: _thick(t) and all(_matches(t[k], LIST) for k in (10, 11)))
    ],
    15: [Format("gappedPeak", 13, lambda t: _thick(t) and _numeric(t, 14, 15))],
    20: [Format("IDR's narrowPeak", 7, lambda table: _narrow(table) and _numeric(table, 11, 12))],
}


def read_peaks(path: Path) -> pd.DataFrame:
    """Peaks of a file: chrom, start, end, signal, sorted by position, each interval once.

    The signal is the column that `FORMATS` names, or 1 in a format without one. An interval that is
    listed again, as callers of several summits do, keeps its highest signal, and the log counts
    them. Raises `InputError` for a file of no known format, one without a peak above 0, an interval
    that is none, or a signal that is no number >= 0.
    """
    table = _table(path, "Give another file or leave the mark out for this cell line")
    peaks = _intervals(table, path)
    known = format_of(table, path)
    if known.signal is None:
        log.info("%s: %s, without a signal: every peak counts 1", path, known.name)
        return _once(peaks.assign(signal=1.0), path)
    peaks = _once(peaks.assign(signal=_signal(table[known.signal - 1], known, path)), path)
    if not (peaks.signal > 0).any():
        raise InputError(
            f"no peak has a signal above 0 (column {known.signal} of {known.name})",
            "Give another file or leave the mark out for this cell line",
            path,
        )
    return peaks


def read_regions(path: Path) -> pd.DataFrame:
    """Regions of a BED: chrom, start, end; other columns are ignored. Raises `InputError`."""
    return _intervals(_table(path, "Give another file or none"), path).reset_index(drop=True)


def read_peak_list(path: Path, columns: list[str]) -> pd.DataFrame:
    """The rows of a list, as text; raises `InputError` for a file that is missing, has other
    columns, no row or an empty field, names a mark twice, or is of several lines where `columns`
    has none.
    """
    if not path.is_file():
        remedy = f"Give a table with the columns {' '.join(columns)}, or name each file"
        raise InputError("there is no such file", remedy, path)
    table = require_equal_rows(read_headed(path, [columns], ["cell_line"]), path)
    if "cell_line" not in columns and "cell_line" in table and table.cell_line.nunique() > 1:
        problem = f"this list is of the lines {shown(table.cell_line)}, and one is scored"
        raise InputError(problem, "Keep the rows of that line", path)
    table = table[columns]
    if table.empty:
        raise InputError("this list of peaks has no rows", "Give at least one file", path)
    for name in columns:
        for line in table.index[table[name] == ""][:1]:
            raise InputError(f"{name} is empty", "Fill it in or remove the row", path, line)
    for line in table.index[table.duplicated(columns[:-1])][:1]:
        what = " of ".join(table.loc[line, columns[-2::-1]])
        raise InputError(f"{what} is listed twice", "Keep one of them", path, line)
    return table


def format_of(table: pd.DataFrame, path: Path) -> Format:
    """The format of a table of text whose first three columns are intervals; raises `InputError`
    for none.
    """
    columns = table.shape[1]
    if columns == 4:
        return _bed_or_bedgraph(table, path)
    for known in FORMATS.get(columns, []):
        if known.fits(table):
            return known
    candidates = FORMATS.get(columns, [])
    names = " or ".join(known.name for known in candidates)
    row = max((_first_misfit(table, known) for known in candidates), default=0)
    raise InputError(
        f"{columns} columns, and no known format of peaks has these"
        + (f" ({names} has, but this row is filled otherwise)" if names else "")
        + _decimal_comma(table.iloc[row]),
        f"Give {KNOWN}; for a signal of another column write a bedGraph: chrom, start, end, signal",
        path,
        int(table.index[row]),
    )


def _first_misfit(table: pd.DataFrame, known: Format) -> int:
    """Place of the first row that a format does not fit; every format fits row by row."""
    count = bisect_left(range(len(table)), True, key=lambda row: not known.fits(table[: row + 1]))
    return min(count, len(table) - 1)


def _decimal_comma(row: pd.Series) -> str:
    """What to say of a row with a decimal comma behind its interval; empty without one."""
    for column, text in row.iloc[3:].items():
        if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text):
            return f"; column {column + 1} is '{text}', a number needs a point"
    return ""


def _bed_or_bedgraph(table: pd.DataFrame, path: Path) -> Format:
    """Column 4 is a signal in a bedGraph and a name in a BED4; whole numbers may be either, and
    what is never above 1 may be p-values.
    """
    bedgraph = Format("bedGraph", 4, _always)
    values = decimals(table[3])
    graded = values.notna().all() and (values % 1 != 0).any()
    if _said_to_be_bedgraph(path) or (graded and values.max() > 1):
        return bedgraph
    if not values.notna().any() or (values.to_numpy() == np.arange(1, len(values) + 1)).all():
        return FORMATS[4][0]
    other = "p-values" if graded else "a name of a BED4"
    raise InputError(
        f"4 columns, and column 4 may be the signal of a bedGraph or {other}",
        "Name the file *.bedGraph, or keep the first three columns",
        path,
        int(table.index[0]),
    )


def _said_to_be_bedgraph(path: Path) -> bool:
    """Whether an ending of the name, or a track line above the rows, says that this is one."""
    above = takewhile(lambda line: not is_row(line[1]), text_lines(path))
    tracks = [text.lower() for _, text in above if text.startswith("track")]
    endings = [ending.lower() for ending in path.suffixes]
    return not set(endings).isdisjoint(BEDGRAPH_NAMES) or any("bedgraph" in t for t in tracks)


def _table(path: Path, remedy: str) -> pd.DataFrame:
    """All rows as text; raises `InputError` for none, and for fewer than three columns."""
    table = require_equal_rows(read_plain(path), path)
    if table.empty:
        raise InputError("this peak file is empty", remedy, path)
    if table.shape[1] < 3:
        raise InputError(
            f"{table.shape[1]} columns",
            "Give a BED, narrowPeak or broadPeak file, separated by tabs",
            path,
            int(table.index[0]),
        )
    return table


def _intervals(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """chrom, start, end of the first three columns, checked."""
    remedy = (
        "Give a BED, narrowPeak or broadPeak file without header; of MACS's .xls, HOMER's table and"
        " the like give the narrowPeak or BED that the program writes beside it"
    )
    start, end = (
        whole_numbers(table[column], f"column {column + 1}", path, remedy) for column in (1, 2)
    )
    peaks = pd.DataFrame({"chrom": table[0], "start": start, "end": end})
    wrong = (peaks.start >= peaks.end) | (peaks.start < 0) | (peaks.chrom == "")
    for row in peaks[wrong].head(1).itertuples():
        problem = f"peak {row.chrom}:{row.start}-{row.end} is not an interval"
        raise InputError(problem, "Mend or remove it", path, row.Index)
    return peaks


def _signal(text: pd.Series, known: Format, path: Path) -> pd.Series:
    signal = decimals(text)
    for line in signal.index[~((signal >= 0) & (signal < LARGEST))][:1]:
        raise InputError(
            f"the signal (column {known.signal} of {known.name}) is '{text[line]}'",
            "Give a finite number that is not negative",
            path,
            line,
        )
    return signal


def _once(peaks: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Each interval once, with its highest signal, sorted by position."""
    order = peaks.sort_values(["chrom", "start", "end", "signal"], kind="stable")
    distinct = order.drop_duplicates(["chrom", "start", "end"], keep="last", ignore_index=True)
    if len(distinct) < len(peaks):
        log.info(
            "%s: %d of %d rows repeat an interval; the highest signal of each is kept",
            path,
            len(peaks) - len(distinct),
            len(peaks),
        )
    return distinct

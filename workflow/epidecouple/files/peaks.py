"""Readers of peak files: which column of which format is the signal. Coordinates are 0-based and
half-open.

What a column means follows from how many there are, and from what stands in those that two formats
fill differently; a file that fits no row of `FORMATS` is refused by name, because another number
read as the signal is a wrong result that nobody sees.
UCSC: https://genome.ucsc.edu/FAQ/FAQformat.html; SEACR and IDR: the README of each.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from .text import LARGEST, decimals, numbers_of, read_plain, require_equal_rows, whole_numbers

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
        Format("BED9", None, lambda table: _thick(table) and _matches(table[8], COLOUR)),
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
    names = " or ".join(known.name for known in FORMATS.get(columns, []))
    raise InputError(
        f"{columns} columns, and no known format of peaks has these"
        + (f" ({names} has, but is filled otherwise)" if names else ""),
        f"Give {KNOWN}; for a signal of another column write a bedGraph: chrom, start, end, signal",
        path,
        int(table.index[0]),
    )


def _bed_or_bedgraph(table: pd.DataFrame, path: Path) -> Format:
    """Column 4 is a signal in a bedGraph and a name in a BED4; whole numbers may be either."""
    bedgraph = Format("bedGraph", 4, _always)
    plain_name = path.name.lower().removesuffix(".gz")
    values = decimals(table[3])
    if plain_name.endswith(BEDGRAPH_NAMES) or (values.notna().all() and (values % 1 != 0).any()):
        return bedgraph
    if not values.notna().any() or (values.to_numpy() == np.arange(1, len(values) + 1)).all():
        return FORMATS[4][0]
    raise InputError(
        "4 columns, and column 4 may be the signal of a bedGraph or a name of a BED4",
        "Name the file *.bedGraph, or keep the first three columns",
        path,
        int(table.index[0]),
    )


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
    remedy = "Give a BED, narrowPeak or broadPeak file without header"
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

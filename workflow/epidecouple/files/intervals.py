"""Interval arithmetic on BED-like tables. The only module that uses pybedtools.

Coordinates are 0-based and half-open.
"""

import shutil

import numpy as np
import pandas as pd
import pybedtools

from ..core.batch_sizes import PAIRS_PER_BLOCK
from ..core.dna import ENDS
from ..core.errors import InputError
from ..core.tables import rows_by_chromosome


def require_bedtools() -> None:
    """Raise `InputError` when the bedtools program is not to be found."""
    if shutil.which("bedtools") is None:
        raise InputError(
            "the program bedtools is not installed", "Install it: sudo apt-get install bedtools"
        )


def joined(pairs: pd.DataFrame, loops: pd.DataFrame) -> np.ndarray:
    """Which pairs have both elements overlapped by the two anchors of a loop, in either
    orientation.

    pairs : chrom, enhancer_start, enhancer_end, promoter_start, promoter_end
    loops : chrom1, start1, end1, chrom2, start2, end2
    Returns bool (n_pairs,). bedtools pairtopair -type both.
    """
    require_bedtools()
    found = np.zeros(len(pairs), dtype=bool)
    near = np.flatnonzero(_near_anchors(pairs, loops))
    for first in range(0, len(near), PAIRS_PER_BLOCK):
        rows = near[first : first + PAIRS_PER_BLOCK]
        found[rows] = _joined(pairs.iloc[rows], loops)
    return found


def _near_anchors(pairs: pd.DataFrame, loops: pd.DataFrame) -> np.ndarray:
    """Which pairs have both elements overlapped by an anchor of any loop, bool (n_pairs,): of most
    pairs that is all there is to know, and no process is asked about them.
    """
    near = np.ones(len(pairs), dtype=bool)
    for end in ENDS:
        near &= _touched(pairs.chrom, pairs[f"{end}_start"], pairs[f"{end}_end"], loops)
    return near


def _touched(chrom: pd.Series, start: pd.Series, end: pd.Series, loops: pd.DataFrame) -> np.ndarray:
    """Which intervals share a base with an anchor: bool (n,)."""
    anchors = {
        name: np.concatenate([loops[f"{name}1"], loops[f"{name}2"]])
        for name in ("chrom", "start", "end")
    }
    found = np.zeros(len(chrom), dtype=bool)
    of_chromosome = pd.DataFrame(anchors).sort_values("start").groupby("chrom")
    known = dict(iter(of_chromosome))
    for name, rows in rows_by_chromosome(chrom):
        if name in known:
            furthest = np.maximum.accumulate(known[name].end.to_numpy())
            before = np.searchsorted(known[name].start, end.to_numpy()[rows])
            found[rows] = (before > 0) & (furthest[before - 1] > start.to_numpy()[rows])
    return found


def _joined(pairs: pd.DataFrame, loops: pd.DataFrame) -> np.ndarray:
    """`joined` by bedtools."""
    bedpe = pd.DataFrame(
        {
            "chrom1": pairs.chrom,
            "start1": pairs.enhancer_start,
            "end1": pairs.enhancer_end,
            "chrom2": pairs.chrom,
            "start2": pairs.promoter_start,
            "end2": pairs.promoter_end,
            "name": np.arange(len(pairs)),
        }
    )
    return _hit(_bed(bedpe).pair_to_pair(_bed(loops), type="both", **{"is": True}), 6, len(pairs))


def inside(intervals: pd.DataFrame, regions: pd.DataFrame) -> np.ndarray:
    """Which intervals (chrom, start, end) lie wholly in one of the regions; bool (n,)."""
    return _intersect(intervals, regions, f=1.0)


def overlapping(intervals: pd.DataFrame, others: pd.DataFrame) -> np.ndarray:
    """Which intervals (chrom, start, end) share a base with one of the others; bool (n,)."""
    return _intersect(intervals, others)


def _intersect(intervals: pd.DataFrame, others: pd.DataFrame, **options: float) -> np.ndarray:
    require_bedtools()
    numbered = intervals[["chrom", "start", "end"]].assign(row=np.arange(len(intervals)))
    return _hit(
        _bed(numbered).intersect(_bed(others[["chrom", "start", "end"]]), u=True, **options),
        3,
        len(intervals),
    )


def _hit(hits: pybedtools.BedTool, column: int, count: int) -> np.ndarray:
    """Which of `count` numbered rows appear in the hits, their number in `column`; removes
    bedtools' files.
    """
    hit = np.zeros(count, dtype=bool)
    with open(hits.fn) as file:
        hit[[int(line.rstrip("\n").split("\t")[column]) for line in file]] = True
    pybedtools.cleanup()
    return hit


def _bed(table: pd.DataFrame) -> pybedtools.BedTool:
    return pybedtools.BedTool.from_dataframe(table)

"""Interval arithmetic on BED-like tables. The only module that uses pybedtools.

Coordinates are 0-based and half-open.
"""

import shutil

import numpy as np
import pandas as pd
import pybedtools

from ..core.errors import InputError


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
    if loops.empty or pairs.empty:
        return np.zeros(len(pairs), dtype=bool)
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

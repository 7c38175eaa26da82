"""Both ends of a pair in the other lines: whether they are active elsewhere, and together."""

import numpy as np
import pandas as pd

from .tracks import Tracks, level

MARKS = ["H3K27ac", "H3K4me3", "POL2", "H3K9ac", "H2A.Z", "CTCF"]
ENDS = {"element": "element_mid", "promoter": "tss"}
WIDTH_BP = 3_000
# A level above this is a peak that reaches into the window, not its very edge.
PRESENT = 0.05
# Keeps the correlation of two ends without marks at 0.
SMALLEST_SPREAD = 0.05


def levels_elsewhere(pairs: pd.DataFrame, others: list[Tracks], mark: str, end: str) -> np.ndarray:
    """Level of a mark at one end in each of the lines: float64 (n, lines)."""
    position = pairs[ENDS[end]]
    return np.column_stack([level(one[mark], pairs.chrom, position, WIDTH_BP) for one in others])


def other_lines(pairs: pd.DataFrame, own: Tracks, others: list[Tracks]) -> pd.DataFrame:
    """Mean level and number of lines with the mark, of six marks at both ends in the other lines,
    and the correlation over all lines of H3K27ac at both ends.
    """
    columns = {}
    for mark in MARKS:
        for end in ENDS:
            levels = levels_elsewhere(pairs, others, mark, end)
            columns[f"{mark} {end} elsewhere"] = levels.mean(1)
            columns[f"{mark} {end} lines"] = (levels > PRESENT).sum(1)
    columns["both ends over lines"] = activity_together(pairs, [*others, own])
    return pd.DataFrame(columns, pairs.index)


def activity_together(pairs: pd.DataFrame, lines: list[Tracks]) -> np.ndarray:
    """Correlation over lines of H3K27ac at the element with that at the promoter, float64 (n,),
    drawn to 0 where either is the same everywhere.
    """
    element, promoter = (levels_elsewhere(pairs, lines, "H3K27ac", end) for end in ENDS)
    a, b = (levels - levels.mean(1, keepdims=True) for levels in (element, promoter))
    spread = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    return (a * b).sum(1) / (spread + SMALLEST_SPREAD)

"""The way between an element and a TSS: how much of each mark lies on it, and how many TSS.

A mean over the way is ill-defined at short range, so marks are integrated. Coordinates are 0-based
and half-open, in bp.
"""

import numpy as np
import pandas as pd

from .tracks import Tracks

# What lies this close to either end belongs to the end.
TRIM_BP = 1_500
# Unit of an integral: bases that a peak of quantile 1 and usual width covers.
UNIT_BP = 300
TSS_BETWEEN = "TSS between"


def ways(pairs: pd.DataFrame) -> pd.DataFrame:
    """chrom, start, end of the way of each pair (chrom, element_mid, tss), `TRIM_BP` off either
    end; start equals end where nothing is left.
    """
    ends = pairs[["element_mid", "tss"]]
    start = ends.min(axis=1) + TRIM_BP
    return pd.DataFrame(
        {"chrom": pairs.chrom, "start": start, "end": np.maximum(ends.max(axis=1) - TRIM_BP, start)}
    )


def way_inputs(
    pairs: pd.DataFrame, tracks: Tracks, marks: list[str], tss: dict[str, np.ndarray]
) -> pd.DataFrame:
    """One column per mark, ln(1 + integral of its quantiles / 300 bp), and `TSS_BETWEEN`, ln(1 +
    number of TSS), over the way of each pair.

    tss : those of each chromosome in order
    """
    way = ways(pairs)
    inputs = {mark: np.log1p(tracks[mark].integral(way) / UNIT_BP) for mark in marks}
    return pd.DataFrame(inputs | {TSS_BETWEEN: np.log1p(count_between(way, tss))}, pairs.index)


def count_between(way: pd.DataFrame, positions: dict[str, np.ndarray]) -> np.ndarray:
    """How many positions lie on each way, float64 (n,)."""
    count = np.zeros(len(way))
    start, end = way.start.to_numpy(), way.end.to_numpy()
    for chrom, rows in way.groupby("chrom", sort=False).indices.items():
        if chrom in positions:
            first, last = (np.searchsorted(positions[str(chrom)], at[rows]) for at in (start, end))
            count[rows] = last - first
    return count

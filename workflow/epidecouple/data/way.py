"""The way between the ends of a pair, described by densities of strong peaks.

A few strong sites, such as CTCF where loops end, hold contacts up; the mean signal over the way
blurs them. No label is read: a peak is strong or weak among the peaks of its own file.
Coordinates are 0-based and half-open, in bp.
"""

from collections.abc import Iterator
from math import erfc, sqrt

import numpy as np
import pandas as pd

from ..core.sections.data import WAY_DENSITIES
from ..statistics.ranking import ranks
from .normalisation import LEAST_SD

# A peak counts when the normal score of its rank is above these, or its log signal exceeds the mean
# by so many standard deviations; the last density sums the excess above the first of those.
RANKS = (1.0, 1.3, 1.6, 2.0)
# The share of peaks below each of those scores, the normal distribution's function of it: a rank is
# compared as a share, so that no shard has to load scipy for the inverse.
SHARES = tuple(erfc(-score / sqrt(2)) / 2 for score in RANKS)
EXCESSES = (1.0, 1.5, 2.0)
LARGEST_EXCESS = 2.0
# Densities are per 100 kb.
UNIT_BP = 100_000


def peak_weights(signal: np.ndarray) -> np.ndarray:
    """What each peak adds to each density, float64 (n_peaks, WAY_DENSITIES), from its signal
    (n_peaks,).
    """
    share = (ranks(signal) - 0.5) / len(signal)
    level = np.log1p(signal)
    sd = level.std()
    # Peaks of one height have no strong ones among them, whatever rounding leaves of their sd.
    excess = (level - level.mean()) / (sd if sd > LEAST_SD * level.max() else 1.0)
    columns = [share > least for least in SHARES] + [excess > least for least in EXCESSES]
    clipped = np.clip(excess - EXCESSES[0], 0, LARGEST_EXCESS)
    weights = np.column_stack([*columns, clipped]).astype(float)
    assert weights.shape[1] == WAY_DENSITIES
    return weights


def way_densities(pairs: pd.DataFrame, peaks: pd.DataFrame, window_bp: int) -> np.ndarray:
    """Densities of a mark between the windows of both ends: float64 (n, WAY_DENSITIES).

    Peaks between the windows are counted, and divided by the distance of the midpoints in 100 kb.

    pairs : chrom, enhancer_mid, promoter_mid; peaks : chrom, start, end, signal, all of a line
    window_bp : width of the windows around the midpoints, which are left out
    0 where the windows touch, or no peak lies on the chromosome.
    """
    densities = np.zeros((len(pairs), WAY_DENSITIES))
    if not len(peaks):
        return densities
    weights = peak_weights(peaks.signal.to_numpy(dtype=float))
    middle = (peaks.start.to_numpy() + peaks.end.to_numpy()) // 2
    start, end = ways(pairs, window_bp)
    distance = end - start + 2 * (window_bp // 2)
    for rows, sites in _by_chromosome(pairs, peaks):
        order = sites[np.argsort(middle[sites], kind="stable")]
        passed = np.vstack([np.zeros(WAY_DENSITIES), np.cumsum(weights[order], axis=0)])
        first, last = (np.searchsorted(middle[order], x[rows]) for x in (start, end))
        densities[rows] = (passed[last] - passed[first]) / (distance[rows, None] / UNIT_BP)
    return densities


def ways(pairs: pd.DataFrame, window_bp: int) -> tuple[np.ndarray, np.ndarray]:
    """Start and end (n,) of the way between the windows of both ends; none where they touch."""
    middles = pairs[["enhancer_mid", "promoter_mid"]].to_numpy()
    start = middles.min(1) + window_bp // 2
    return start, np.maximum(middles.max(1) - window_bp // 2, start)


def _by_chromosome(
    pairs: pd.DataFrame, peaks: pd.DataFrame
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of the pairs and of the peaks of each chromosome that has both."""
    of_chromosome = peaks.groupby("chrom", sort=False, observed=True).indices
    for chrom, rows in pairs.groupby("chrom", sort=False, observed=True).indices.items():
        if chrom in of_chromosome:
            yield rows, of_chromosome[chrom]

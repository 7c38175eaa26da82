"""Intervals over few groups of rows that are alike within (chromosomes): each group is left out
once, and what that changes is held against Student's t.
"""

from collections.abc import Iterable

import numpy as np
from scipy.special import stdtrit

BLOCK_BP = 1_000_000
# Keeps the draws of `units_seen` apart from a run's other random streams, which have names
# (core/random_streams.py).
STREAM = 4
FEWEST_CHROMOSOMES = 3
LEVEL = 0.95
# Bounds of what cannot lie beyond them: shares and areas under curves; correlations.
SHARE, CORRELATION, ANYTHING = (0.0, 1.0), (-1.0, 1.0), (-np.inf, np.inf)


def interval(
    value: float, left_out: Iterable[float], within: tuple[float, float] = ANYTHING
) -> tuple[float, float]:
    """95 % interval of a figure, from its values when each of G groups is left out.

    value : over all rows; left_out : (G,), NaN where the rest has no such figure; within : bounds
    of the figure. The variance is (G - 1) / G times the sum of squares of `left_out` minus `value`
    (Efron & Tibshirani 1993, eq. 11.5, about the value itself), the quantile that of Student's t
    with G - 1 degrees of freedom, as is advised for few clusters (MacKinnon, Nielsen & Webb 2023).
    It covers 91 to 96 % for 4 to 22 groups of unequal size, where percentiles of a bootstrap cover
    72 to 75 % for 4 (docs/tables/coverage.md). Returns NaN, NaN with fewer than two groups.
    """
    each = np.asarray(list(left_out), dtype=np.float64)
    each = each[np.isfinite(each)]
    groups = len(each)
    if groups < 2:
        return float("nan"), float("nan")
    error = np.sqrt((groups - 1) / groups * np.square(each - value).sum())
    reach = stdtrit(groups - 1, (1 + LEVEL) / 2) * error
    lower, upper = np.clip([value - reach, value + reach], *within)
    return float(lower), float(upper)


def standard_error(left_out: np.ndarray) -> np.ndarray:
    """Standard error (n,) of n figures, from their values (G, n) when each of G groups is left out:
    the square root of (G - 1) / G times the sum of squares about their mean (Efron & Tibshirani
    1993, eq. 11.5). NaN with fewer than two groups.
    """
    groups = len(left_out)
    if groups < 2:
        return np.full(left_out.shape[1:], np.nan)
    return np.sqrt((groups - 1) / groups * np.square(left_out - left_out.mean(0)).sum(0))


def rows_without_each(groups: np.ndarray) -> list[np.ndarray]:
    """The rows that stay when each group (chromosome) of `groups` (n,) is left out: one array of
    row numbers per group. None where there is one group only: nothing would stay.
    """
    names = np.unique(groups)
    return [np.flatnonzero(groups != name) for name in names] if len(names) > 1 else []


def weights_without_each(groups: np.ndarray) -> np.ndarray:
    """How often each set of `rows_without_each` holds each of the G groups: int (G, G), 0 on the
    diagonal and 1 beside it; (0, 1) where there is one group only.
    """
    size = len(np.unique(groups))
    return (1 - np.eye(size, dtype=np.int64))[: size if size > 1 else 0]


def weighted_means(values: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean of the values (n,), NaN left out, with each group as often as the rows of `weights`
    (B, G) say: (B,), NaN without values.
    """
    code = np.unique(groups, return_inverse=True)[1]
    used = np.isfinite(values)
    count = weights @ np.bincount(code, weights=used)
    total = weights @ np.bincount(code, weights=np.where(used, values, 0))
    return np.where(count > 0, total, np.nan) / np.maximum(count, 1)


def units_seen(copies: Iterable[np.ndarray]) -> int:
    """How many units sets of rows are made of, as the sets themselves show.

    copies : for each set how often it holds each row, int (n,). Rows that every set holds equally
    often are one unit.
    """
    rng = np.random.default_rng(STREAM)
    weighed = (rng.integers(1, 2**32) * of_set.astype(np.int64) for of_set in copies)
    return len(np.unique(sum(weighed, start=np.int64(0))))


def unit_metrics(units: int, expected: int) -> dict[str, float]:
    """Number of units that intervals leave out, and that per chromosome, or block of 1 Mb, of
    which there are `expected`.
    """
    return {"interval_units": units, "interval_units_per_chromosome": units / expected}


def resampling_units(chrom: np.ndarray, mid: np.ndarray) -> np.ndarray:
    """What intervals leave out as a whole: chromosomes, or blocks of 1 Mb where fewer than three
    chromosomes are at hand.
    """
    if len(np.unique(chrom)) >= FEWEST_CHROMOSOMES:
        return chrom
    return megabase_blocks(chrom, mid)


def megabase_blocks(chrom: np.ndarray, mid: np.ndarray) -> np.ndarray:
    """Name (n,) of the block of 1 Mb that each position (n,), in bp, lies in."""
    return np.array(
        [f"{name}:{position // BLOCK_BP}" for name, position in zip(chrom, mid, strict=True)]
    )


def independent_units(chrom: np.ndarray, mid: np.ndarray) -> int:
    """How many of the units of `resampling_units` there are, counted without it."""
    code = np.unique(chrom, return_inverse=True)[1]
    if code.max() + 1 >= FEWEST_CHROMOSOMES:
        return int(code.max()) + 1
    return np.unique(np.stack([code, mid // BLOCK_BP]), axis=1).shape[1]

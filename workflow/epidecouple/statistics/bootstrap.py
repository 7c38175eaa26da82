"""Bootstrap over whole groups of rows."""

from collections.abc import Iterable

import numpy as np

BLOCK_BP = 1_000_000
# Keeps these draws apart from a run's other random streams, which have names
# (core/random_streams.py).
STREAM = 4
FEWEST_CHROMOSOMES = 3


def bootstrap_groups(groups: np.ndarray, draws: int, seed: int) -> list[np.ndarray]:
    """Row indices of `draws` bootstrap samples that draw whole groups (chromosomes) with
    replacement.
    """
    names = np.unique(groups)
    members = [np.flatnonzero(groups == name) for name in names]
    return [np.concatenate([members[k] for k in pick]) for pick in _picks(len(names), draws, seed)]


def bootstrap_means(values: np.ndarray, groups: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Mean of the values (n,), NaN left out, over each of the `draws` (B, G) of `group_draws`."""
    code = np.unique(groups, return_inverse=True)[1]
    used = np.isfinite(values)
    count = draws @ np.bincount(code, weights=used)
    total = draws @ np.bincount(code, weights=np.where(used, values, 0))
    return np.where(count > 0, total, np.nan) / np.maximum(count, 1)


def group_draws(groups: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """How often each sample of `bootstrap_groups` holds each of the G groups: (draws, G)."""
    size = len(np.unique(groups))
    return np.array([np.bincount(pick, minlength=size) for pick in _picks(size, draws, seed)])


def _picks(groups: int, draws: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, STREAM]).integers(0, groups, (draws, groups))


def units_seen(copies: Iterable[np.ndarray]) -> int:
    """How many units draws are made of, as the draws themselves show.

    copies : for each draw how often it holds each row, int (n,). Rows that every draw holds equally
    often are one unit.
    """
    rng = np.random.default_rng(STREAM)
    weighed = (rng.integers(1, 2**32) * of_draw.astype(np.int64) for of_draw in copies)
    return len(np.unique(sum(weighed, start=np.int64(0))))


def unit_metrics(units: int, expected: int) -> dict[str, float]:
    """Number of units that intervals are drawn over, and that per chromosome, or block of 1 Mb, of
    which there are `expected`.
    """
    return {"bootstrap_units": units, "bootstrap_units_per_chromosome": units / expected}


def interval(values: list[float] | np.ndarray) -> tuple[float, float]:
    """Percentile interval that holds 95 % of the values."""
    lower, upper = np.nanpercentile(values, [2.5, 97.5])
    return float(lower), float(upper)


def resampling_units(chrom: np.ndarray, mid: np.ndarray) -> np.ndarray:
    """What a bootstrap draws as a whole: chromosomes, or blocks of 1 Mb where fewer than three
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

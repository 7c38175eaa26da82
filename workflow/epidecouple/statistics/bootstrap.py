"""Bootstrap over rows or over whole groups of rows, as the field does it for CRISPR tables.

Percentiles need many groups: with few of them they cover too little, and the jackknife
(statistics/jackknife.py) takes their place.
"""

from collections.abc import Iterator

import numpy as np

# Keeps these draws apart from a run's other random streams, which have names
# (core/random_streams.py).
STREAM = 4


def row_counts(groups: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each bootstrap sample of whole groups holds each row, one int (n,) after the other,
    where all of them at once would not fit in memory; groups of one row are a plain bootstrap.
    """
    code = np.unique(groups, return_inverse=True)[1]
    size = code.max() + 1
    rng = np.random.default_rng([seed, STREAM])
    for _ in range(draws):
        yield np.bincount(rng.integers(0, size, size), minlength=size)[code]


def interval(values: list[float] | np.ndarray) -> tuple[float, float]:
    """Percentile interval that holds 95 % of the values."""
    lower, upper = np.nanpercentile(values, [2.5, 97.5])
    return float(lower), float(upper)

"""Estimators of mutual information compared where it is known: the evidence for gating on
V-information.

The rule `compare_estimators` takes about two minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.integrate import quad
from scipy.stats import norm

from ..statistics.probes import LinearProbe, boosting_probe, knn_information, v_information

CLASSES, DIMENSIONS, GROUPS, FOLDS, ROUNDS = 6, 16, 24, 4, 15
ROWS, REPEATS = (600, 3000, 12000), 5
GAP = 0.6
SPREADS = np.geomspace(0.4, 2.5, CLASSES)
FLIPPED = 0.1


@dataclass(frozen=True)
class Case:
    """Data of known mutual information: `draw(rng, n)` gives x (n, 16) and classes (n,); truth in
    bits.
    """

    name: str
    truth: float
    draw: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


def mixture_information(means: np.ndarray, spreads: np.ndarray) -> float:
    """I(x; c) in bits of equally likely classes with x ~ N(mean_c, spread_c), by quadrature."""

    def integrand(t: float) -> float:
        density = norm.pdf(t, means, spreads)
        return float(
            (density * np.log2(np.maximum(density, 1e-300) / max(density.mean(), 1e-300))).mean()
        )

    low = (means - 9 * spreads).min()
    high = (means + 9 * spreads).max()
    return quad(integrand, low, high, limit=400, points=sorted(set(means)))[0]


def independent(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise and classes that have nothing to do with it."""
    return rng.normal(size=(n, DIMENSIONS)), rng.integers(0, CLASSES, n)


def class_means(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean of one dimension is the class, times a gap."""
    x, c = independent(rng, n)
    x[:, 0] += GAP * c
    return x, c


def class_variances(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The spread of one dimension depends on the class, its mean does not."""
    x, c = independent(rng, n)
    x[:, 0] *= SPREADS[c]
    return x, c


def exclusive_or(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two classes, the sign of the product of two dimensions, one in ten flipped: neither dimension
    alone says anything.
    """
    x = rng.normal(size=(n, DIMENSIONS))
    return x, ((x[:, 0] * x[:, 1] > 0) ^ (rng.random(n) < FLIPPED)).astype(int)


def cases() -> list[Case]:
    """Nothing, linear, in the variance only, in two dimensions together only."""
    flips = np.array([FLIPPED, 1 - FLIPPED])
    return [
        Case("independent", 0.0, independent),
        Case(
            "class means",
            mixture_information(GAP * np.arange(CLASSES), np.ones(CLASSES)),
            class_means,
        ),
        Case("class variances", mixture_information(np.zeros(CLASSES), SPREADS), class_variances),
        Case("exclusive or", 1 + float((flips * np.log2(flips)).sum()), exclusive_or),
    ]


def estimates(x: np.ndarray, c: np.ndarray, groups: np.ndarray) -> dict[str, float]:
    """Bits by each estimator, as `diagnose` uses them."""
    by_column = knn_information(x, c)
    return {
        "V, linear": v_information(x, c, groups, LinearProbe, FOLDS).bits,
        "V, boosted": v_information(x, c, groups, boosting_probe(ROUNDS), FOLDS).bits,
        "kNN, sum": float(by_column.sum()),
        "kNN, largest": float(by_column.max()),
    }


def comparison(sizes: tuple[int, ...] = ROWS, repeats: int = REPEATS) -> pd.DataFrame:
    """One row per case, number of rows, repeat and estimator: bits beside the truth."""
    rows = []
    for case in cases():
        for n in sizes:
            for repeat in range(repeats):
                rng = np.random.default_rng([n, repeat])
                x, c = case.draw(rng, n)
                by_name = estimates(x, c, rng.integers(0, GROUPS, n))
                rows += [
                    (case.name, n, repeat, name, bits, case.truth) for name, bits in by_name.items()
                ]
    return pd.DataFrame(rows, columns=["case", "rows", "repeat", "estimator", "bits", "truth"])

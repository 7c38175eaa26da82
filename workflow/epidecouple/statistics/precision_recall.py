"""Precision and recall of a score whose rows have weights, many times over: the order of the rows
is found once, a bootstrap only changes how much each row counts.

Percentiles of a bootstrap, as the field takes them for these tables, need many groups: over few of
them use the jackknife (statistics/jackknife.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# The points that CRISPR_comparison leaves off the end of a curve (calculate_performance_one_pred
# and calculate_auprc of its crisprComparisonBootstrapFunctions.R); its first point, at recall 0 and
# precision 1, is none here.
TRIMMED = 2
# Keeps these draws apart from a run's other random streams, which have names
# (core/random_streams.py).
STREAM = 4


@dataclass(frozen=True)
class Curve:
    """Precision and recall at every threshold that a row reaches, from the strictest on: (k,)."""

    threshold: np.ndarray
    recall: np.ndarray
    precision: np.ndarray

    @property
    def average_precision(self) -> float:
        """Sum of precision over the steps of recall, as scikit-learn has it."""
        return float(np.sum(np.diff(self.recall, prepend=0.0) * self.precision))

    @property
    def trimmed_area(self) -> float:
        """Area below the curve as CRISPR_comparison (Gschwind 2026) computes it: by trapezoids,
        without the ends.
        """
        recall, precision = self.recall[:-TRIMMED], self.precision[:-TRIMMED]
        return float(np.sum(np.diff(recall) * (precision[1:] + precision[:-1]) / 2))

    def precision_at(self, recall: float) -> float:
        """Precision at the strictest threshold that reaches a recall."""
        return float(self.precision[np.argmax(self.recall >= recall)])


class Ranking:
    """Rows in the order of a score; labels and scores (n,), a higher score for what is more likely
    to be positive.
    """

    def __init__(self, labels: np.ndarray, scores: np.ndarray) -> None:
        self.order = np.argsort(-scores, kind="stable")
        self.labels = labels[self.order].astype(float)
        self.scores = scores[self.order]
        # Rows of equal score are passed together.
        self.ends = np.flatnonzero(np.append(np.diff(self.scores) != 0, True))

    def curve(self, weights: np.ndarray) -> Curve:
        """The curve where each row counts `weights` (n,) >= 0; rows that count nothing reach no
        threshold. Without a positive row precision and recall are NaN.
        """
        counted = weights[self.order]
        everything = np.cumsum(counted)[self.ends]
        positive = np.cumsum(counted * self.labels)[self.ends]
        reached = np.diff(everything, prepend=0.0) > 0
        total = positive[-1] if positive[-1] > 0 else np.nan
        return Curve(
            self.scores[self.ends][reached],
            positive[reached] / total,
            np.where(total > 0, positive[reached] / everything[reached], np.nan),
        )


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

"""A threshold of a score, and what it was worth on labelled rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .precision_recall import Ranking, interval, row_counts

RECALL = 0.7
Figure = tuple[float, float, float]


@dataclass(frozen=True)
class OperatingPoint:
    """The strictest threshold (logit) that finds `RECALL` of the regulated pairs; its precision and
    recall with the ends of their 95 % intervals; and both by screen.
    """

    threshold: float
    precision: Figure
    recall: Figure
    screens: dict[str, tuple[float, float]]


def operating_point(
    pairs: pd.DataFrame, score: np.ndarray, draws: int, seed: int
) -> OperatingPoint:
    """Of a score (n,) on tested pairs (regulated, weight, chrom, dataset); intervals over
    bootstraps of chromosomes, at the threshold of all rows.
    """
    labels, weights = (pairs[name].to_numpy(dtype=float) for name in ("regulated", "weight"))
    curve = Ranking(labels, score).curve(weights)
    threshold = float(curve.threshold[np.argmax(curve.recall >= RECALL)])
    above = score >= threshold
    drawn = [worth(labels, weights * n, above) for n in row_counts(pairs.chrom, draws, seed)]
    ends = [interval(values) for values in np.transpose(drawn)]
    precision, recall = (
        (value, *end) for value, end in zip(worth(labels, weights, above), ends, strict=True)
    )
    screens = {
        str(name): worth(labels[rows], weights[rows], above[rows])
        for name, rows in pairs.reset_index().groupby("dataset").indices.items()
    }
    return OperatingPoint(threshold, precision, recall, screens)


def worth(labels: np.ndarray, weights: np.ndarray, above: np.ndarray) -> tuple[float, float]:
    """Precision and recall of the rows above a threshold (n,), NaN where nothing is to be found."""
    found = float((weights * labels)[above].sum())
    counted, regulated = float(weights[above].sum()), float((weights * labels).sum())
    precision = found / counted if counted else float("nan")
    return precision, found / regulated if regulated else float("nan")

"""Scores of the tested lines' pairs on one chromosome fold, by what was fitted on the training
lines' pairs on all other chromosomes. Every score is (n,), higher where the pair is more likely to
interact.
"""

import numpy as np
import pandas as pd

from ..core.config import Config
from ..data.loop_signal import Scale
from ..evaluation.baselines import boosted_classifier
from .distance_resistance import energies, fit_pairs, log_distance
from .panel import BengiPanel

OURS = "U(distance) − R"
POTENTIAL = "U(distance) alone"
RESISTANCE = "−R alone"
BOOSTING = "gradient boosting, marks and distance"
FITTED = [OURS, POTENTIAL, RESISTANCE, BOOSTING]
DISTANCE = "distance"
PUBLISHED = "TransEPI, its published scores"
# What each score needs, as the page says it.
KINDS = {
    OURS: "ours",
    POTENTIAL: "part of ours",
    RESISTANCE: "part of ours",
    BOOSTING: "rival, the same inputs",
    DISTANCE: "rival, no marks, nothing fitted",
    PUBLISHED: "rival, published",
}


def learned_rows(pairs: pd.DataFrame, fold: list[str]) -> np.ndarray:
    """Rows that may be learned from: of training lines, on no chromosome of the fold."""
    return np.flatnonzero(pairs.training & ~pairs.chrom.isin(fold))


def scored_rows(pairs: pd.DataFrame, fold: list[str]) -> np.ndarray:
    """Rows that are scored: of tested lines that have marks, on a chromosome of the fold."""
    return np.flatnonzero(~pairs.training & pairs.marked & pairs.chrom.isin(fold))


def standardised_by_line(panel: BengiPanel, fold: list[str]) -> np.ndarray:
    """Marks (n, P, M) by the mean and spread of the line's pairs on the other chromosomes, no label
    being read; 0 for a mark that a line lacks.
    """
    signal = np.zeros_like(panel.signal)
    for _, rows in panel.pairs[panel.pairs.marked].groupby("line"):
        own = rows.index.to_numpy()
        others = own[~rows.chrom.isin(fold)]
        signal[own] = Scale.of(panel.signal[others])(panel.signal[own])
    return signal


def fold_scores(panel: BengiPanel, fold: list[str], config: Config) -> pd.DataFrame:
    """Scores of the tested rows of a fold, a column each of `FITTED`, by row of the panel."""
    learned, tested = (rows(panel.pairs, fold) for rows in (learned_rows, scored_rows))
    if not len(tested):
        return pd.DataFrame(index=tested, columns=FITTED, dtype=float)
    marks = standardised_by_line(panel, fold)
    distance = log_distance(panel.pairs.distance.to_numpy())
    labels = panel.pairs.label.to_numpy()
    fitted = fit_pairs(distance[learned], marks[learned], labels[learned], config)
    potential, resistance = energies(fitted, distance[tested], marks[tested])
    features = np.column_stack([marks.reshape(len(marks), -1), distance])
    boosting = boosted_classifier(config.crossfit.boosting_rounds, config.seed)
    boosting.fit(features[learned], labels[learned])
    of_boosting = boosting.decision_function(features[tested])
    scores = (potential - resistance, potential, -resistance, of_boosting)
    return pd.DataFrame(dict(zip(FITTED, scores, strict=True)), tested)

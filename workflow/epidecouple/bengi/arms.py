"""Scores of the tested lines' pairs on one chromosome fold, by what was fitted on the training
lines' pairs on all other chromosomes. Every score is (n,), higher where the pair is more likely to
interact.
"""

import numpy as np
import pandas as pd

from ..core.config import Config
from ..data.loop_signal import Scale
from ..evaluation.baselines import boosted_classifier
from .distance_resistance import Inputs, energies, fit_pairs, log_distance
from .panel import BengiPanel

OURS = "U(distance) − R, a U for each assay"
POTENTIAL = "U(distance) alone, a U for each assay"
RESISTANCE = "−R alone"
ONE = "U(distance) − R, one U for all assays"
BOOSTING = "gradient boosting, marks, distance and assay"
BOOSTING_ONE = "gradient boosting, marks and distance"
FITTED = [OURS, POTENTIAL, RESISTANCE, ONE, BOOSTING, BOOSTING_ONE]
DISTANCE = "distance"
PUBLISHED = "TransEPI, its published scores"
# What each score needs, as the page says it.
KINDS = {
    OURS: "ours",
    POTENTIAL: "part of ours",
    RESISTANCE: "part of ours",
    ONE: "ours, without the assay",
    BOOSTING: "rival, the same inputs",
    BOOSTING_ONE: "rival, without the assay",
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
    """Scores of the tested rows of a fold, columns of `FITTED`, by row of the panel.

    Where all learned tables are of one assay, what tells assays apart equals what does not, which
    is left out.
    """
    learned, tested = (rows(panel.pairs, fold) for rows in (learned_rows, scored_rows))
    if not len(tested):
        return pd.DataFrame(index=tested, columns=FITTED, dtype=float)
    labels = panel.pairs.label.to_numpy()[learned]
    inputs = inputs_of(panel, fold)
    scores = _scores(inputs, labels, learned, tested, config)
    if inputs.assay[learned].any():
        one = inputs._replace(assay=np.zeros_like(inputs.assay))
        of_one = _scores(one, labels, learned, tested, config)
        scores |= {ONE: of_one[OURS], BOOSTING_ONE: of_one[BOOSTING]}
    return pd.DataFrame(scores, tested).reindex(columns=FITTED)


def inputs_of(panel: BengiPanel, fold: list[str]) -> Inputs:
    """What the pairs are scored by; assays are numbered as their names are sorted."""
    learned = sorted(set(panel.pairs.assay[panel.pairs.training]))
    return Inputs(
        log_distance(panel.pairs.distance.to_numpy()),
        pd.Index(learned).get_indexer(panel.pairs.assay).astype(np.int64),
        standardised_by_line(panel, fold),
    )


def _scores(
    inputs: Inputs, labels: np.ndarray, learned: np.ndarray, tested: np.ndarray, config: Config
) -> dict[str, np.ndarray]:
    """Our score, its parts and boosting's (n_tested,), fitted on the learned rows' labels."""
    fitted = fit_pairs(inputs.of(learned), labels, config)
    potential, resistance = energies(fitted, inputs.of(tested))
    assays = np.eye(inputs.assay.max() + 1)[inputs.assay]
    marks = inputs.marks.reshape(len(inputs.marks), -1)
    features = np.column_stack([marks, inputs.distance, *assays.T[1:]])
    boosting = boosted_classifier(config.crossfit.boosting_rounds, config.seed)
    boosting.fit(features[learned], labels)
    return {
        OURS: potential - resistance,
        POTENTIAL: potential,
        RESISTANCE: -resistance,
        BOOSTING: boosting.decision_function(features[tested]),
    }

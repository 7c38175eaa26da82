"""V-information: how many bits a family of classifiers can read about a class from a representation.

V(x -> c) = H(c) - cross-entropy of c given x, out of fold (Xu 2020), with whole groups (chromosomes) left out.
It is biased downwards and not clipped: V <= 0 means "nothing found". The only module that uses scikit-learn's classifiers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .skill import bootstrap_groups, interval

SMALLEST_PROBABILITY = 1e-6
RIDGE = 0.1


@dataclass(frozen=True)
class Information:
    """What a probe found: per-row gains (n,) in bits over the class frequencies, NaN for rows left out; H(c) in bits."""

    gains: np.ndarray
    entropy: float

    @property
    def bits(self) -> float:
        """V-information in bits, unclipped."""
        return float(np.nanmean(self.gains))

    @property
    def fraction(self) -> float:
        """V-information as a fraction of H(c), unclipped."""
        return self.bits / self.entropy

    def fraction_interval(self, groups: np.ndarray, draws: int, seed: int) -> tuple[float, float]:
        """95 % interval of the fraction from resampling whole groups; the probe is not refitted."""
        return interval([np.nanmean(self.gains[draw]) / self.entropy for draw in bootstrap_groups(groups, draws, seed)])

    def minus(self, other: "Information") -> "Information":
        """What this probe found more than `other` did on the same rows."""
        return Information(self.gains - other.gains, self.entropy)


def linear_probe() -> object:
    """Multinomial logistic regression on standardised features."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=RIDGE, solver="newton-cholesky", max_iter=50))


def boosting_probe(rounds: int) -> Callable[[], object]:
    """Maker of a gradient-boosting probe with a fixed number of rounds."""
    return lambda: HistGradientBoostingClassifier(max_iter=rounds, max_leaf_nodes=8, early_stopping=False, random_state=0)


def ridge_classifier() -> object:
    """Logistic regression of two classes on standardised features, strongly shrunk: features of neighbouring widths are collinear."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, solver="newton-cholesky", max_iter=50))


def boosted_classifier(rounds: int, seed: int) -> object:
    """Gradient boosting of two classes, regularised for pairs that share loops: small trees, a third of the features a split."""
    return HistGradientBoostingClassifier(
        max_iter=rounds, learning_rate=0.06, max_leaf_nodes=15, min_samples_leaf=100, l2_regularization=5,
        max_features=0.3, early_stopping=False, random_state=seed,
    )  # fmt: skip


def v_information(x: np.ndarray, c: np.ndarray, groups: np.ndarray, probe: Callable[[], object], folds: int) -> Information:
    """Information of x (n, d) about the class c (n,), cross-validated with `groups` (n,) kept whole.

    A class that a training fold lacks gets the smallest probability there.
    """
    classes, code = np.unique(c, return_inverse=True)
    frequency = np.bincount(code) / len(code)
    predicted = np.full((len(code), len(classes)), SMALLEST_PROBABILITY)
    folds = min(folds, len(np.unique(groups)))
    for fitted, held in GroupKFold(folds).split(x, code, groups):
        if len(np.unique(code[fitted])) == 1:
            predicted[held, code[fitted][0]] = 1
            continue
        model = probe().fit(x[fitted], code[fitted])
        predicted[np.ix_(held, model.classes_ if hasattr(model, "classes_") else model[-1].classes_)] = model.predict_proba(x[held])
    own = np.clip(predicted[np.arange(len(code)), code], SMALLEST_PROBABILITY, 1)
    return Information(np.log2(own / frequency[code]), float(-(frequency * np.log2(frequency)).sum()))


def conditional_information(x: np.ndarray, c: np.ndarray, given: np.ndarray, groups: np.ndarray, folds: int) -> Information:
    """Linear information about c within each value of `given`, rows together: V(x -> c | given).

    Values of `given` in which a class of c has fewer than two rows per fold are left out.
    """
    gains, entropies = np.full(len(c), np.nan), []
    for value in np.unique(given):
        rows = np.flatnonzero(given == value)
        counts = np.unique(c[rows], return_counts=True)[1]
        if len(counts) > 1 and counts.min() >= 2 * folds:
            part = v_information(x[rows], c[rows], groups[rows], linear_probe, folds)
            gains[rows] = part.gains
            entropies.append(part.entropy * len(rows))
    used = np.isfinite(gains).sum()
    return Information(gains, sum(entropies) / used if used else np.nan)


def permuted_lines(c: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The classes c (n,) shuffled within each group: the null of a probe whose folds are groups."""
    shuffled = c.copy()
    for name in np.unique(groups):
        rows = np.flatnonzero(groups == name)
        shuffled[rows] = c[rng.permutation(rows)]
    return shuffled

"""V-information: how many bits a family of classifiers can read about a class from a
representation.

V(x -> c) = H(c) - cross-entropy of c given x, out of fold (Xu 2020), with whole groups
(chromosomes) left out. It is biased downwards and not clipped: V <= 0 means that nothing can be
read. The only module that uses scikit-learn's classifiers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import mutual_info_classif
from sklearn.model_selection import GroupKFold

from .jackknife import interval, weighted_means
from .multinomial import MultinomialRegression

SMALLEST_PROBABILITY = 1e-6
# Features are cut into this many bins once per fold; 32 instead of 255 changes V by less than 0.001
# H(c) and is faster.
BINS = 32


@dataclass(frozen=True)
class Information:
    """What a probe reads about a class.

    gains : (n,), bits of each row over the class frequencies, NaN for rows left out; entropy : H(c)
    in bits
    """

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

    def fraction_interval(self, groups: np.ndarray, without: np.ndarray) -> tuple[float, float]:
        """95 % interval of the fraction over whole groups (n,); the probe is not refitted.

        without : (G, G), how often each group stays when each is left out
        """
        return interval(self.fraction, weighted_means(self.gains, groups, without) / self.entropy)

    def minus(self, other: "Information") -> "Information":
        """What this probe reads beyond `other` on the same rows."""
        return Information(self.gains - other.gains, self.entropy)


class LinearProbe:
    """Multinomial logistic regression on standardised features, ready for many labellings of the
    same rows.
    """

    def __init__(self, fitted: np.ndarray, held: np.ndarray) -> None:
        self.regression = MultinomialRegression(fitted)
        self.held = held

    def predict(self, code: np.ndarray, classes: int) -> np.ndarray:
        """Probabilities (n_held, classes) after a fit to the codes of the fitted rows."""
        return self.regression.probabilities(self.regression.fit(code, classes), self.held)


class BoostingProbe:
    """Gradient boosting of fixed length; features are cut into bins once for all labellings."""

    def __init__(self, fitted: np.ndarray, held: np.ndarray, rounds: int) -> None:
        edges = [
            np.unique(column) for column in np.quantile(fitted, np.arange(1, BINS) / BINS, axis=0).T
        ]
        self.fitted = _binned(fitted, edges)
        self.held = _binned(held, edges)
        self.rounds = rounds

    def predict(self, code: np.ndarray, _: int) -> np.ndarray:
        """Probabilities (n_held, classes) after a fit to the codes of the fitted rows."""
        boosting = HistGradientBoostingClassifier(
            max_iter=self.rounds,
            max_leaf_nodes=8,
            max_bins=BINS,
            early_stopping=False,
            random_state=0,
        )
        return boosting.fit(self.fitted, code).predict_proba(self.held)


def _binned(x: np.ndarray, edges: list[np.ndarray]) -> np.ndarray:
    """Bin uint8 (n, d) of each value of x (n, d) between the edges of its column."""
    bins = [np.searchsorted(cut, column) for cut, column in zip(edges, x.T, strict=True)]
    return np.column_stack(bins).astype(np.uint8)


# Makes the probe of one fold from its fitted and its held-out rows.
Probe = Callable[[np.ndarray, np.ndarray], LinearProbe | BoostingProbe]


def boosting_probe(rounds: int) -> Probe:
    """Maker of the nonlinear probe of one fold."""
    return lambda fitted, held: BoostingProbe(fitted, held, rounds)


class CrossValidated:
    """A probe of x (n, d), with `groups` (n,) kept whole in the folds: made once for many
    labellings.
    """

    def __init__(self, x: np.ndarray, groups: np.ndarray, probe: Probe, folds: int) -> None:
        x = np.asarray(x, dtype=np.float64)
        splitter = GroupKFold(min(folds, len(np.unique(groups))))
        self.folds = [
            (fitted, held, probe(x[fitted], x[held]))
            for fitted, held in splitter.split(x, groups=groups)
        ]

    def information(self, c: np.ndarray) -> Information:
        """Information about the class c (n,); a class that a training fold lacks gets the smallest
        probability there.
        """
        classes, code = np.unique(c, return_inverse=True)
        frequency = np.bincount(code) / len(code)
        predicted = np.full((len(code), len(classes)), SMALLEST_PROBABILITY)
        for fitted, held, probe in self.folds:
            known, own = np.unique(code[fitted], return_inverse=True)
            predicted[np.ix_(held, known)] = probe.predict(own, len(known)) if len(known) > 1 else 1
        own = np.clip(predicted[np.arange(len(code)), code], SMALLEST_PROBABILITY, 1)
        return Information(
            np.log2(own / frequency[code]), float(-(frequency * np.log2(frequency)).sum())
        )


class ConditionallyValidated:
    """A linear probe of x (n, d) within each value of `condition` (n,): made once for many
    labellings.
    """

    def __init__(
        self, x: np.ndarray, condition: np.ndarray, groups: np.ndarray, folds: int
    ) -> None:
        self.folds = folds
        members = [np.flatnonzero(condition == value) for value in np.unique(condition)]
        enough = [rows for rows in members if len(np.unique(groups[rows])) > 1]
        self.parts = [
            (rows, CrossValidated(x[rows], groups[rows], LinearProbe, folds)) for rows in enough
        ]

    def information(self, c: np.ndarray) -> Information:
        """Information about c (n,) within each value of the condition, all rows together.

        Values in which a class of c has fewer than two rows per fold are left out.
        """
        gains = np.full(len(c), np.nan)
        entropies = []
        for rows, validated in self.parts:
            counts = np.unique(c[rows], return_counts=True)[1]
            if len(counts) > 1 and counts.min() >= 2 * self.folds:
                part = validated.information(c[rows])
                gains[rows] = part.gains
                entropies.append(part.entropy * len(rows))
        used = np.isfinite(gains).sum()
        return Information(gains, sum(entropies) / used if used else np.nan)


def v_information(
    x: np.ndarray, c: np.ndarray, groups: np.ndarray, probe: Probe, folds: int
) -> Information:
    """Information of x (n, d) about the class c (n,), cross-validated with `groups` (n,) kept
    whole.
    """
    return CrossValidated(x, groups, probe, folds).information(c)


def knn_information(x: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Bits about c (n,) in each column of x (n, d) alone, by nearest neighbours (Ross 2014, k = 3).

    Clipped at 0 per column and without folds, so its sum and its maximum are biased upwards: to
    look at, never to judge by.
    """
    return mutual_info_classif(x, c, n_neighbors=3, random_state=0) / np.log(2)

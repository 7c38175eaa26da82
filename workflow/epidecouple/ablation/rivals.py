"""Rivals on the same rows: what a user would otherwise try, from a label rate to boosting on all
that both energies read.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..data.panel import Panel
from ..evaluation.baselines import boosted_classifier, features, ridge_classifier
from ..statistics.ranking import element_lookup

# Rounds of boosting, as in the benchmark of R.
ROUNDS = 200
# Words whose counts at both ends stand for the DNA.
WORD_BP = 4


class Rows(NamedTuple):
    """Pairs that a rival may learn from, pairs that it scores, and the lines it may learn from."""

    fitted: np.ndarray
    scored: np.ndarray
    lines: list[int]


Rival = Callable[[Panel, Rows, int], np.ndarray]


def rival_scores(what: str, panel: Panel, rows: Rows, seed: int) -> np.ndarray:
    """Scores (n, C) of a rival by its name in `RIVALS`, higher where a pair rather loops."""
    return RIVALS[what](panel, rows, seed)


def distance(panel: Panel, rows: Rows, _: int) -> np.ndarray:
    """Closeness, the same in every line."""
    return _in_every_line(panel, -panel.log_distance[rows.scored])


def degree(panel: Panel, rows: Rows, _: int) -> np.ndarray:
    """How few of the scored pairs share an end with the pair."""
    counts = [np.bincount(end[rows.scored])[end[rows.scored]] for end in _ends(panel)]
    return _in_every_line(panel, -np.log(counts[0] * counts[1]))


def lookup(panel: Panel, rows: Rows, _: int) -> np.ndarray:
    """Mean label of both elements in other pairs: identity alone."""
    labels = panel.labels[:, rows.lines]
    return _in_every_line(panel, element_lookup(labels, _ends(panel), rows.fitted, rows.scored))


def label_rate(panel: Panel, rows: Rows, _: int) -> np.ndarray:
    """The share of loops among the line's training pairs; the mean rate in a line never seen."""
    rates = panel.labels_of(rows.fitted, rows.lines).mean(0)
    score = np.full(len(panel.lines), rates.mean())
    score[rows.lines] = rates
    return np.tile(score, (len(rows.scored), 1))


def mean_label(panel: Panel, rows: Rows, _: int) -> np.ndarray:
    """Mean label of the pair itself in the training lines: it is told what no other is told."""
    return _in_every_line(panel, panel.labels_of(rows.scored, rows.lines).mean(1))


def logistic(panel: Panel, rows: Rows, _: int) -> np.ndarray:
    """Logistic regression on marks, distance and words of the DNA."""
    return _classified(panel, rows, ridge_classifier())


def boosting(panel: Panel, rows: Rows, seed: int) -> np.ndarray:
    """Gradient boosting on marks, distance and words of the DNA."""
    return _classified(panel, rows, boosted_classifier(ROUNDS, seed))


RIVALS: dict[str, Rival] = {
    "distance": distance,
    "degree": degree,
    "lookup": lookup,
    "label rate": label_rate,
    "mean label": mean_label,
    "logistic": logistic,
    "boosting": boosting,
}


def _classified(panel: Panel, rows: Rows, classifier: object) -> np.ndarray:
    words = word_counts(panel.codes, WORD_BP)
    x = np.concatenate([_read(panel, rows.fitted, line, words) for line in rows.lines])
    y = panel.labels_of(rows.fitted, rows.lines).T.ravel()
    classifier.fit(x, y)  # type: ignore[attr-defined]  # scikit-learn comes without types
    return np.column_stack(
        [
            classifier.decision_function(_read(panel, rows.scored, line, words))  # type: ignore[attr-defined]
            for line in range(len(panel.lines))
        ]
    )


def _read(panel: Panel, pairs: np.ndarray, line: int, words: np.ndarray) -> np.ndarray:
    ends = [words[end[pairs]] for end in _ends(panel)]
    return np.column_stack([features(panel, pairs, line), panel.log_distance[pairs], *ends]).astype(
        np.float32
    )


def word_counts(codes: np.ndarray, length: int) -> np.ndarray:
    """Counts float32 (n, 4 ** length) of words in windows uint8 (n, L); a word with N has none."""
    places = codes.shape[1] - length + 1
    word = np.zeros((len(codes), places), dtype=np.int64)
    known = np.ones_like(word, dtype=bool)
    for shift in range(length):
        base = codes[:, shift : shift + places]
        word, known = 4 * word + np.minimum(base, 3), known & (base < 4)
    row = np.broadcast_to(np.arange(len(codes))[:, None], word.shape)
    counts = np.bincount((row * 4**length + word)[known], minlength=len(codes) * 4**length)
    return counts.reshape(len(codes), -1).astype(np.float32)


def _ends(panel: Panel) -> list[np.ndarray]:
    return [panel.enhancer, panel.promoter]


def _in_every_line(panel: Panel, score: np.ndarray) -> np.ndarray:
    return np.repeat(score[:, None], len(panel.lines), axis=1)

"""Ranks, and how well a score ranks labels, per line and never pooled over lines.

scikit-learn and scipy have both to the same bit, for one to two seconds of import in every process.
"""

import numpy as np

from .precision_recall import Ranking


def ranks(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Rank of each value along an axis, from 1 on, ties the mean of theirs: float64, of the shape
    of `values`.
    """
    moved = np.moveaxis(np.asarray(values), axis, -1)
    order = moved.argsort(-1)
    ordered = np.take_along_axis(moved, order, -1)
    begins, ends = np.ones((2, *moved.shape), dtype=bool)
    begins[..., 1:] = ends[..., :-1] = ordered[..., 1:] != ordered[..., :-1]
    place = np.arange(1, moved.shape[-1] + 1)
    first = np.maximum.accumulate(np.where(begins, place, 0), -1)
    backwards = np.where(ends, place, len(place))[..., ::-1]
    last = np.minimum.accumulate(backwards, -1)[..., ::-1]
    ranked = np.empty(moved.shape)
    np.put_along_axis(ranked, order, (first + last) / 2, -1)
    return np.moveaxis(ranked, -1, axis)


def average_precision(labels: np.ndarray, scores: np.ndarray) -> float:
    """Sum of precision over the steps of recall, from the laxest threshold on; labels, scores (n,).

    Raises `ValueError` where a score is no number: it would rank somewhere without a word.
    """
    if not np.isfinite(scores).all():
        raise ValueError("a score is NaN or infinite")
    curve = Ranking(labels, scores).curve(np.ones(len(labels)))
    recall, precision = curve.recall[::-1], curve.precision[::-1]
    return float(-np.sum(np.diff(recall, append=0.0) * precision))


def macro_aupr(labels: np.ndarray, scores: np.ndarray) -> float:
    """Mean over lines of the average precision; labels, scores (n, C). Lines with one class only
    are left out.
    """
    return float(np.mean(line_aupr(labels, scores)))


def line_aupr(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Average precision of each line that has both classes."""
    both = np.flatnonzero((labels.min(0) == 0) & (labels.max(0) == 1))
    return np.array([average_precision(labels[:, c], scores[:, c]) for c in both])


def within_pair_auc(
    labels: np.ndarray, scores: np.ndarray, counted: np.ndarray | None = None
) -> np.ndarray:
    """For each pair the AUC of its scores over the lines: in which line does this pair loop?

    labels, scores : (n, C), every pair with both classes
    counted : bool (n, C, C), which comparisons of a positive with a negative line count; all of
    them by default
    Returns (n,), a tie counting one half, NaN for a pair without a comparison that
    counts. It rewards knowing which lines have more loops; `balanced_auc` does not.
    """
    wins, compared = comparisons(labels, scores, counted)
    number = compared.sum((1, 2))
    return np.divide(wins.sum((1, 2)), number, out=np.full(len(labels), np.nan), where=number > 0)


def balanced_auc(
    labels: np.ndarray, scores: np.ndarray, counted: np.ndarray | None = None
) -> float:
    """In which line does a pair loop, with no reward for knowing which lines have more loops.

    labels, scores : (n, C); counted : as `comparisons` takes it. For each ordered couple of lines
    (i, j): the share of pairs that loop in i and not in j whose score is higher in i, a tie
    counting one half; then the mean over the couples that have such pairs both ways round. So a
    score of the line alone gets 0.5 exactly. NaN without such couples.
    """
    return float(mean_of_couples(*(each.sum(0) for each in comparisons(labels, scores, counted))))


def comparisons(
    labels: np.ndarray, scores: np.ndarray, counted: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Of every pair, line i against line j: what i wins (0, 0.5 or 1) and whether the two are
    compared, which is where the pair loops in i and not in j; both (n, C, C).

    labels, scores : (n, C); counted : bool (n, C, C) or what broadcasts to it, which comparisons
    count, all by default
    """
    compared = (labels[:, :, None] == 1) & (labels[:, None, :] == 0)
    if counted is not None:
        compared &= counted
    difference = scores[:, :, None] - scores[:, None, :]
    return ((difference > 0) + 0.5 * (difference == 0)) * compared, compared


def mean_of_couples(wins: np.ndarray, compared: np.ndarray, both_ways: bool = True) -> np.ndarray:
    """Mean share of wins over the ordered couples of lines that are compared both ways round.

    wins, compared : (..., C, C), sums over pairs of `comparisons`. Returns (...), NaN without such
    couples.
    both_ways : False takes couples that are compared one way round, too, as where one line is the
    negative one throughout; a score of the line alone then need not get 0.5
    """
    counts = compared > 0
    if both_ways:
        counts = counts & counts.swapaxes(-1, -2)
    share = np.divide(wins, compared, out=np.zeros(wins.shape), where=counts)
    couples = counts.sum((-1, -2))
    return np.where(couples > 0, share.sum((-1, -2)), np.nan) / np.maximum(couples, 1)


def without_levels(scores: np.ndarray) -> np.ndarray:
    """Scores (n, C, ...) minus each line's mean: what is left tells pairs of a line apart."""
    return scores - scores.mean(0)


def element_lookup(
    labels: np.ndarray, ends: list[np.ndarray], fitted: np.ndarray, scored: np.ndarray
) -> np.ndarray:
    """A score that knows nothing but identity: mean label of a pair's two elements over the fitted
    pairs, summed.

    labels : (n, C); ends : element of each pair at each end, (n,) each; fitted, scored : rows.
    An element that no fitted pair has gets the mean over all fitted pairs. Returns (len(scored),).
    """
    label = labels[fitted].mean(1)
    score = np.zeros(len(scored))
    for element in ends:
        count = np.bincount(element[fitted], minlength=element.max() + 1)
        total = np.bincount(element[fitted], weights=label, minlength=element.max() + 1)
        score += np.where(count > 0, total / np.maximum(count, 1), label.mean())[element[scored]]
    return score

import itertools

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, roc_auc_score

from epidecouple.statistics.ranking import (
    average_precision,
    balanced_auc,
    comparisons,
    line_aupr,
    macro_aupr,
    mean_of_couples,
    ranks,
    within_pair_auc,
    without_levels,
)


def discordant_labels(rng, n, lines):
    return np.array(
        [rng.permutation(np.arange(lines) < rng.integers(1, lines)) for _ in range(n)]
    ).astype(np.int8)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("count", [1, 2, 7, 300])
def test_ranks_are_those_of_scipy_to_the_bit(count, ties):
    values = np.random.default_rng(count).normal(size=(count, 3))
    values = np.round(values) if ties else values
    for axis in (0, 1, -1):
        np.testing.assert_array_equal(ranks(values, axis), rankdata(values, axis=axis))
    assert ranks(values[:0, 0]).shape == (0,)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_average_precision_is_that_of_scikit_learn_to_the_bit(kind, ties):
    rng = np.random.default_rng(0)
    for count in (2, 10, 1000):
        labels, scores = (rng.random(count) < 0.2).astype(np.int8), rng.normal(size=count)
        labels[0] = 1
        scores = (np.round(scores) if ties else scores).astype(kind)
        assert average_precision(labels, scores) == average_precision_score(labels, scores)


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        average_precision(np.array([0, 1]), np.array([np.nan, 1.0]))


@pytest.mark.parametrize("ties", [False, True])
def test_within_pair_auc_against_scikit_learn(ties):
    rng = np.random.default_rng(0)
    labels, scores = discordant_labels(rng, 50, 7), rng.normal(size=(50, 7))
    scores = np.round(scores) if ties else scores
    expected = [roc_auc_score(y, s) for y, s in zip(labels, scores, strict=True)]
    np.testing.assert_allclose(within_pair_auc(labels, scores), expected)


def test_within_pair_auc_ignores_what_pairs_differ_by():
    rng = np.random.default_rng(0)
    labels, scores = discordant_labels(rng, 50, 5), rng.normal(size=(50, 5))
    np.testing.assert_array_equal(
        within_pair_auc(labels, scores + np.arange(50)[:, None]), within_pair_auc(labels, scores)
    )
    assert within_pair_auc(labels, labels.astype(float)).tolist() == [1] * 50
    assert within_pair_auc(labels, np.arange(50)[:, None] * np.ones(5)).tolist() == [0.5] * 50


def test_macro_aupr_does_not_reward_knowing_the_lines():
    """A score that is the line's base rate ranks nothing within a line, though pooled over lines it
    seems to.
    """
    rng = np.random.default_rng(0)
    labels = (rng.random((500, 2)) < [0.05, 0.8]).astype(int)
    scores = np.repeat([[0.05, 0.8]], 500, axis=0)
    assert macro_aupr(labels, scores) == pytest.approx(labels.mean())
    assert average_precision_score(labels.ravel(), scores.ravel()) > 1.5 * macro_aupr(
        labels, scores
    )


def test_macro_aupr_is_unchanged_by_any_offset_per_line():
    rng = np.random.default_rng(0)
    labels, scores = (rng.random((80, 3)) < 0.3).astype(int), rng.normal(size=(80, 3))
    assert macro_aupr(labels, scores) == pytest.approx(macro_aupr(labels, scores + [0, 100, -100]))
    assert macro_aupr(labels, scores) == pytest.approx(
        np.mean([average_precision_score(labels[:, c], scores[:, c]) for c in range(3)])
    )


def test_lines_of_one_class_are_left_out():
    labels = np.array([[1, 0, 1], [0, 0, 1], [0, 0, 1]])
    scores = np.array([[3.0, 1, 1], [2, 1, 1], [1, 1, 1]])
    assert line_aupr(labels, scores).tolist() == [1]
    assert macro_aupr(labels, scores) == 1


def ordered_couples(labels, scores):
    """Balanced AUC by loops: the definition, word by word."""
    lines = range(labels.shape[1])
    shares = {}
    for i, j in itertools.permutations(lines, 2):
        rows = np.flatnonzero((labels[:, i] == 1) & (labels[:, j] == 0))
        if len(rows):
            won = [(s[i] > s[j]) + 0.5 * (s[i] == s[j]) for s in scores[rows]]
            shares[i, j] = np.mean(won)
    return np.mean([share for (i, j), share in shares.items() if (j, i) in shares])


def test_balanced_auc_is_the_mean_over_ordered_couples():
    rng = np.random.default_rng(0)
    labels, scores = discordant_labels(rng, 40, 5), np.round(rng.normal(size=(40, 5)), 1)
    labels[:, 4] = 0
    assert balanced_auc(labels, scores) == pytest.approx(ordered_couples(labels, scores))
    assert balanced_auc(labels, labels) == 1 and balanced_auc(labels, -labels) == 0
    assert np.isnan(balanced_auc(labels[:, 3:], scores[:, 3:])), "no couple both ways round"


def test_a_score_of_the_line_alone_is_rewarded_within_pairs_and_not_when_balanced():
    rng, rates = np.random.default_rng(0), np.array([0.05, 0.2, 0.5, 0.8])
    labels = (rng.random((400, 4)) < rates).astype(int)
    labels = labels[(labels.min(1) == 0) & (labels.max(1) == 1)]
    scores = np.tile(rates, (len(labels), 1))
    assert within_pair_auc(labels, scores).mean() > 0.8
    assert balanced_auc(labels, scores) == 0.5
    assert balanced_auc(labels, without_levels(scores)) == 0.5


def test_couples_count_alike_however_many_pairs_they_have():
    """Copies of a couple's pairs change the mean over pairs, not the balanced one."""
    labels = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    scores = np.array([[3.0, 1, 2], [3, 2, 1], [1, 2, 3]])
    rows = np.repeat([0, 1, 2], [1, 9, 1])
    assert balanced_auc(labels, scores) == balanced_auc(labels[rows], scores[rows])
    before, after = (within_pair_auc(labels[r], scores[r]).mean() for r in (range(3), rows))
    assert before != pytest.approx(after)


def test_within_pair_auc_over_the_comparisons_that_count():
    labels, scores = np.array([[1, 0, 0], [1, 0, 1]]), np.array([[2.0, 3, 1], [5, 4, 3]])
    counted = np.zeros((2, 3, 3), dtype=bool)
    counted[0, 0, 2] = True
    counted[0, 1, 0] = True  # a negative against a positive line: no comparison
    found = within_pair_auc(labels, scores, counted)
    assert found[0] == 1 and np.isnan(found[1])
    assert within_pair_auc(labels, scores).tolist() == [0.5, 0.5]
    assert (
        within_pair_auc(labels, scores, np.ones_like(counted)) == within_pair_auc(labels, scores)
    ).all()


def test_couples_compared_one_way_round_count_only_where_asked_for():
    labels = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]])
    scores = np.array([[2, 1, 0], [0, 1, 0], [0, 1, 2]])
    sums = [each.sum(0) for each in comparisons(labels, scores)]
    assert mean_of_couples(*sums) == pytest.approx(np.mean([1 / 2, 1]))
    every_couple = [1 / 2, 1, 3 / 4, 0]
    assert mean_of_couples(*sums, both_ways=False) == pytest.approx(np.mean(every_couple))
    only_last = np.arange(3) == 2
    assert np.isnan(balanced_auc(labels, scores, only_last[None, None]))


def test_levels_of_the_lines_are_removed_whatever_they_are():
    scores = np.random.default_rng(0).normal(size=(30, 3, 2))
    np.testing.assert_allclose(
        without_levels(scores + [[[5], [0], [-3]]]), without_levels(scores), atol=1e-12
    )
    assert np.abs(without_levels(scores).mean(0)).max() < 1e-12

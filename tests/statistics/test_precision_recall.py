import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from epidecouple.statistics.precision_recall import Ranking

LABELS = np.array([1, 0, 1, 1, 0, 0])
SCORES = np.array([6.0, 5, 4, 4, 2, 1])
ONES = np.ones(6)


def test_points_of_a_curve_by_hand():
    curve = Ranking(LABELS, SCORES).curve(ONES)
    assert curve.threshold.tolist() == [6, 5, 4, 2, 1]
    assert curve.recall == pytest.approx([1 / 3, 1 / 3, 1, 1, 1])
    assert curve.precision == pytest.approx([1, 1 / 2, 3 / 4, 3 / 5, 1 / 2])


def test_the_area_is_by_trapezoids_without_the_last_two_points():
    curve = Ranking(LABELS, SCORES).curve(ONES)
    assert curve.trimmed_area == pytest.approx((1 - 1 / 3) * (1 / 2 + 3 / 4) / 2)


def test_precision_where_a_recall_is_reached():
    curve = Ranking(LABELS, SCORES).curve(ONES)
    assert curve.precision_at(1 / 3) == 1 and curve.precision_at(0.7) == 3 / 4


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_is_scikit_learns_with_weights_and_ties(seed):
    rng = np.random.default_rng(seed)
    labels, scores = rng.integers(0, 2, 300), rng.integers(0, 40, 300)
    weights = rng.random(300)
    ours = Ranking(labels, scores.astype(float)).curve(weights).average_precision
    assert ours == pytest.approx(average_precision_score(labels, scores, sample_weight=weights))


def test_a_row_that_counts_twice_is_a_row_that_is_there_twice():
    counts = np.array([2, 0, 1, 3, 1, 0])
    rows = np.repeat(np.arange(6), counts)
    counted = Ranking(LABELS, SCORES).curve(counts.astype(float))
    copied = Ranking(LABELS[rows], SCORES[rows]).curve(np.ones(len(rows)))
    for name in ("threshold", "recall", "precision"):
        assert getattr(counted, name) == pytest.approx(getattr(copied, name))
    assert counted.trimmed_area == pytest.approx(copied.trimmed_area)


def test_without_a_positive_row_nothing_is_said():
    curve = Ranking(LABELS, SCORES).curve(1.0 - LABELS)
    assert np.isnan(curve.recall).all() and np.isnan(curve.precision_at(0.7))

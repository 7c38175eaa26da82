import math
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import spearmanr

from epidecouple.statistics.mantel import (
    distances,
    group_contrast,
    holm,
    joint_mantel,
    mantel,
    rank_correlations,
)


def random_distances(lines, seed):
    return distances(np.random.default_rng(seed).normal(size=(lines, 3)))


def by_hand(a, b):
    upper = np.triu_indices(len(a), 1)
    scores = [
        spearmanr(a[upper], b[np.ix_(order, order)][upper]).statistic
        for order in permutations(range(len(a)))
    ]
    return scores[0], np.mean(np.array(scores) >= scores[0] - 1e-9)


def test_distances_are_euclidean():
    found = distances(np.array([[0.0, 0], [3, 4], [0, 1]]))
    np.testing.assert_allclose(found, [[0, 5, 1], [5, 0, math.sqrt(18)], [1, math.sqrt(18), 0]])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("ties", [False, True])
def test_mantel_against_all_permutations(seed, ties):
    a, b = random_distances(4, seed), random_distances(4, seed + 100)
    if ties:
        a, b = np.round(a), np.round(b)
    np.testing.assert_allclose(mantel(a, b), by_hand(a, b))


def test_whole_numbers_rank_as_the_same_real_numbers():
    a, b = np.round(5 * random_distances(5, 0)), np.round(5 * random_distances(5, 1))
    assert mantel(a.astype(int), b.astype(int)) == mantel(a, b)


def test_identical_matrices_reach_the_floor():
    a = random_distances(5, 0)
    assert mantel(a, a) == pytest.approx((1, 1 / math.factorial(5)))
    assert mantel(a, np.exp(a) - 1) == pytest.approx((1, 1 / math.factorial(5)))


def test_symmetric_matrices_count_their_automorphisms():
    """Two couples of lines: the four lines may be exchanged within and between couples in 8
    ways.
    """
    couples = np.array([[0, 1, 9, 9], [1, 0, 9, 9], [9, 9, 0, 1], [9, 9, 1, 0.0]])
    assert mantel(couples, couples) == pytest.approx((1, 8 / 24))


def test_opposite_matrices_have_the_largest_p():
    a = random_distances(4, 0)
    rho, p = mantel(a, a.max() - a)
    assert rho == pytest.approx(-1)
    assert p == 1


def test_p_is_uniform_enough_under_the_null():
    p = [
        mantel(random_distances(4, seed), random_distances(4, seed + 1000))[1]
        for seed in range(150)
    ]
    assert np.mean(np.array(p) <= 0.25) == pytest.approx(0.25, abs=0.12)


def test_beyond_eight_lines_permutations_are_drawn():
    same = random_distances(9, 0)
    rho, p = mantel(same, same)
    assert rho == pytest.approx(1) and 1 / 20_000 <= p < 1e-3
    assert mantel(same, random_distances(9, 1)) == mantel(same, random_distances(9, 1))


@pytest.mark.parametrize("seed", range(4))
def test_joint_mantel_permutes_the_lines_once_for_all_matrices(seed):
    a, b, c, d = (random_distances(4, 10 * seed + k) for k in range(4))
    upper = np.triu_indices(4, 1)
    orders = [np.ix_(order, order) for order in permutations(range(4))]
    scores = [
        np.mean([spearmanr(x[upper], y[order][upper]).statistic for x, y in ((a, b), (c, d))])
        for order in orders
    ]
    np.testing.assert_allclose(
        joint_mantel([(a, b), (c, d)]), (scores[0], np.mean(np.array(scores) >= scores[0] - 1e-9))
    )
    assert joint_mantel([(a, b)]) == mantel(a, b)


def test_joint_mantel_needs_the_same_order_of_lines_to_be_right_everywhere():
    """Each matrix by itself fits under some order; only a common order counts."""
    a = random_distances(5, 0)
    other = [1, 0, 2, 3, 4]
    together, apart = (
        joint_mantel([(a, a), (a, a)]),
        joint_mantel([(a, a), (a, a[np.ix_(other, other)])]),
    )
    assert together == pytest.approx((1, 1 / 120))
    assert apart[0] < 1 and apart[1] >= 2 / 120


def test_group_contrast_by_hand():
    matrix = np.array(
        [[0, 1, 4, 4, 9], [1, 0, 4, 4, 9], [4, 4, 0, 2, 9], [4, 4, 2, 0, 9], [9, 9, 9, 9, 0.0]]
    )
    contrast, p = group_contrast(matrix, [[0, 1], [2, 3]])
    assert contrast == pytest.approx((1.5 - 4) / (19 / 6))
    assert p == pytest.approx(8 / 24), "two couples can be exchanged in 8 of 24 ways"


def test_three_couples_can_never_be_below_one_in_fifteen():
    grouped = (
        np.kron(1 - np.eye(3), np.ones((2, 2)))
        + np.kron(np.eye(3), [[0, 0.1], [0.1, 0]])
        + 1e-3 * random_distances(6, 0)
    )
    assert group_contrast(grouped, [[0, 1], [2, 3], [4, 5]])[1] == pytest.approx(1 / 15)
    assert group_contrast(grouped, [[0, 2], [1, 4], [3, 5]])[1] > 0.5
    assert group_contrast(grouped.astype(np.float32), [[0, 1], [2, 3], [4, 5]])[1] == pytest.approx(
        1 / 15
    )


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.5])), [0.04, 0.09, 0.09, 0.5])
    assert holm(np.array([0.6, 0.7])).max() == 1


def test_rank_correlations_of_many_rows():
    rng = np.random.default_rng(0)
    a, rows = rng.normal(size=7), rng.normal(size=(5, 7))
    np.testing.assert_allclose(
        rank_correlations(a, rows), [spearmanr(a, row).statistic for row in rows]
    )

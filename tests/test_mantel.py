import math
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import spearmanr

from epidecouple.mantel import correlation_distances, distances, mantel


def random_distances(lines, seed):
    return distances(np.random.default_rng(seed).normal(size=(lines, 3)))


def by_hand(a, b):
    upper = np.triu_indices(len(a), 1)
    scores = [spearmanr(a[upper], b[np.ix_(order, order)][upper]).statistic for order in permutations(range(len(a)))]
    return scores[0], np.mean(np.array(scores) >= scores[0] - 1e-9)


def test_distances_are_euclidean():
    found = distances(np.array([[0.0, 0], [3, 4], [0, 1]]))
    np.testing.assert_allclose(found, [[0, 5, 1], [5, 0, math.sqrt(18)], [1, math.sqrt(18), 0]])


def test_correlation_distances_do_not_see_scale_or_offset():
    rows = np.random.default_rng(0).normal(size=(3, 20))
    found = correlation_distances(np.vstack([rows, 4 * rows[0] + 1, -rows[0]]))
    np.testing.assert_allclose(np.diag(found), 0, atol=1e-12)
    assert found[0, 3] == pytest.approx(0) and found[0, 4] == pytest.approx(2)
    assert found[0, 1] == pytest.approx(1 - np.corrcoef(rows[0], rows[1])[0, 1])


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
    """Two couples of lines: the four lines may be exchanged within and between couples in 8 ways."""
    couples = np.array([[0, 1, 9, 9], [1, 0, 9, 9], [9, 9, 0, 1], [9, 9, 1, 0.0]])
    assert mantel(couples, couples) == pytest.approx((1, 8 / 24))


def test_opposite_matrices_have_the_largest_p():
    a = random_distances(4, 0)
    rho, p = mantel(a, a.max() - a)
    assert rho == pytest.approx(-1)
    assert p == 1


def test_p_is_uniform_enough_under_the_null():
    p = [mantel(random_distances(4, seed), random_distances(4, seed + 1000))[1] for seed in range(150)]
    assert np.mean(np.array(p) <= 0.25) == pytest.approx(0.25, abs=0.12)


def test_beyond_eight_lines_permutations_are_drawn():
    same = random_distances(9, 0)
    rho, p = mantel(same, same)
    assert rho == pytest.approx(1) and 1 / 20_000 <= p < 1e-3
    assert mantel(same, random_distances(9, 1)) == mantel(same, random_distances(9, 1))

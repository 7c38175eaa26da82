import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from epidecouple.statistics.dependence import (
    Coupled,
    cross_correlation,
    dependence,
    distance_matrix,
    excess_rms,
    held_out_cca,
    kernel_matrix,
    largest_correlation,
    rank_me,
    shared_rows,
    spread,
    u_centred,
)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def in_sample_cca(z, e):
    q_z, q_e = (np.linalg.qr(x - x.mean(0))[0] for x in (z, e))
    return np.linalg.svd(q_z.T @ q_e, compute_uv=False)[0]


def held_out(z, e, fitted):
    """The canonical correlation of the rows that are not `fitted`."""
    coupled = Coupled(z, e, np.where(fitted, "chr1", "chr2"))
    parts = [coupled.take(rows) for rows in (fitted, ~fitted)]
    assert shared_rows(*parts) == 0 and shared_rows(coupled, parts[1]) == (~fitted).sum()
    return held_out_cca(*parts)


def test_independent_data_have_no_held_out_canonical_correlation():
    z, e, fitted = normal(400, 30), normal(400, 30, seed=1), np.arange(400) < 200
    assert in_sample_cca(z[fitted], e[fitted]) > 0.6
    assert abs(held_out(z, e, fitted)) < 0.2


def test_one_shared_direction_is_found_among_many():
    z, e, fitted = normal(2000, 12), normal(2000, 9, seed=1), np.arange(2000) % 2 == 0
    shared = normal(2000, seed=2)
    z[:, 3] += 0.1 * shared
    mixed = z @ normal(12, 12, seed=3)
    assert abs(held_out(mixed, e, fitted)) < 0.1
    z, e = (
        z + 10 * shared[:, None] * normal(12, seed=4),
        e + 10 * shared[:, None] * normal(9, seed=5),
    )
    assert held_out(z, e, fitted) > 0.98


def test_canonical_correlation_of_given_strength():
    shared, fitted = normal(8000, seed=2), np.arange(8000) % 2 == 0
    z, e = normal(8000, 5), normal(8000, 5, seed=1)
    z[:, 0] += shared
    e[:, 4] -= shared
    assert held_out(z, e, fitted) == pytest.approx(0.5, abs=0.04)


def test_correlation_that_the_other_half_reverses_is_negative():
    shared, fitted = normal(1000), np.arange(1000) < 500
    e = np.where(fitted, shared, -shared)
    assert held_out(shared[:, None], e[:, None], fitted) < -0.99


def test_cross_correlation_is_that_of_each_pair_of_columns():
    z, e = normal(50, 3), normal(50, 2, seed=1)
    expected = np.corrcoef(z.T, e.T)[:3, 3:]
    np.testing.assert_allclose(cross_correlation(z, e), expected)
    np.testing.assert_allclose(cross_correlation(5 * z + 2, e), expected)
    assert (cross_correlation(np.ones((50, 1)), e) == 0).all()


def test_excess_is_what_chance_does_not_give():
    n = 500
    independent = cross_correlation(normal(n, 40), normal(n, 40, seed=1))
    assert np.sqrt(np.square(independent).mean()) > 0.04
    assert excess_rms(independent, n) < 0.015
    assert excess_rms(np.full((2, 2), 0.5), 10**9) == pytest.approx(0.5)
    assert excess_rms(np.array([[0.5]]), 8) == pytest.approx(np.sqrt(0.25 - 0.125))
    assert excess_rms(np.zeros((2, 2)), n) == 0


@pytest.mark.parametrize("d", [2, 7])
def test_rank_of_isotropic_data_is_their_dimension(d):
    assert rank_me(normal(5000, d)) == pytest.approx(d, rel=0.01)


def test_rank_of_a_line_is_one_wherever_it_lies():
    z = normal(200, 1) * normal(6, seed=1) + 100
    assert rank_me(z) == pytest.approx(1, abs=1e-6)
    assert rank_me(np.hstack([z, 1e-3 * normal(200, 4, seed=2)])) < 1.05
    assert rank_me(np.ones((20, 3))) == 1
    assert rank_me(normal(200, 6)) == pytest.approx(rank_me(7 * normal(200, 6) + 3))


def squared_distance_correlation(z, e):
    return dependence(distance_matrix(z), distance_matrix(e))


def cka(z, e):
    return dependence(kernel_matrix(z), kernel_matrix(e))


def test_u_centred_rows_sum_to_nothing_off_the_diagonal():
    x = normal(9, 9)
    found = u_centred(x + x.T)
    np.testing.assert_allclose(found.sum(1), 0, atol=1e-12)
    assert (np.diag(found) == 0).all()
    np.testing.assert_allclose(u_centred(found), found, atol=1e-12)


def test_distances_are_euclidean():
    x = normal(7, 3)
    direct = np.linalg.norm(x[:, None] - x[None], axis=2)
    np.testing.assert_allclose(distance_matrix(x), u_centred(direct), atol=1e-7)


@pytest.mark.parametrize("measure", [squared_distance_correlation, cka])
def test_dependence_is_one_with_itself_and_without_bias_nothing_with_noise(measure):
    assert measure(normal(50, 4), 3 * normal(50, 4) + 7) == pytest.approx(1)
    found = [measure(normal(60, 20, seed=2 * k), normal(60, 20, seed=2 * k + 1)) for k in range(40)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(40) and min(found) < 0
    constant = measure(np.ones((20, 2)), normal(20, 2))
    assert constant == 0


def test_distance_correlation_sees_what_correlation_does_not():
    x = normal(800, 1)
    y = x**2 + 0.1 * normal(800, 1, seed=1)
    assert abs(cross_correlation(x, y)[0, 0]) < 0.15
    assert squared_distance_correlation(x, y) > 0.15 > 0.05 > cka(x, y)


def test_cka_of_one_shared_column_is_its_squared_correlation():
    """With one column on each side linear CKA is r squared."""
    x = normal(4000, 1)
    y = x + normal(4000, 1, seed=1)
    assert cka(x, y) == pytest.approx(np.corrcoef(x[:, 0], y[:, 0])[0, 1] ** 2, abs=0.003)


def covariance_of_sums(a, b):
    """Unbiased squared distance covariance of distances (n, n) by sums alone, without centring
    (Huo & Szekely 2016, eq. 2.5).
    """
    n = len(a)
    of_rows = 2 * (a.sum(1) @ b.sum(1)) / (n - 2)
    of_all = a.sum() * b.sum() / ((n - 1) * (n - 2))
    return ((a * b).sum() - of_rows + of_all) / (n * (n - 3))


def test_distance_correlation_is_that_of_another_formula():
    for seed in range(3):
        z, e = normal(80, 3, seed=seed), normal(80, 5, seed=seed + 9)
        e[:, :3] += z**2
        a, b = squareform(pdist(z)), squareform(pdist(e))
        size = np.sqrt(covariance_of_sums(a, a) * covariance_of_sums(b, b))
        assert squared_distance_correlation(z, e) == pytest.approx(
            covariance_of_sums(a, b) / size, abs=1e-8
        )


def test_largest_correlation_has_no_sign():
    z, e = normal(200, 3), normal(200, 4, seed=1)
    e[:, 2] = -2 * z[:, 1]
    assert largest_correlation(z, e) == pytest.approx(1)


def test_spread_finds_a_dead_dimension():
    z = normal(3000, 3) * [2, 1, 1e-4] + 5
    np.testing.assert_allclose(spread(z), [1, 0.5, 5e-5], rtol=0.05)
    assert (spread(np.ones((5, 2))) == 0).all()

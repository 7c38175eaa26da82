import numpy as np
import pytest

from epidecouple.statistics.partial_covariance import GroupMoments, correlation_of, partialled

RNG = np.random.default_rng(0)
VALUES = RNG.normal(3, 2, (60, 4)) @ RNG.normal(size=(4, 4))
GROUPS = RNG.integers(0, 5, 60)


def test_a_draw_is_the_covariance_of_its_rows():
    moments = GroupMoments.of(VALUES, GROUPS, 5)
    draws = np.array([[1, 1, 1, 1, 1], [0, 2, 1, 0, 3]])
    for draw, found in zip(draws, moments.covariance(draws), strict=True):
        rows = np.concatenate(
            [VALUES[g == GROUPS] for g, times in enumerate(draw) for _ in range(times)]
        )
        np.testing.assert_allclose(found, np.cov(rows.T, bias=True))
    np.testing.assert_allclose(moments.correlation(draws)[0], np.corrcoef(VALUES.T))


def test_a_group_without_rows_counts_for_nothing():
    moments = GroupMoments.of(VALUES, GROUPS, 6)
    np.testing.assert_allclose(
        moments.covariance(np.array([[1, 1, 1, 1, 1, 7]]))[0], np.cov(VALUES.T, bias=True)
    )


def test_a_large_common_level_does_not_drown_the_rest():
    found = GroupMoments.of(VALUES + 1e7, GROUPS, 5).correlation(np.ones((1, 5)))[0]
    np.testing.assert_allclose(found, np.corrcoef(VALUES.T), rtol=1e-6)


def test_what_is_given_is_regressed_out():
    x, z = VALUES[:, :2], VALUES[:, 2:]
    design = np.column_stack([np.ones(60), z])
    residuals = x - design @ np.linalg.lstsq(design, x, rcond=None)[0]
    np.testing.assert_allclose(
        partialled(np.cov(VALUES.T, bias=True), 2), np.cov(residuals.T, bias=True), atol=1e-9
    )


def test_a_constant_correlates_with_nothing():
    covariance = np.array([[1.0, 0, 0.5], [0, 0, 0], [0.5, 0, 1]])
    found = correlation_of(covariance)
    assert found[0, 2] == pytest.approx(0.5) and np.isnan(found[1]).all()

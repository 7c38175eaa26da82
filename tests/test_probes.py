import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from epidecouple.probes import (
    SMALLEST_PROBABILITY,
    Information,
    boosting_probe,
    conditional_information,
    linear_probe,
    permuted_lines,
    v_information,
)

FOLDS = 4


def two_gaussians(n=6000, gap=2.0, seed=0):
    """Class c, one dimension x ~ N(gap c, 1), groups at random."""
    rng = np.random.default_rng(seed)
    c = rng.integers(0, 2, n)
    return (rng.normal(gap * c, 1))[:, None], c, rng.integers(0, 8, n)


def mutual_information(gap):
    """I(x; c) in bits of two equally likely unit Gaussians."""

    def integrand(x):
        parts = norm.pdf(x, [0, gap])
        return -parts.mean() * np.log2(parts.mean()) + 0.5 * sum(p * np.log2(p) for p in parts)

    return quad(integrand, -8, 8 + gap)[0]


def boosting():
    return boosting_probe(15)()


@pytest.mark.parametrize("gap", [0.5, 2.0])
def test_bits_of_two_gaussians_are_near_and_below_their_mutual_information(gap):
    x, c, groups = two_gaussians(gap=gap)
    found = v_information(x, c, groups, linear_probe, FOLDS)
    exact = mutual_information(gap)
    assert found.entropy == pytest.approx(1, abs=1e-3)
    assert exact - 0.03 < found.bits < exact + 0.02
    assert found.fraction == pytest.approx(found.bits / found.entropy)


@pytest.mark.parametrize("probe", [linear_probe, boosting])
def test_independent_features_give_nothing(probe):
    x, c, groups = two_gaussians(n=3000, gap=0)
    found = v_information(np.column_stack([x, two_gaussians(n=3000, gap=0, seed=1)[0]]), c, groups, probe, FOLDS)
    assert -0.05 < found.bits < 0.003


def test_a_class_in_the_variance_only_is_seen_by_boosting_and_not_by_a_linear_probe():
    rng = np.random.default_rng(0)
    c, groups = rng.integers(0, 2, 4000), rng.integers(0, 8, 4000)
    x = rng.normal(0, np.where(c, 3, 0.5))[:, None]
    assert v_information(x, c, groups, linear_probe, FOLDS).bits < 0.005
    assert v_information(x, c, groups, boosting, FOLDS).bits > 0.3


@pytest.mark.parametrize("probe", [linear_probe, boosting])
def test_a_probe_cannot_gain_by_memorising_groups(probe):
    """The class is constant in each group and the features are the group: folds of rows would find all of it."""
    groups = np.repeat(np.arange(24), 40)
    c, x = np.tile([0, 1], 12)[groups], np.eye(24)[groups]
    assert v_information(x, c, groups, probe, FOLDS).bits < 0.02
    assert v_information(x, c, np.arange(len(c)), probe, FOLDS).bits > 0.5


def test_entropy_is_that_of_the_class_frequencies():
    c = np.repeat(["a", "b", "c"], [200, 100, 100])
    x, groups = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 8
    assert v_information(x, c, groups, linear_probe, FOLDS).entropy == pytest.approx(1.5)


def test_a_class_absent_from_a_fold_costs_its_smallest_probability():
    """With two groups of one class each, every held-out row has a class that the fit never saw."""
    c, groups = np.repeat([0, 1], 20), np.repeat([0, 1], 20)
    found = v_information(np.arange(40.0)[:, None], c, groups, linear_probe, FOLDS)
    np.testing.assert_allclose(found.gains, np.log2(SMALLEST_PROBABILITY / 0.5))
    assert found.bits < -10


def test_a_class_absent_from_one_fold_of_three():
    rng = np.random.default_rng(0)
    c, groups = np.repeat([0, 1, 2], 30), np.concatenate([np.arange(60) % 3, np.full(30, 2)])
    x = np.eye(3)[c] + rng.normal(0, 0.01, (90, 3))
    gains = v_information(x, c, groups, linear_probe, 3).gains
    assert gains[c == 2] == pytest.approx(np.log2(SMALLEST_PROBABILITY * 3))
    assert gains[c != 2].min() > 0.5


def test_information_of_xor_is_there_only_given_the_other_variable():
    rng = np.random.default_rng(0)
    given, x, groups = rng.integers(0, 2, 3000), rng.integers(0, 2, 3000), rng.integers(0, 8, 3000)
    c, features = x ^ given, x[:, None].astype(float)
    assert abs(v_information(features, c, groups, linear_probe, FOLDS).bits) < 0.01
    conditional = conditional_information(features, c, given, groups, FOLDS)
    assert conditional.bits > 0.9
    assert conditional.entropy == pytest.approx(1, abs=0.01)


def test_information_that_the_condition_explains_is_gone_given_it():
    rng = np.random.default_rng(0)
    given, groups = rng.integers(0, 2, 4000), rng.integers(0, 8, 4000)
    c = np.where(rng.random(4000) < 0.8, given, 1 - given)
    x = rng.normal(2.0 * given, 1)[:, None]
    assert v_information(x, c, groups, linear_probe, FOLDS).bits > 0.1
    assert conditional_information(x, c, given, groups, FOLDS).bits < 0.005


def test_conditions_with_too_few_rows_of_a_class_are_left_out():
    rng = np.random.default_rng(0)
    given = np.repeat([0, 1, 2], [200, 60, 60])
    c = np.concatenate([np.tile([0, 1], 100), np.zeros(60), np.r_[np.ones(2), np.zeros(58)]]).astype(int)
    found = conditional_information(c[:, None] + rng.normal(0, 0.1, (320, 1)), c, given, np.arange(320) % 8, FOLDS)
    assert np.isfinite(found.gains).tolist() == (given == 0).tolist()
    assert found.entropy == pytest.approx(1)
    nothing = conditional_information(np.ones((60, 1)), np.zeros(60), np.zeros(60), np.arange(60) % 8, FOLDS)
    assert np.isnan(nothing.entropy)


def test_permuted_lines_keep_what_each_group_holds():
    rng = np.random.default_rng(0)
    c, groups = rng.integers(0, 5, 300), rng.integers(0, 6, 300)
    before, shuffled = c.copy(), permuted_lines(c, groups, rng)
    np.testing.assert_array_equal(c, before)
    for name in range(6):
        assert sorted(shuffled[groups == name]) == sorted(c[groups == name])
    assert (shuffled != c).mean() > 0.5


def test_intervals_resample_groups_and_differences_are_row_by_row():
    gains = np.repeat([0.0, 1.0], 50)
    found = Information(gains, 2.0)
    low, high = found.fraction_interval(np.repeat(["chr1", "chr2"], 50), 200, seed=0)
    assert (low, high) == (0, 0.5)
    low, high = found.fraction_interval(np.arange(100), 200, seed=0)
    assert 0.15 < low < found.fraction == 0.25 < high < 0.35
    change = found.minus(Information(gains - 0.3, 2.0))
    assert change.bits == pytest.approx(0.3)
    assert change.fraction_interval(np.arange(100), 50, seed=0) == pytest.approx((0.15, 0.15))

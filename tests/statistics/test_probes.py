import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from epidecouple.statistics.jackknife import weights_without_each
from epidecouple.statistics.probes import (
    SMALLEST_PROBABILITY,
    ConditionallyValidated,
    CrossValidated,
    Information,
    LinearProbe,
    boosting_probe,
    knn_information,
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


boosting = boosting_probe(15)


def conditional_information(x, c, condition, groups):
    return ConditionallyValidated(x, condition, groups, FOLDS).information(c)


@pytest.mark.parametrize("gap", [0.5, 2.0])
def test_bits_of_two_gaussians_are_near_and_below_their_mutual_information(gap):
    x, c, groups = two_gaussians(gap=gap)
    found = v_information(x, c, groups, LinearProbe, FOLDS)
    exact = mutual_information(gap)
    assert found.entropy == pytest.approx(1, abs=1e-3)
    assert exact - 0.03 < found.bits < exact + 0.02
    assert found.fraction == pytest.approx(found.bits / found.entropy)


def test_information_of_equally_spaced_class_means_is_near_their_mutual_information():
    """Six classes, means 1 apart on one line in sixteen dimensions: the linear probe is the exact
    posterior.
    """
    rng = np.random.default_rng(0)
    c, x = rng.integers(0, 6, 6000), rng.normal(size=(6000, 16))
    x[:, 5] += c
    exact = (
        np.log2(6)
        - quad(
            lambda t: posterior_entropy(t) * norm.pdf(t, np.arange(6)).mean(), -8, 13, limit=200
        )[0]
    )
    found = v_information(x, c, rng.integers(0, 8, 6000), LinearProbe, FOLDS)
    assert exact - 0.05 < found.bits < exact + 0.02


def left_out(groups):
    """Groups, and how often each stays when each is left out."""
    return groups, weights_without_each(groups)


def posterior_entropy(t):
    p = norm.pdf(t, np.arange(6)) / norm.pdf(t, np.arange(6)).sum()
    return -(p * np.log2(np.maximum(p, 1e-300))).sum()


def test_the_interval_of_nothing_covers_nothing_once_its_bias_is_added():
    """V falls short by about k / 2 n_fitted nats for k parameters, and 1 / 2 n for the frequency it
    is compared with.
    """
    rng, n, d = np.random.default_rng(0), 2000, 3
    shortfall = ((d + 1) / (2 * n * (FOLDS - 1) / FOLDS) + 1 / (2 * n)) / np.log(2)
    intervals = []
    for _ in range(20):
        groups = rng.integers(0, 12, n)
        found = v_information(
            rng.normal(size=(n, d)), rng.integers(0, 2, n), groups, LinearProbe, FOLDS
        )
        intervals.append(found.fraction_interval(*left_out(groups)))
    low, high = np.array(intervals).T
    assert (low < 0).all(), "never something where there is nothing"
    assert ((low <= -shortfall) & (-shortfall <= high)).sum() >= 17


def test_xor_of_two_columns_is_seen_by_boosting_and_not_by_a_LinearProbe():
    """c = sign of a product, flipped in one row of ten: I(x; c) = 1 - h(0.1) = 0.531 bits."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6000, 2))
    c, groups = (x.prod(1) > 0) ^ (rng.random(6000) < 0.1), rng.integers(0, 8, 6000)
    assert abs(v_information(x, c, groups, LinearProbe, FOLDS).bits) < 0.005
    assert 0.25 < v_information(x, c, groups, boosting_probe(40), FOLDS).bits < 0.531


@pytest.mark.parametrize("probe", [LinearProbe, boosting])
def test_a_crossed_table_has_nothing_to_find(probe):
    """Every row in all classes: not little, but nothing, whatever the features."""
    rng = np.random.default_rng(0)
    x, c = np.repeat(rng.normal(size=(300, 5)), 4, axis=0), np.tile(np.arange(4), 300)
    found = v_information(x, c, np.repeat(rng.integers(0, 6, 300), 4), probe, FOLDS)
    assert np.abs(found.gains).max() < 1e-9


@pytest.mark.parametrize("probe", [LinearProbe, boosting])
def test_a_probe_asked_about_many_labellings_forgets_the_earlier_ones(probe):
    x, c, groups = two_gaussians(n=400)
    validated, other = (
        CrossValidated(x, groups, probe, FOLDS),
        np.random.default_rng(1).permutation(c),
    )
    first = validated.information(c).bits
    assert validated.information(other).bits < 0.01
    assert validated.information(c).bits == first == v_information(x, c, groups, probe, FOLDS).bits


@pytest.mark.parametrize("probe", [LinearProbe, boosting])
def test_independent_features_give_nothing(probe):
    x, c, groups = two_gaussians(n=3000, gap=0)
    found = v_information(
        np.column_stack([x, two_gaussians(n=3000, gap=0, seed=1)[0]]), c, groups, probe, FOLDS
    )
    assert -0.05 < found.bits < 0.003


def test_a_class_in_the_variance_only_is_seen_by_boosting_and_not_by_a_LinearProbe():
    rng = np.random.default_rng(0)
    c, groups = rng.integers(0, 2, 4000), rng.integers(0, 8, 4000)
    x = rng.normal(0, np.where(c, 3, 0.5))[:, None]
    assert v_information(x, c, groups, LinearProbe, FOLDS).bits < 0.005
    assert v_information(x, c, groups, boosting, FOLDS).bits > 0.3


@pytest.mark.parametrize("probe", [LinearProbe, boosting])
def test_a_probe_cannot_gain_by_memorising_groups(probe):
    """The class is constant in each group and the features are the group: folds of rows would find
    all of it.
    """
    groups = np.repeat(np.arange(24), 40)
    c, x = np.tile([0, 1], 12)[groups], np.eye(24)[groups]
    assert v_information(x, c, groups, probe, FOLDS).bits < 0.02
    assert v_information(x, c, np.arange(len(c)), probe, FOLDS).bits > 0.5


def test_entropy_is_that_of_the_class_frequencies():
    c = np.repeat(["a", "b", "c"], [200, 100, 100])
    x, groups = np.random.default_rng(0).normal(size=(400, 2)), np.arange(400) % 8
    assert v_information(x, c, groups, LinearProbe, FOLDS).entropy == pytest.approx(1.5)


def test_a_class_absent_from_a_fold_costs_its_smallest_probability():
    """With two groups of one class each, every held-out row has a class that the fit never saw."""
    c, groups = np.repeat([0, 1], 20), np.repeat([0, 1], 20)
    found = v_information(np.arange(40.0)[:, None], c, groups, LinearProbe, FOLDS)
    np.testing.assert_allclose(found.gains, np.log2(SMALLEST_PROBABILITY / 0.5))
    assert found.bits < -10


def test_a_class_absent_from_one_fold_of_three():
    rng = np.random.default_rng(0)
    c, groups = np.repeat([0, 1, 2], 30), np.concatenate([np.arange(60) % 3, np.full(30, 2)])
    x = np.eye(3)[c] + rng.normal(0, 0.01, (90, 3))
    gains = v_information(x, c, groups, LinearProbe, 3).gains
    assert gains[c == 2] == pytest.approx(np.log2(SMALLEST_PROBABILITY * 3))
    assert gains[c != 2].min() > 0.5


def test_information_of_xor_is_there_only_given_the_other_variable():
    rng = np.random.default_rng(0)
    given, x, groups = rng.integers(0, 2, 3000), rng.integers(0, 2, 3000), rng.integers(0, 8, 3000)
    c, features = x ^ given, x[:, None].astype(float)
    assert abs(v_information(features, c, groups, LinearProbe, FOLDS).bits) < 0.01
    conditional = conditional_information(features, c, given, groups)
    assert conditional.bits > 0.9
    assert conditional.entropy == pytest.approx(1, abs=0.01)


def test_information_that_the_condition_explains_is_gone_given_it():
    rng = np.random.default_rng(0)
    given, groups = rng.integers(0, 2, 4000), rng.integers(0, 8, 4000)
    c = np.where(rng.random(4000) < 0.8, given, 1 - given)
    x = rng.normal(2.0 * given, 1)[:, None]
    assert v_information(x, c, groups, LinearProbe, FOLDS).bits > 0.1
    assert conditional_information(x, c, given, groups).bits < 0.005


def test_conditions_with_too_few_rows_of_a_class_are_left_out():
    rng = np.random.default_rng(0)
    given = np.repeat([0, 1, 2], [200, 60, 60])
    c = np.concatenate(
        [np.tile([0, 1], 100), np.zeros(60), np.r_[np.ones(2), np.zeros(58)]]
    ).astype(int)
    found = conditional_information(
        c[:, None] + rng.normal(0, 0.1, (320, 1)), c, given, np.arange(320) % 8
    )
    assert np.isfinite(found.gains).tolist() == (given == 0).tolist()
    assert found.entropy == pytest.approx(1)
    nothing = conditional_information(
        np.ones((60, 1)), np.zeros(60), np.zeros(60), np.arange(60) % 8
    )
    assert np.isnan(nothing.entropy)


def test_nearest_neighbours_see_each_column_alone_and_never_less_than_nothing():
    x, c, _ = two_gaussians(n=2000, gap=2)
    noise = np.random.default_rng(1).normal(size=(2000, 20))
    found = knn_information(np.column_stack([x, noise]), c)
    assert found[0] == pytest.approx(mutual_information(2), abs=0.06)
    assert found.min() >= 0 and found[1:].sum() > 0.05, (
        "the sum over columns of noise is biased upwards"
    )


def test_intervals_leave_out_groups_and_differences_are_row_by_row():
    gains = np.repeat([0.0, 1.0], 50)
    found = Information(gains, 2.0)
    low, high = found.fraction_interval(*left_out(np.repeat(["chr1", "chr2"], 50)))
    assert (low, high) == pytest.approx(0.25 + 0.25 * 12.706 * np.array([-1, 1]), abs=1e-3)
    low, high = found.fraction_interval(*left_out(np.arange(100)))
    assert 0.19 < low < found.fraction == 0.25 < high < 0.31
    change = found.minus(Information(gains - 0.3, 2.0))
    assert change.bits == pytest.approx(0.3)
    assert change.fraction_interval(*left_out(np.arange(100))) == pytest.approx((0.15, 0.15))

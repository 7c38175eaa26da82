import numpy as np
import pytest
from scipy.stats import ttest_1samp

from epidecouple.statistics.jackknife import (
    SHARE,
    independent_units,
    interval,
    resampling_units,
    rows_without_each,
    units_seen,
    weighted_means,
    weights_without_each,
)

GROUPS = np.array(["a", "b", "a", "c", "c", "c"])


def test_of_single_values_it_is_the_interval_of_student():
    values = np.random.default_rng(0).normal(size=7)
    without = [values[rows].mean() for rows in rows_without_each(np.arange(7))]
    expected = ttest_1samp(values, 0).confidence_interval()
    assert interval(values.mean(), without) == pytest.approx((expected.low, expected.high))


def test_it_is_that_of_whole_groups_however_many_rows_they_have():
    values = np.random.default_rng(0).normal(size=5)
    rows, groups = np.repeat(values, 40), np.repeat(np.arange(5), 40)
    without = weighted_means(rows, groups, weights_without_each(groups))
    of_groups = [values[kept].mean() for kept in rows_without_each(np.arange(5))]
    assert interval(values.mean(), without) == pytest.approx(interval(values.mean(), of_groups))
    apart = weighted_means(rows, np.arange(200), weights_without_each(np.arange(200)))
    narrow, wide = (np.diff(interval(values.mean(), each))[0] for each in (apart, without))
    assert narrow < wide / 5, "rows of a group are no observations of their own"


def test_it_ends_at_the_bounds_and_skips_what_is_missing():
    assert interval(0.9, [0.99, 0.7], SHARE) == (0, 1)
    assert interval(0.9, [0.8, np.nan, 1.0]) == interval(0.9, [0.8, 1.0])
    assert interval(0.9, [0.9, 0.9, 0.9]) == (0.9, 0.9)
    assert np.isnan(interval(0.9, [0.9])).all() and np.isnan(interval(0.9, [])).all()


def test_each_group_is_left_out_once_and_whole():
    without = rows_without_each(GROUPS)
    assert [rows.tolist() for rows in without] == [[1, 3, 4, 5], [0, 2, 3, 4, 5], [0, 1, 2]]
    assert weights_without_each(GROUPS).tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_weighted_means_are_those_of_the_rows():
    values, groups = np.random.default_rng(0).normal(size=60), np.arange(60) % 7
    values[::9] = np.nan
    expected = [np.nanmean(values[rows]) for rows in rows_without_each(groups)]
    weights = weights_without_each(groups)
    np.testing.assert_allclose(weighted_means(values, groups, weights), expected)
    nothing = np.full(7, np.nan)
    assert np.isnan(weighted_means(nothing, np.arange(7), weights_without_each(np.arange(7)))).all()


def test_sets_of_rows_show_what_they_leave_out_as_a_whole():
    groups = np.arange(600) % 12
    by_rows = (np.bincount(rows, minlength=600) for rows in rows_without_each(groups))
    by_groups = (of_set[groups] for of_set in weights_without_each(groups))
    assert units_seen(by_rows) == units_seen(by_groups) == 12
    pairs = rows_without_each(np.arange(600))
    assert units_seen(np.bincount(rows, minlength=600) for rows in pairs) == 600


def test_resampling_units_are_chromosomes_where_there_are_three():
    chrom = np.array(["chr1", "chr2", "chr3", "chr1"])
    np.testing.assert_array_equal(resampling_units(chrom, np.array([1, 2, 3, 9_000_000])), chrom)


def test_resampling_units_are_megabase_blocks_below_three_chromosomes():
    chrom = np.array(["chr1", "chr1", "chr1", "chr2"])
    found = resampling_units(chrom, np.array([0, 999_999, 1_000_000, 999_999]))
    assert found.tolist() == ["chr1:0", "chr1:0", "chr1:1", "chr2:0"]


def test_independent_units_are_chromosomes_or_blocks():
    chrom, mid = np.repeat(["chr1", "chr2", "chr3"], 3), np.arange(9) * 600_000
    assert independent_units(chrom, mid) == 3
    assert independent_units(chrom[:6], mid[:6]) == 5

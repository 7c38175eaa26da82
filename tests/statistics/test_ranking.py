import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from epidecouple.statistics.bootstrap import (
    bootstrap_groups,
    bootstrap_means,
    group_draws,
    independent_units,
    interval,
    units_seen,
)
from epidecouple.statistics.ranking import line_aupr, macro_aupr, within_pair_auc


def discordant_labels(rng, n, lines):
    return np.array(
        [rng.permutation(np.arange(lines) < rng.integers(1, lines)) for _ in range(n)]
    ).astype(np.int8)


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


def test_the_bootstrap_draws_whole_groups():
    groups = np.array(["a", "b", "a", "c", "c", "c"])
    draws = bootstrap_groups(groups, 200, seed=0)
    sizes = {name: (groups == name).sum() for name in "abc"}
    for draw in draws:
        counts = np.bincount(draw, minlength=6)
        for name in "abc":
            assert len(set(counts[groups == name])) == 1
        assert sum(counts[groups == name][0] for name in "abc") == 3
    assert len({tuple(sorted(draw)) for draw in draws}) == 10
    times = np.mean([(groups[draw] == "b").sum() / sizes["b"] for draw in draws])
    assert times == pytest.approx(1, abs=0.2)


def test_means_of_bootstrap_samples_are_those_of_their_rows():
    values, groups = np.random.default_rng(0).normal(size=60), np.arange(60) % 7
    values[::9] = np.nan
    expected = [np.nanmean(values[draw]) for draw in bootstrap_groups(groups, 50, seed=3)]
    draws = group_draws(groups, 50, seed=3)
    np.testing.assert_allclose(bootstrap_means(values, groups, draws), expected)
    assert np.isnan(bootstrap_means(np.full(7, np.nan), np.arange(7), draws)).all()


def test_draws_show_what_they_draw_as_a_whole():
    groups = np.arange(600) % 12
    by_rows = [np.bincount(draw, minlength=600) for draw in bootstrap_groups(groups, 40, seed=0)]
    by_groups = [of_draw[groups] for of_draw in group_draws(groups, 40, seed=0)]
    assert units_seen(by_rows) == units_seen(by_groups) == 12
    pairs = bootstrap_groups(np.arange(600), 40, seed=0)
    assert units_seen(np.bincount(draw, minlength=600) for draw in pairs) == 600


def test_independent_units_are_chromosomes_or_blocks():
    chrom, mid = np.repeat(["chr1", "chr2", "chr3"], 3), np.arange(9) * 600_000
    assert independent_units(chrom, mid) == 3
    assert independent_units(chrom[:6], mid[:6]) == 5


def test_the_bootstrap_depends_on_its_seed():
    groups = np.arange(10)
    same, other = bootstrap_groups(groups, 5, seed=0), bootstrap_groups(groups, 5, seed=1)
    np.testing.assert_array_equal(same, bootstrap_groups(groups, 5, seed=0))
    assert not np.array_equal(same, other)


def test_interval_holds_the_middle_and_skips_what_is_missing():
    assert interval(np.append(np.arange(1001), np.nan)) == pytest.approx((25, 975))


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

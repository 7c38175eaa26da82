import numpy as np
import pytest

from epidecouple.decoupling.probe_runner import null_fractions
from epidecouple.statistics.permutation import Exchangeable, codes, p_value, permuted
from epidecouple.statistics.probes import CrossValidated, LinearProbe


def blocks_of(n_blocks=60, rows=5, strata=4, seed=0):
    """Labels that blocks of rows share, blocks in strata."""
    rng = np.random.default_rng(seed)
    block = np.repeat(np.arange(n_blocks), rows)
    label = rng.integers(0, 3, n_blocks)
    return label[block], Exchangeable(block, (np.arange(n_blocks) % strata)[block]), rng


def test_permuted_labels_stay_in_their_stratum_and_their_block_stays_whole():
    c, units, rng = blocks_of()
    before, found = c.copy(), permuted(c, units, rng)
    np.testing.assert_array_equal(c, before)
    for stratum in range(4):
        rows = units.strata == stratum
        assert sorted(found[rows]) == sorted(c[rows])
    for block in range(60):
        assert len(set(found[units.blocks == block])) == 1
    assert (found != c).mean() > 0.4


def test_rows_of_any_order_and_names():
    """The same rows shuffled and renamed: labels still move within strata only."""
    c, units, rng = blocks_of()
    order = rng.permutation(len(c))
    mixed = Exchangeable(
        np.char.add("b", units.blocks.astype(str))[order],
        np.array(["x", "y", "z", "w"])[units.strata][order],
    )
    found = permuted(np.array(["A", "B", "C"])[c][order], mixed, rng)
    for stratum in "xyzw":
        rows = mixed.strata == stratum
        assert sorted(found[rows]) == sorted(np.array(["A", "B", "C"])[c][order][rows])
    for block in np.unique(mixed.blocks):
        assert len(set(found[mixed.blocks == block])) == 1


def test_every_arrangement_within_strata_is_equally_likely():
    c, units = np.array([0, 1, 2, 9]), Exchangeable(np.arange(4), np.array([0, 0, 0, 1]))
    rng = np.random.default_rng(0)
    found = [tuple(permuted(c, units, rng)) for _ in range(3000)]
    seen, counts = np.unique(found, axis=0, return_counts=True)
    assert len(seen) == 6 and (seen[:, 3] == 9).all()
    assert abs(counts - 500).max() < 90


def test_codes_tell_combinations_apart():
    a, b = np.array(["x", "x", "y", "y", "x"]), np.array([0, 1, 0, 1, 0])
    found = codes(a, b)
    assert len(set(found)) == 4 and found[0] == found[4]


def test_p_counts_the_observation_itself():
    assert p_value(5, [1, 2, 3]) == pytest.approx(1 / 4)
    assert p_value(2, [1, 2, 3]) == pytest.approx(3 / 4)
    assert p_value(0, [1, 2, 3]) == 1
    assert np.isnan(p_value(1, []))


def clustered(rng, clusters=24, rows=6):
    """Independent label and features, both constant in a cluster but for a little noise; 4
    groups.
    """
    cluster = np.repeat(np.arange(clusters), rows)
    x = rng.normal(size=(clusters, 2))[cluster] + 0.1 * rng.normal(size=(len(cluster), 2))
    return x, rng.integers(0, 2, clusters)[cluster], cluster, (np.arange(clusters) % 4)[cluster]


def p_values(of_rows, repeats=60, permutations=19):
    found, rng = [], np.random.default_rng(0)
    for repeat in range(repeats):
        x, c, cluster, groups = clustered(rng)
        validated = CrossValidated(x, groups, LinearProbe, 2)
        units = Exchangeable(np.arange(len(c)) if of_rows else cluster, groups)
        null = null_fractions(validated.information, c, units, range(permutations), seed=repeat)
        found.append(p_value(validated.information(c).fraction, null))
    return np.array(found)


@pytest.mark.slow
def test_p_of_permuted_blocks_is_flat_and_that_of_permuted_rows_is_not():
    """Under independence p is uniform on 1/20 .. 1; permuting rows of a cluster one by one makes
    extremes far too common.
    """
    flat = p_values(of_rows=False)
    assert (
        0.40 < flat.mean() < 0.65 and (flat <= 0.1).mean() <= 0.2 and (flat >= 0.9).mean() <= 0.25
    )
    counts = np.histogram(flat, bins=[0, 0.251, 0.501, 0.751, 1.01])[0]
    assert counts.min() >= 6, counts
    extreme = p_values(of_rows=True)
    assert ((extreme <= 0.1) | (extreme >= 0.9)).mean() > 0.5


def test_permutations_are_numbered_so_that_they_can_be_shared_out():
    x, c, cluster, groups = clustered(np.random.default_rng(0))
    validated, units = CrossValidated(x, groups, LinearProbe, 2), Exchangeable(cluster, groups)
    whole = null_fractions(validated.information, c, units, range(6), seed=1)
    parts = [
        null_fractions(validated.information, c, units, numbers, seed=1)
        for numbers in (range(4), range(4, 6))
    ]
    assert whole == parts[0] + parts[1] and len(set(whole)) == 6

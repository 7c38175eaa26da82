import numpy as np
import pytest
from scipy.spatial.distance import squareform

from epidecouple.statistics.dendrograms import (
    cophenetic_correlation,
    cophenetic_distances,
    tree_agreement,
    tree_table,
)
from epidecouple.statistics.mantel import distances, mantel

# Two couples at heights 1 and 2 that meet at 6: a tree says all of it.
COUPLES = squareform(np.array([1.0, 6, 6, 6, 6, 2]))


def random_distances(lines, seed):
    return distances(np.random.default_rng(seed).normal(size=(lines, 3)))


def test_ultrametric_distances_are_their_own_tree():
    np.testing.assert_allclose(cophenetic_distances(COUPLES), COUPLES)
    assert cophenetic_correlation(COUPLES) == pytest.approx(1)


def test_average_linkage_by_hand():
    """Lines 0 and 1 join at 1; line 2 joins them at the mean of 4 and 8."""
    matrix = squareform(np.array([1.0, 4, 8]))
    np.testing.assert_allclose(cophenetic_distances(matrix), squareform(np.array([1.0, 6, 6])))
    assert cophenetic_correlation(matrix) == pytest.approx(np.corrcoef([1, 4, 8], [1, 6, 6])[0, 1])


def test_trees_agree_with_themselves_whatever_their_scale():
    a = random_distances(6, 0)
    assert tree_agreement(a, 3 * a)[0] == pytest.approx(1)
    assert tree_agreement(a, random_distances(6, 1)) == mantel(
        cophenetic_distances(a), cophenetic_distances(random_distances(6, 1))
    )


def test_the_table_draws_every_leaf_once_and_a_fork_per_join():
    table = tree_table({"one": COUPLES, "two": random_distances(4, 0)}, list("ABCD"), [[0, 1]])
    leaves = table[table.label != ""]
    assert all(sorted(rows.label) == list("ABCD") for _, rows in leaves.groupby("tree"))
    assert (table[table.label == ""].groupby("tree").size() == 3).all()
    assert set(leaves.set_index("label").group.dropna().index) == {"A", "B"}
    assert table[table.tree == "one"].y1.max() == 1 and table[
        table.tree == "one"
    ].y1.min() == pytest.approx(1 / 6)

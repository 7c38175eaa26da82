"""Elements that a score finds, and its average precision at a locus, by hand."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.evaluation.loci import ALL_GENES, best, locus_table

PAIRS = pd.DataFrame(
    {
        "gene": ["A"] * 4 + ["B"] * 3,
        "regulated": [True, False, True, False, False, True, False],
        "ours": [4.0, 3.0, 2.0, 1.0, -1.0, -2.0, -2.0],
        "flat": [0.0] * 7,
        "unknown": [1.0] * 4 + [np.nan] * 3,
        "distance": [-1.0, -2.0, -4.0, -3.0, -9.0, -8.0, -7.0],
    }
)


def test_the_best_are_as_many_as_a_gene_has_whatever_the_scores_of_other_genes():
    assert best(PAIRS, "ours").tolist() == [True, True, False, False, True, False, False]


def test_of_equal_scores_those_that_come_first_are_taken():
    assert best(PAIRS, "flat").tolist() == [True, True, False, False, True, False, False]


@pytest.fixture(scope="module")
def table():
    found = locus_table(PAIRS, ["ours", "flat", "unknown", "distance"], 1)
    return found.set_index(["gene", "score"])


def test_counts_and_average_precision_are_those_by_hand(table):
    ours = table.xs("ours", level="score")
    assert ours.pairs.tolist() == [4, 3, 7] and ours.regulated.tolist() == [2, 1, 3]
    assert ours.found.tolist() == [1, 0, 1] and ours.index.tolist() == ["A", "B", ALL_GENES]
    assert ours.ap["A"] == pytest.approx((1 + 2 / 3) / 2)
    assert table.ap["A", "flat"] == pytest.approx(0.5), "a score that is flat finds the base rate"


def test_what_a_score_gains_is_paired_with_the_last_score(table):
    own, rival = table.loc[("A", "ours")], table.loc[("A", "distance")]
    assert own.gain == pytest.approx(own.ap - rival.ap)
    assert rival[["gain", "gain_lower", "gain_upper"]].tolist() == [0, 0, 0]
    assert own.gain_lower <= own.gain <= own.gain_upper and own.gain_lower < own.gain_upper


def test_a_score_that_does_not_know_a_pair_has_no_row_there(table):
    assert ("A", "unknown") in table.index
    assert ("B", "unknown") not in table.index and (ALL_GENES, "unknown") not in table.index

import numpy as np
import pytest

from epidecouple.decoupling.probe_rows import crossed_table, disjoint_pairs, natural_table
from toy_panel import toy_panel


@pytest.fixture
def panel():
    return toy_panel()


def test_natural_rows_are_published_rows_of_the_lines(panel):
    lines = [2, 0]
    table = natural_table(panel, lines, 200, 1)
    assert set(table.line) == {0, 2}
    np.testing.assert_array_equal(table.label, panel.published[table.pair, table.line])
    np.testing.assert_array_equal(table.chrom, panel.chrom[table.pair])
    assert table.label.min() == 0
    assert (
        len(table.pair)
        == (panel.published[:, lines] >= 0).sum()
        == len(set(zip(table.pair, table.line, strict=True)))
    )


def test_natural_rows_are_drawn_when_there_are_too_many(panel):
    table, again = natural_table(panel, [0, 1, 2], 50, 1), natural_table(panel, [0, 1, 2], 50, 1)
    assert len(set(zip(table.pair, table.line, strict=True))) == 50
    np.testing.assert_array_equal(table.pair, again.pair)


def test_natural_rows_of_some_pairs_only(panel):
    some = panel.rows("validation")
    table = natural_table(panel, [0, 1], 200, 1, some)
    assert (
        set(table.pair) <= set(some)
        and len(table.pair) == (panel.published[np.ix_(some, [0, 1])] >= 0).sum()
    )
    np.testing.assert_array_equal(table.label, panel.published[table.pair, table.line])


def test_blocks_of_the_natural_table_are_a_lines_pairs_that_share_a_promoter(panel):
    table = natural_table(panel, [0, 1, 2], 200, 1)
    expected = list(zip(table.line, panel.promoter[table.pair], strict=True))
    assert (
        len(set(table.units.blocks))
        == len(set(expected))
        == len(set(zip(table.units.blocks, expected, strict=True)))
    )
    np.testing.assert_array_equal(table.units.strata, table.chrom)


def test_the_crossed_table_has_every_pair_in_every_line(panel):
    table = crossed_table(panel, [2, 0], 100, 1)
    pairs, counts = np.unique(table.pair, return_counts=True)
    assert len(pairs) == 50 and set(counts) == {2}
    np.testing.assert_array_equal(table.label, panel.labels[table.pair, table.line])
    assert (
        len(set(zip(table.pair, table.line, strict=True)))
        == len(table.pair)
        == len(set(table.units.blocks))
    )
    np.testing.assert_array_equal(table.units.strata, table.pair)


def test_disjoint_pairs_share_no_element(panel):
    found = disjoint_pairs(panel, 1000, seed=0)
    ends = np.concatenate([panel.enhancer[found], panel.promoter[found]])
    assert len(found) > 8 and len(set(ends)) == len(ends)
    left = np.setdiff1d(np.arange(len(panel.enhancer)), found)
    assert np.isin(panel.enhancer[left], ends).sum() + np.isin(
        panel.promoter[left], ends
    ).sum() >= len(left), "none more would fit"
    assert len(disjoint_pairs(panel, 5, seed=0)) == 5

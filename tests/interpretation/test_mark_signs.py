import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from epidecouple.interpretation.mark_signs import (
    COLUMNS,
    partial_spearman,
    resistance_against_marks,
    sign_failures,
)
from epidecouple.statistics.jackknife import rows_without_each, weights_without_each
from toy_panel import BINS, MARKS, toy_panel

PAIRS = np.arange(120)
UNITS = PAIRS % 8
WITHOUT_EACH = weights_without_each(UNITS)
WHOLE = np.ones((1, 8))


@pytest.fixture
def panel():
    return toy_panel()


def correlation(x, y, covariates):
    return partial_spearman(np.column_stack([x, y]), covariates, np.arange(len(x)) % 8, WHOLE)[
        0, 0, 1
    ]


def by_regression(x, y, covariates):
    design = np.column_stack([np.ones(len(x)), rankdata(covariates, axis=0)])
    residuals = [
        ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0]
        for ranks in (rankdata(x), rankdata(y))
    ]
    return np.corrcoef(*residuals)[0, 1]


def test_partial_spearman_correlates_the_residuals_of_ranks():
    rng = np.random.default_rng(0)
    x, y, covariates = rng.normal(size=60), rng.normal(size=60), rng.normal(size=(60, 2))
    y = y + x + covariates[:, 0]
    assert correlation(x, y, covariates) == pytest.approx(by_regression(x, y, covariates))
    assert correlation(x, np.exp(x), covariates) == pytest.approx(1)


def test_partial_spearman_takes_a_common_cause_away():
    rng = np.random.default_rng(0)
    cause = rng.normal(size=2000)
    x, y = cause + 0.5 * rng.normal(size=2000), cause + 0.5 * rng.normal(size=2000)
    assert abs(correlation(x, y, cause[:, None])) < 0.1
    assert correlation(x, y + x, cause[:, None]) > 0.5


def test_weights_count_the_rows_of_their_units():
    """With ranks taken once: the same as repeating the rows."""
    rng = np.random.default_rng(0)
    values, covariates = rng.normal(size=(120, 2)), rng.normal(size=(120, 1))
    ranks = rankdata(np.column_stack([values, covariates]), axis=0)
    found = partial_spearman(values, covariates, UNITS, WITHOUT_EACH[:3])
    for rows, matrix in zip(rows_without_each(UNITS)[:3], found, strict=True):
        design = np.column_stack([np.ones(len(rows)), ranks[rows, 2]])
        residuals = (
            ranks[rows, :2] - design @ np.linalg.lstsq(design, ranks[rows, :2], rcond=None)[0]
        )
        assert matrix[0, 1] == pytest.approx(np.corrcoef(residuals.T)[0, 1])


def test_resistance_follows_the_mark_and_position_it_was_made_from(panel):
    resistance = np.column_stack(
        [np.exp(-shard.signal[:, 1, 2].astype(float)) for shard in panel.shards]
    )
    nothing = np.random.default_rng(0).normal(size=(len(MARKS), *resistance.shape))
    table = resistance_against_marks(
        resistance, nothing, panel, PAIRS, MARKS, UNITS, WITHOUT_EACH, BINS
    )
    assert list(table) == COLUMNS and len(table) == 4 * panel.present.sum()
    assert not ((table.line == "LineB") & (table.mark == "H3K27me3")).any()
    made_from = (table.mark == "H3K27ac") & (table.position == "promoter")
    assert table[made_from].rho.max() < -0.95 and table[made_from].upper.max() < -0.9
    elsewhere = table[(table.mark != "H3K27ac") & (table.position != "both ends")]
    assert elsewhere.rho.abs().max() < 0.5
    assert table.held_out.abs().max() < 0.5, "R that did not read the mark is what was handed in"
    assert ((table.lower < table.rho) & (table.rho < table.upper)).mean() > 0.9
    ends = table[(table.mark == "H3K27ac") & (table.line == "LineA")].set_index("position").rho
    assert ends["both ends"] == pytest.approx((ends["enhancer"] + ends["promoter"]) / 2)


def test_the_window_is_the_mean_of_its_bins_without_the_densities_of_the_way():
    panel = toy_panel(way=True)
    resistance = np.column_stack(
        [shard.signal[:, 2 : 2 + BINS, 0].astype(float).mean(1) for shard in panel.shards]
    )
    nothing = np.random.default_rng(0).normal(size=(len(MARKS), *resistance.shape))
    table = resistance_against_marks(
        resistance, nothing, panel, PAIRS, MARKS, UNITS, WITHOUT_EACH, BINS
    )
    rho = table[(table.mark == "CTCF") & (table.position == "window")].rho
    assert len(rho) == 4 and rho.min() > 0.99


def test_expected_signs(panel):
    resistance = np.random.default_rng(0).normal(size=(120, 4))
    table = resistance_against_marks(
        resistance, np.stack(4 * [resistance]), panel, PAIRS, MARKS, UNITS, WITHOUT_EACH, BINS
    )
    expected = table.set_index(["mark", "position"]).expected.groupby(level=[0, 1]).first()
    assert expected["H3K27ac", "promoter"] == expected["DNase", "enhancer"] == -1
    assert expected["H3K27me3", "enhancer"] == 1
    assert expected["H3K27ac", "window"] == expected["CTCF", "enhancer"] == 0
    assert expected["CTCF", "window"] == 1, "CTCF between the ends insulates"
    np.testing.assert_allclose(table.rho, table.held_out)


def test_failures_count_lines_whose_value_or_interval_is_on_the_wrong_side():
    def row(line, mark, rho, expected, position="both ends"):
        return (
            line,
            mark,
            position,
            rho,
            rho - 0.15,
            rho + 0.15,
            -rho,
            -rho - 0.15,
            -rho + 0.15,
            expected,
        )

    signs = pd.DataFrame(
        [
            row("A", "H3K27ac", -0.2, -1),
            row("B", "H3K27ac", -0.1, -1),
            row("C", "H3K27ac", 0.35, -1),
            row("C", "H3K27ac", 0.9, -1, position="window"),
            row("A", "H3K27me3", 0.2, 1),
            row("A", "H3K4me1", 0.2, -1),
        ],
        columns=COLUMNS,
    )
    assert sign_failures(signs) == {
        "wrong_sign_H3K27ac": 1,
        "wrong_sign_H3K27me3": 0,
        "unclear_sign_H3K27ac": 2,
        "unclear_sign_H3K27me3": 0,
        "wrong_sign_held_out_H3K27ac": 2,
        "wrong_sign_held_out_H3K27me3": 1,
        "unclear_sign_held_out_H3K27ac": 2,
        "unclear_sign_held_out_H3K27me3": 1,
    }

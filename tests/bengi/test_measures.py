"""Figures with known answers: distance alone where only distance tells, matched weights, which
lines a mean rests on.
"""

import numpy as np
import pandas as pd
import pytest

from epidecouple.bengi.arms import BOOSTING, DISTANCE, KINDS, OURS, PUBLISHED
from epidecouple.bengi.measures import (
    COLUMNS,
    MEAN,
    LineRanking,
    bengi_metrics,
    distance_strata,
    figures_of,
    lines_of_all,
    matched_weights,
    score_table,
)
from toy_panel import toy_config

CONFIG = toy_config(bengi={"matched_bins": 10}, loop_panel={"distances_bp": [1_000]})
CHROMOSOMES = ["chr1", "chr2", "chr3", "chr4"]


def toy_pairs(line: str, rate: float, seed: int, rows: int = 4_000) -> pd.DataFrame:
    """Pairs whose label depends on their distance alone, near ones being positive more often."""
    rng = np.random.default_rng(seed)
    distance = rng.uniform(0, 100_000, rows)
    label = rng.random(rows) < rate * 2 * (1 - distance / 100_000)
    chrom = rng.choice(CHROMOSOMES, rows)
    return pd.DataFrame(
        {"line": line, "chrom": chrom, "label": label.astype(int), "distance": distance}
    )


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    lines = [toy_pairs("A", 0.3, 1), toy_pairs("B", 0.1, 2), toy_pairs("C", 0.1, 3)]
    return pd.concat(lines, ignore_index=True)


@pytest.fixture(scope="module")
def scores(pairs) -> pd.DataFrame:
    """Ours knows half of the labels; line C has no marks, so no score of ours."""
    rng = np.random.default_rng(4)
    ours = np.where(rng.random(len(pairs)) < 0.5, pairs.label, rng.random(len(pairs)))
    marked = pairs.line != "C"
    return pd.DataFrame(
        {
            OURS: np.where(marked, ours, np.nan),
            BOOSTING: np.where(marked, rng.random(len(pairs)), np.nan),
            DISTANCE: -pairs.distance,
            PUBLISHED: pairs.label + 0.1 * rng.random(len(pairs)),
        }
    )


@pytest.fixture(scope="module")
def table(pairs, scores) -> pd.DataFrame:
    return score_table(pairs, figures_of(pairs, scores, CONFIG))


def of(table: pd.DataFrame, line: str, score: str) -> pd.Series:
    return table[(table.line == line) & (table.score == score)].iloc[0]


def test_distance_by_hand():
    """Sorted by distance the labels are 1 0 1 0: precision 1 at the first, 2/3 at the second."""
    pairs = pd.DataFrame({"label": [0, 1, 0, 1], "distance": [40.0, 10, 20, 30], "chrom": "chr1"})
    ranking = LineRanking(pairs, np.array(["chr1"]), 1)
    auc = ranking.aupr(-pairs.distance.to_numpy())
    assert auc.value == pytest.approx((1 + 2 / 3) / 2)
    assert np.isnan(auc.left_out).all(), "nothing is left without the only chromosome"


def test_matched_weights_by_hand():
    """Below the median positive (25) one of three pairs is positive, above it one of two."""
    labels, distance = np.array([1, 0, 0, 1, 0]), np.array([10.0, 20, 22, 40, 50])
    weights = matched_weights(labels, distance, 2)
    assert weights.tolist() == [1, 0.75, 0.75, 1, 1.5]
    assert weights[labels == 0].sum() == pytest.approx(3), "no negative weight is lost"


def test_a_bin_without_negatives_counts_nothing():
    labels, distance = np.array([1, 1, 0, 0]), np.array([1.0, 9, 9, 9])
    assert matched_weights(labels, distance, 2).tolist() == [0, 1, 0.5 * 2 / 2, 0.5]


def test_distance_is_the_baseline_that_matching_takes_away(table):
    for line, rate in (("A", 0.3), ("B", 0.1)):
        distance = of(table, line, DISTANCE)
        assert distance.base_rate == pytest.approx(rate, abs=0.02)
        assert distance.aupr > 1.5 * distance.base_rate
        assert distance.matched < 1.15 * distance.base_rate, "a bin has little distance left"
        assert distance.times_base_rate == pytest.approx(distance.aupr / distance.base_rate)


def test_what_is_no_distance_stays(table):
    ours = of(table, "B", OURS)
    assert ours.matched > 3 * ours.base_rate and ours.gain == 0


def test_a_rival_that_is_ahead_has_a_negative_gain(table):
    ahead, behind = of(table, "A", PUBLISHED), of(table, "A", DISTANCE)
    assert ahead.gain_upper < 0 < behind.gain_lower
    ours = of(table, "A", OURS)
    assert ahead.gain == pytest.approx(ours.aupr - ahead.aupr)


def test_a_line_without_marks_has_the_scores_that_need_none(table):
    own = table[table.line == "C"]
    assert set(own.score) == {DISTANCE, PUBLISHED} and own.gain.isna().all()
    assert list(table.columns) == COLUMNS and set(own.kind) <= set(KINDS.values())


def test_means_are_over_the_lines_of_all_scores(table, pairs, scores):
    assert lines_of_all(figures_of(pairs, scores, CONFIG)) == ["A", "B"]
    mean = of(table, MEAN, PUBLISHED)
    both = [of(table, line, PUBLISHED).aupr for line in "AB"]
    assert mean.aupr == pytest.approx(np.mean(both))
    assert mean.pairs == 8_000 and mean.base_rate == pytest.approx(0.2, abs=0.02)


def test_an_interval_leaves_each_chromosome_out(pairs):
    own = pairs[pairs.line == "A"]
    auc = LineRanking(own, np.array([*CHROMOSOMES, "chr9"]), 5).aupr(-own.distance.to_numpy())
    for name, value in zip(CHROMOSOMES, auc.left_out, strict=False):
        rest = own[own.chrom != name]
        alone = LineRanking(rest, np.array(["chr9"]), 5).aupr(-rest.distance.to_numpy())
        assert value == pytest.approx(alone.value)
    assert np.isnan(auc.left_out[-1]), "a chromosome that the line lacks is no unit"


def test_strata_have_their_own_base_rate(pairs, scores):
    strata = distance_strata(pairs, scores, CONFIG)
    near = strata[(strata.line == "A") & (strata.group == "0 to 1 kb")].iloc[0]
    inside = pairs[(pairs.line == "A") & (pairs.distance < 1_000)]
    assert near.base_rate == pytest.approx(inside.label.mean()) and near.pairs == len(inside)
    assert set(strata[strata.line == "C"].score) == {DISTANCE, PUBLISHED}


def test_a_part_with_few_positives_has_no_figure(pairs, scores):
    near = pairs[(pairs.line == "A") & (pairs.distance < 1_000)]
    few = pairs.assign(label=pairs.label.where(~pairs.index.isin(near.index), 0))
    few.loc[near.index[:4], "label"] = 1
    assert "A" not in set(distance_strata(few, scores, CONFIG).query("group == '0 to 1 kb'").line)
    few.loc[near.index[:5], "label"] = 1
    assert "A" in set(distance_strata(few, scores, CONFIG).query("group == '0 to 1 kb'").line)


def test_metrics_name_every_rival(pairs, table):
    metrics = bengi_metrics(pairs, table)
    assert metrics["bengi_pairs"] == len(pairs)
    assert metrics["bengi_aupr"] == of(table, MEAN, OURS).aupr
    assert metrics[f"bengi_gain_over: {PUBLISHED}"] < 0
    assert metrics[f"bengi_aupr: {DISTANCE}"] == of(table, MEAN, DISTANCE).aupr

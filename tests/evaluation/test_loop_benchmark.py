import numpy as np
import pandas as pd
import pytest

from epidecouple.evaluation.loop_arms import IDENTITY, LINEAR, null_of
from epidecouple.evaluation.loop_benchmark import (
    COLUMNS,
    H3K27AC,
    UNSEEN,
    LoopRanking,
    loop_arms_table,
    loop_figures,
    loop_metrics,
    mean_of,
    near_share,
    strata,
    strata_table,
)
from epidecouple.evaluation.scores import ALL_LINES, Kind, Scores, arms_of
from epidecouple.statistics.jackknife import SHARE, interval, rows_without_each
from epidecouple.statistics.ranking import balanced_auc, without_levels
from toy_panel import FOLDS, toy_config

CONFIG = toy_config(
    cell_lines=["A", "B"],
    held_out_lines=["C"],
    marks=["H3K27ac"],
    loop_panel={
        "seeds": [0, 1],
        "near_bp": [5_000],
        "distances_bp": [50_000],
        "laboratories": {"A": "one", "B": "one", "C": "two"},
    },
)
LINES = CONFIG.all_lines
RNG = np.random.default_rng(0)
LABELS = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1], [0, 1, 0]] * 60)
CHROM = np.repeat([name for fold in FOLDS for name in fold], 40)[: len(LABELS)]
NOISE = RNG.normal(size=(4, *LABELS.shape, 2))
FIRST_FOLD = np.isin(CHROM, FOLDS[0])[:, None, None]
LOCI = pd.DataFrame(
    {
        "left": 0,
        "right": np.tile([20_000, 90_000], len(LABELS) // 2),
        "nearest_A": np.where(LABELS[:, 0], 0, 3_000.0),
        "nearest_B": np.where(LABELS[:, 1], 0, 80_000.0),
        "nearest_C": np.where(LABELS[:, 2], 0, np.inf),
    }
)


def scores_of_arms() -> Scores:
    labels = LABELS[:, :, None]
    own, line = labels + 0.7 * NOISE[0], np.array([3.0, 0, -3])[None, :, None]
    scores = arms_of(ALL_LINES, Kind.OF_R, {"R": own})
    rivals = {LINEAR: labels + 2 * NOISE[1], "gradient boosting": labels + line + 2 * NOISE[1]}
    scores |= arms_of(ALL_LINES, Kind.TRAINED, rivals)
    scores |= arms_of(ALL_LINES, Kind.UNTRAINED, {H3K27AC: labels + 4 * NOISE[2]})
    nulls = {null_of("R"): NOISE[3], null_of(LINEAR): NOISE[3], IDENTITY: NOISE[2]}
    nulls[null_of("gradient boosting")] = labels + NOISE[3]
    scores |= arms_of(ALL_LINES, Kind.NULL, nulls)
    for name in LINES:
        scores |= arms_of(name, Kind.OF_R, {"R": np.where(FIRST_FOLD, own, np.nan)})
        unseen = {"gradient boosting": np.where(FIRST_FOLD, rivals[LINEAR], np.nan)}
        scores |= arms_of(name, Kind.TRAINED, unseen)
    return scores


@pytest.fixture(scope="module")
def ranking() -> LoopRanking:
    return LoopRanking(LABELS, CHROM, CONFIG)


@pytest.fixture(scope="module")
def figures(ranking):
    return loop_figures(ranking, scores_of_arms(), LINES)


def row_of(table: pd.DataFrame, arm: str, setting: str = ALL_LINES) -> pd.Series:
    (row,) = (row for _, row in table.iterrows() if (row.arm, row.setting) == (arm, setting))
    return row


def test_the_value_is_the_mean_over_seeds_and_the_interval_leaves_out_each_chromosome(ranking):
    (score,) = (s for arm, s in scores_of_arms().items() if arm.name == LINEAR)
    auc = ranking.auc(score)
    assert auc.value == pytest.approx(
        np.mean([balanced_auc(LABELS, score[:, :, seed]) for seed in (0, 1)])
    )
    without = [
        np.mean([balanced_auc(LABELS[rows], score[rows, :, seed]) for seed in (0, 1)])
        for rows in rows_without_each(CHROM)
    ]
    assert auc.left_out == pytest.approx(without)
    assert auc.summary[1:] == pytest.approx(interval(auc.value, without, SHARE))
    assert auc.summary[1] < auc.value < auc.summary[2]


def test_a_chromosome_that_nothing_rests_on_is_none_to_leave_out(ranking):
    (score,) = (s for arm, s in scores_of_arms().items() if arm.name == LINEAR)
    part = ranking.auc(score, FIRST_FOLD)
    assert np.isfinite(part.left_out).sum() == len(FOLDS[0])
    rest = ranking.auc(score, ~FIRST_FOLD)
    both = mean_of([part, rest])
    assert both.value == pytest.approx((part.value + rest.value) / 2)
    assert np.isfinite(both.left_out).all()
    first = np.flatnonzero(np.isfinite(part.left_out))[0]
    assert both.left_out[first] == pytest.approx((part.left_out[first] + rest.value) / 2)


def test_the_table_has_every_arm_with_its_null(figures):
    table = loop_arms_table(figures, limit=0.6)
    assert list(table) == COLUMNS and not table.duplicated(["setting", "arm"]).any()
    kinds = table.kind[table.setting == ALL_LINES]
    assert list(kinds.unique()) == [kind.value for kind in Kind], "those of a kind together"
    assert (kinds != kinds.shift()).sum() == len(Kind)
    r, boosting = row_of(table, "R"), row_of(table, "gradient boosting")
    assert r.gain == 0 and boosting.gain == pytest.approx(r.auc - boosting.auc)
    assert r.null == pytest.approx(row_of(table, null_of("R")).auc)
    assert r.null_centred == pytest.approx(row_of(table, null_of("R")).centred)
    assert (r.recognises_lines, boosting.recognises_lines) == ("no", "yes")
    assert row_of(table, H3K27AC).recognises_lines == "" == row_of(table, IDENTITY).recognises_lines
    assert loop_arms_table(figures, 0.3).recognises_lines[0] == "yes", "the limit decides"
    assert r.lowest_fold <= r.auc <= r.highest_fold and r.lowest_seed < r.auc < r.highest_seed


def test_what_is_centred_has_no_level_of_the_line(figures):
    table = loop_arms_table(figures, 0.6)
    (score,) = (
        s
        for arm, s in scores_of_arms().items()
        if arm.name == "gradient boosting" and arm.setting == ALL_LINES
    )
    levelled = score.copy()
    for fold in FOLDS:
        rows = np.isin(CHROM, fold)
        levelled[rows] = without_levels(score[rows])
    expected = np.mean([balanced_auc(LABELS, levelled[:, :, k]) for k in (0, 1)])
    assert row_of(table, "gradient boosting").centred == pytest.approx(expected)
    assert expected > row_of(table, "gradient boosting").auc + 0.03


def test_levels_that_differ_between_folds_are_no_skill():
    """As those of the label rates of the other folds, where folds differ in their labels."""
    ranking = LoopRanking(LABELS[np.argsort(LABELS[:, 0], kind="stable")], CHROM, CONFIG)
    level = np.select([np.isin(CHROM, fold) for fold in FOLDS], [0.1, 2.3, 5.7])
    score = level[:, None, None] * np.arange(3)[None, :, None] * np.ones((1, 1, 2))
    assert ranking.auc(ranking.levelled(score)).value == 0.5
    assert ranking.auc(without_levels(score)).value != 0.5


def test_a_line_never_seen_counts_on_the_loci_where_it_was_left_out_only(figures):
    table = loop_arms_table(figures, 0.6)
    rows = FIRST_FOLD[:, 0, 0]
    of_line = []
    for c, line in enumerate(LINES):
        takes_part = np.arange(3) == c
        involved = (takes_part[:, None] | takes_part)[None]
        (score,) = (
            s
            for arm, s in scores_of_arms().items()
            if (arm.name, arm.setting) == (H3K27AC, ALL_LINES)
        )
        of_line.append(
            np.mean([balanced_auc(LABELS[rows], score[rows, :, k], involved) for k in (0, 1)])
        )
        assert row_of(table, H3K27AC, line).auc == pytest.approx(of_line[-1])
        assert np.isnan(row_of(table, "R", line).centred)
    assert row_of(table, H3K27AC, UNSEEN).auc == pytest.approx(np.mean(of_line))
    assert row_of(table, "R", UNSEEN).auc > 0.7


def test_headlines_are_those_of_the_table(figures):
    table, metrics = loop_arms_table(figures, 0.6), loop_metrics(figures)
    r = row_of(table, "R")
    assert metrics["loop_auc"] == pytest.approx(r.auc)
    assert metrics["loop_auc_lower"] == pytest.approx(r.lower)
    assert metrics["loop_auc_centred"] == pytest.approx(r.centred)
    assert metrics["loop_null"] == pytest.approx(r.null)
    assert metrics["loop_null_centred"] == pytest.approx(r.null_centred)
    assert metrics["loop_auc_unseen"] == pytest.approx(row_of(table, "R", UNSEEN).auc)
    assert metrics["loop_identity_null"] == pytest.approx(row_of(table, IDENTITY).auc)
    gain = row_of(table, H3K27AC)
    assert metrics["loop_gain_over_h3k27ac_lower"] == pytest.approx(gain.gain_lower)
    assert metrics[f"loops: {LINEAR}"] == pytest.approx(row_of(table, LINEAR).auc)
    assert f"loops, unseen line: {H3K27AC}" in metrics and "loops: R" not in metrics


def test_strata_part_the_comparisons():
    """Distances, numbers of lines, lines and laboratories each part them; near misses leave some
    out.
    """
    compared = (LABELS[:, :, None] == 1) & (LABELS[:, None, :] == 0)
    counts: dict[str, list[int]] = {}
    for stratum, _, counted in strata(LOCI, LABELS, CONFIG):
        counts.setdefault(stratum, []).append(int((compared & counted).sum()))
    near = counts.pop("near misses left out")
    assert len(counts) == 4 and all(sum(each) == compared.sum() for each in counts.values())
    assert all(len(each) > 1 and min(each) > 0 for each in counts.values())
    of_a = (LABELS[:, 1:].sum(1) * (LABELS[:, 0] == 0)).sum()
    assert near == [compared.sum() - of_a], "line A has a loop within 5 kb wherever it has none"
    assert near_share(LOCI, LABELS, CONFIG) == {
        "loop_near_5kb_share": pytest.approx((LABELS[:, 0] == 0).sum() / (LABELS == 0).sum())
    }


def test_the_table_of_strata_shows_r_and_its_closest_rivals(ranking):
    table = strata_table(ranking, scores_of_arms(), LOCI, CONFIG)
    assert set(table.arm) == {"R", "gradient boosting", H3K27AC}
    assert (table.lower <= table.auc).all() and (table.auc <= table.upper).all()
    one = table[(table.stratum == "lines that loop") & (table.group == "one") & (table.arm == "R")]
    rows = LABELS.sum(1) == 1
    (score,) = (s for a, s in scores_of_arms().items() if (a.setting, a.name) == (ALL_LINES, "R"))
    expected = np.mean([balanced_auc(LABELS[rows], score[rows][:, :, k]) for k in (0, 1)])
    assert one.auc.item() == pytest.approx(expected)
    assert one.comparisons.item() == 2 * rows.sum()

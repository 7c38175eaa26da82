import numpy as np
import pandas as pd
import pytest

from epidecouple.evaluation.resistance_benchmark import (
    COLUMNS,
    Ranking,
    arm_table,
    ceiling,
    headline,
    involving,
    listing_disagrees,
    near_misses,
    neither_listed,
    unseen_line,
)
from epidecouple.evaluation.scores import ALL_LINES, Arm, Kind, arms_of, in_setting
from epidecouple.statistics.jackknife import interval, rows_without_each
from epidecouple.statistics.ranking import balanced_auc, within_pair_auc
from toy import LOOP, frame
from toy_panel import toy_config

LINES = ["A", "B", "C"]
RNG = np.random.default_rng(0)
LABELS = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]] * 20)
LISTED = np.eye(3, dtype=bool)[RNG.integers(0, 3, 80)]
CHROM = np.repeat([f"chr{k}" for k in range(8)], 10)
CONFIG = toy_config()


@pytest.fixture(scope="module")
def ranking():
    return Ranking(LABELS, LISTED, CHROM, CONFIG)


R = Arm(ALL_LINES, "R", Kind.OF_R)


def scores_of_arms() -> dict[Arm, np.ndarray]:
    noise = RNG.normal(size=(3, *LABELS.shape))
    own = {"R": LABELS + noise[0]}
    rivals = {
        "gradient boosting": LABELS + 3 * noise[1],
        "line offsets": noise[2],
        "Random forest": LABELS - noise[2],
    }
    scores = arms_of(ALL_LINES, Kind.OF_R, own | {"R, ensemble": LABELS.astype(float)})
    scores |= arms_of(
        ALL_LINES,
        Kind.UNTRAINED,
        {"listing of the pair": LISTED.astype(float), "Raw signal": noise[1]},
    )
    for setting in (ALL_LINES, *LINES):
        scores |= arms_of(setting, Kind.OF_R, own) | arms_of(setting, Kind.TRAINED, rivals)
    return scores


def test_comparisons_by_hand():
    listed = np.array([[True, False, False]])
    assert neither_listed(listed)[0].tolist() == [
        [False, False, False],
        [False, True, True],
        [False, True, True],
    ]
    assert listing_disagrees(listed)[0].tolist() == [
        [False, False, False],
        [True, False, False],
        [True, False, False],
    ]
    assert involving(1, 3)[0].tolist() == [
        [False, True, False],
        [True, True, True],
        [False, True, False],
    ]


def test_near_miss_is_a_loop_beside_the_elements_of_a_negative_pair():
    pairs = frame(
        "chrom enhancer_start enhancer_end promoter_start promoter_end",
        ("chr1", 100, 110, 500, 510),
    )
    rows = {
        "beside": ("chr1", 115, 120, "chr1", 500, 505),
        "far": ("chr1", 140, 150, "chr1", 500, 505),
        "joined": ("chr1", 105, 120, "chr1", 500, 505),
    }
    loops = {line: frame(LOOP, row) for line, row in rows.items()}
    assert near_misses(pairs, loops, np.array([[0, 0, 1]]), 10).tolist() == [[True, False, False]]
    assert near_misses(pairs, loops, np.array([[0, 0, 1]]), 31).tolist() == [[True, True, False]]


def test_the_listing_alone_is_chance_where_neither_line_lists_the_pair(ranking):
    """The column `unlisted` is what the choice of the panel cannot lift."""
    chosen = np.where(LABELS.astype(bool) & (LABELS.cumsum(1) == 1), True, False)
    own = arms_of(ALL_LINES, Kind.OF_R, {"R": LABELS.astype(float)})
    listing = arms_of(ALL_LINES, Kind.UNTRAINED, {"listing": chosen.astype(float)})
    rows = Ranking(LABELS, chosen, CHROM, CONFIG).rows(own | listing)
    table = pd.DataFrame(rows, columns=COLUMNS).set_index("arm")
    assert table.auc["listing"] > 0.85
    assert table.unlisted["listing"] == 0.5 and table.unlisted["R"] == 1


def test_table_compares_every_arm_on_the_same_comparisons(ranking):
    scores = scores_of_arms()
    table = arm_table(scores, ranking, LINES)
    ours = within_pair_auc(LABELS, scores[R])
    boosting = within_pair_auc(LABELS, scores[Arm(ALL_LINES, "gradient boosting", Kind.TRAINED)])
    everything = table[table.setting == ALL_LINES].set_index("arm")
    assert (
        everything.loc["R", "auc"] == pytest.approx(ours.mean())
        and everything.loc["R", "gain"] == 0
    )
    assert everything.loc["gradient boosting", "gain"] == pytest.approx((ours - boosting).mean())
    assert (table.lower <= table.auc).all() and (table.auc <= table.upper).all()
    left_out = table[table.setting == "B"].set_index("arm")
    assert set(left_out.index) == {
        "R",
        "gradient boosting",
        "line offsets",
        "Random forest",
        "listing of the pair",
        "Raw signal",
    }, "no ensemble without the line, and every rival whatever its initial"
    assert left_out.loc["R", "auc"] == pytest.approx(
        np.nanmean(within_pair_auc(LABELS, scores[Arm("B", "R", Kind.OF_R)], involving(1, 3)))
    )


def test_headline_and_unseen_line(ranking):
    table = arm_table(scores_of_arms(), ranking, LINES)
    metrics = headline(table)
    assert (
        metrics["crossfit_auc"] == table.auc[0] and metrics["crossfit_auc_lower"] == table.lower[0]
    )
    assert metrics["gain_over_boosting"] == table[table.arm == "gradient boosting"].gain.iloc[0] > 0
    assert metrics["unseen line: R"] == pytest.approx(
        table[(table.arm == "R") & (table.setting != ALL_LINES)].auc.mean()
    )
    assert unseen_line(table).loc["R", "gain"] == 0
    assert metrics["crossfit_balanced_auc"] == table.balanced[0]
    beside = table[table.arm == "line offsets"].balanced.iloc[0]
    assert metrics["crossfit_balanced_auc: line offsets"] == beside


def test_balanced_figures_are_those_of_whole_rows(ranking):
    """Sums of chromosomes give what the rows give, with all of them and without each."""
    score = np.round(np.random.default_rng(2).normal(size=LABELS.shape), 1)
    value, *bounds = ranking.balanced(score)
    assert value == pytest.approx(balanced_auc(LABELS, score))
    without = [balanced_auc(LABELS[rows], score[rows]) for rows in rows_without_each(CHROM)]
    assert bounds == pytest.approx(interval(value, without, (0, 1)))
    of_line = np.tile([0.1, 0.5, 0.9], (len(LABELS), 1))
    assert ranking.balanced(of_line)[0] == 0.5 == ranking.balanced(of_line, involving(1, 3))[0]


def test_ceiling_leaves_out_the_comparisons_with_a_near_miss(ranking):
    """R is wrong exactly where the negative line has a loop beside the elements: without those it
    is perfect.
    """
    missed = (LABELS == 0) & (np.arange(80)[:, None] % 2 == 0)
    score = np.where(missed, 2.0, LABELS)
    found = ceiling(ranking, score, {10000: missed})
    assert found["near_10kb_share_of_negatives"] == pytest.approx(2 / 3)
    assert (
        within_pair_auc(LABELS, score).mean() == 0.5
        and found["crossfit_auc_without_near_10kb"] == 1
    )


def test_the_listing_is_always_wrong_where_it_disagrees_with_looping(ranking):
    rows = ranking.rows(in_setting(scores_of_arms(), ALL_LINES))
    (row,) = (row for row in rows if row[1] == "listing of the pair")
    figures = dict(zip(COLUMNS, row, strict=True))
    assert figures["disagree"] == figures["disagree_upper"] == 0 < figures["auc"]

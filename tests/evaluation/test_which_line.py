import dataclasses

import numpy as np
import pytest

from epidecouple.evaluation.which_line import Discordant, activity, within_pair
from epidecouple.statistics.jackknife import interval, rows_without_each
from epidecouple.statistics.ranking import balanced_auc, within_pair_auc, without_levels
from toy_panel import MARKS, toy_panel


@pytest.fixture
def panel():
    return toy_panel()


def figures(panel, resistance, marks=MARKS):
    return within_pair(panel, resistance, rows_without_each(panel.chrom[panel.rows("test")]), marks)


def discordant_rows(panel):
    rows = panel.rows("test")
    return rows[[len(set(panel.labels[row])) == 2 for row in rows]]


def test_low_resistance_where_the_pair_loops_is_what_is_rewarded(panel):
    right = figures(panel, -panel.labels.astype(float))
    wrong = figures(panel, panel.labels.astype(float))
    for name in ("balanced_auc", "within_pair_auc"):
        assert right[name] == right[f"{name}_lower"] == right[f"{name}_upper"] == 1
        assert wrong[name] == wrong[f"{name}_upper"] == 0
    assert right["within_pair_pairs"] == len(discordant_rows(panel)) < len(panel.rows("test"))
    assert right["balanced_gain"] > 0 > wrong["balanced_gain"]
    assert right["balanced_gain_lower"] < right["balanced_gain"] < right["balanced_gain_upper"]


def test_rivals_are_scored_on_the_same_pairs(panel):
    found, keep = figures(panel, -panel.labels.astype(float)), discordant_rows(panel)
    rival, labels = activity(panel, keep, 2), panel.labels[keep]
    assert found["balanced_auc_activity"] == pytest.approx(balanced_auc(labels, rival))
    assert found["within_pair_auc_activity"] == pytest.approx(within_pair_auc(labels, rival).mean())
    levelled = balanced_auc(labels, without_levels(rival))
    assert found["balanced_auc_levels_removed_activity"] == pytest.approx(levelled)
    itself = figures(panel, -activity(panel, np.arange(120), 2))
    assert itself["balanced_gain"] == itself["balanced_gain_lower"] == 0


def test_the_label_rate_of_a_line_earns_nothing_where_couples_are_balanced(panel):
    """Lines that loop more often win within pairs, by training labels alone; balanced they do
    not.
    """
    rng, rates = np.random.default_rng(0), np.array([0.1, 0.4, 0.6, 0.5])
    labels = (rng.random(panel.labels.shape) < rates).astype(np.int8)
    busy = dataclasses.replace(panel, labels=labels)
    found = figures(busy, np.zeros(labels.shape))
    assert found["balanced_auc_label_rate"] == 0.5 == found["balanced_auc"]
    assert found["within_pair_auc_label_rate"] > 0.65 > found["within_pair_auc"] == 0.5


def test_label_rates_are_those_of_training_pairs(panel):
    altered = panel.labels.copy()
    altered[panel.rows("validation")] = 1 - altered[panel.rows("validation")]
    altered[:, 3] = np.where(panel.split == "train", 1 - altered[:, 3], altered[:, 3])
    same = dataclasses.replace(panel, labels=altered)
    assert figures(panel, np.zeros(altered.shape)) == figures(same, np.zeros(altered.shape))


def test_a_unit_without_discordant_pairs_does_not_count():
    labels = np.array([[1, 0], [0, 1], [1, 0], [0, 1], [1, 1]])
    score = np.array([[2.0, 1], [2, 1], [2, 1], [1, 2], [0, 0]])
    units = rows_without_each(np.array([0, 0, 1, 1, 2]))
    pairs = Discordant.among(labels, units)
    assert [rows.tolist() for rows in pairs.without] == [[2, 3], [0, 1]]
    found = pairs.within_pairs("auc", score[:4])
    assert found["auc"] == 0.75
    assert (found["auc_lower"], found["auc_upper"]) == interval(0.75, [1, 0.5], (0, 1))


def test_without_the_activity_mark_there_is_no_rival(panel):
    found = figures(panel, -panel.labels.astype(float), ["CTCF", "DNase", "H3K4me1", "H3K27me3"])
    assert not [name for name in found if "activity" in name or "gain" in name]

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from epidecouple.evaluation.skill import baselines, cell, energy_table, skill_lift
from epidecouple.evaluation.which_line import activity
from epidecouple.statistics.jackknife import rows_without_each
from epidecouple.statistics.ranking import element_lookup, macro_aupr
from toy_panel import toy_config, toy_panel

CONFIG = toy_config()


@pytest.fixture
def panel():
    return toy_panel()


def without_each_chromosome(panel):
    """The test pairs that stay when each chromosome is left out."""
    return rows_without_each(panel.chrom[panel.rows("test")])


def test_element_lookup_by_hand():
    """Enhancer 0 is in pairs with mean labels 1 and 1/2, enhancer 1 in one with 0; promoter 2 in 1
    and 0, promoter 3 in 1/2.
    """
    labels = np.array([[1, 1], [1, 0], [0, 0], [1, 1], [1, 1]])
    enhancer, promoter = np.array([0, 0, 1, 1, 4]), np.array([2, 3, 2, 3, 5])
    found = element_lookup(labels, [enhancer, promoter], np.array([0, 1, 2]), np.array([3, 4, 0]))
    np.testing.assert_allclose(found, [0 + 0.5, 0.5 + 0.5, 0.75 + 0.5])


def test_element_lookup_sees_no_label_of_what_it_scores():
    labels, rng = np.random.default_rng(0).integers(0, 2, (50, 3)), np.random.default_rng(1)
    ends = [rng.integers(0, 9, 50), rng.integers(0, 9, 50)]
    fitted, scored = np.arange(30), np.arange(30, 50)
    before = element_lookup(labels, ends, fitted, scored)
    labels[scored] = 1 - labels[scored]
    np.testing.assert_array_equal(element_lookup(labels, ends, fitted, scored), before)
    assert before.std() > 0


def test_baselines_count_the_pairs_of_each_element_and_prefer_the_close(panel):
    small = dataclasses.replace(
        panel,
        enhancer=np.array([0, 0, 0, 1, 2]),
        promoter=np.array([3, 3, 4, 4, 5]),
        log_distance=np.float32([4, 5, 6, 5, 4]),
    )
    found = baselines(small, np.array([0, 1, 2, 3]))
    np.testing.assert_allclose(found["degree"], -np.log([6, 6, 6, 2]))
    np.testing.assert_allclose(found["distance"], [-4, -5, -6, -5])


def test_activity_is_the_signal_of_the_mark_at_both_ends(panel):
    pairs = np.array([7, 2])
    found = activity(panel, pairs, 2)
    expected = [
        [float(shard.signal[i, 0, 2]) + float(shard.signal[i, 1, 2]) for shard in panel.shards]
        for i in pairs
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_a_test_cell_is_its_lines_and_chromosomes(panel):
    energy = np.random.default_rng(0).normal(size=panel.labels.shape)
    rows = np.flatnonzero(panel.split == "test")
    found = cell(panel, energy, "test", [3], "unseen")
    assert found["aupr_unseen"] == pytest.approx(
        average_precision_score(panel.labels[rows, 3], energy[rows, 3])
    )
    assert found["base_rate_unseen"] == pytest.approx(panel.labels[rows, 3].mean())
    assert found["lift_unseen"] == pytest.approx(found["aupr_unseen"] / found["base_rate_unseen"])
    perfect = cell(panel, panel.labels.astype(float), "test", panel.training, "seen")
    assert perfect["aupr_seen"] == 1


def test_energy_table_keeps_every_number_at_its_pair_and_line(panel):
    rng = np.random.default_rng(0)
    potential, resistance = rng.normal(size=120), rng.random((120, 4))
    pairs = pd.DataFrame(
        {"chrom": panel.chrom, "split": panel.split, "enhancer_mid": np.arange(120)}
    )
    table = energy_table(panel, potential, resistance, pairs)
    np.testing.assert_array_equal(table.potential, potential)
    for c, line in enumerate(panel.lines):
        np.testing.assert_array_equal(table[f"resistance_{line}"], resistance[:, c])
        np.testing.assert_array_equal(table[f"label_{line}"], panel.labels[:, c])
    assert table[["chrom", "split", "enhancer_mid"]].equals(pairs)
    assert len(table.columns) == 3 + 1 + 2 * 4


def test_skill_lift_is_that_over_the_best_baseline(panel):
    rows = panel.rows("test")
    draws = without_each_chromosome(panel)
    perfect = skill_lift(panel, panel.labels.astype(float), draws)
    auprs = {name: value for name, value in perfect.items() if name.startswith("aupr_baseline_")}
    assert set(auprs) == {
        "aupr_baseline_distance",
        "aupr_baseline_degree",
        "aupr_baseline_element_lookup",
    }
    assert perfect["skill_lift"] == pytest.approx(1 - max(auprs.values()))
    assert auprs[f"aupr_baseline_{perfect['best_baseline']}"] == max(auprs.values())
    assert 0 < perfect["skill_lift_lower"] <= perfect["skill_lift"] <= perfect["skill_lift_upper"]
    best = {**baselines(panel, rows), "element_lookup": None}[perfect["best_baseline"]]
    if best is None:
        best = element_lookup(
            panel.labels[:, panel.training],
            [panel.enhancer, panel.promoter],
            panel.rows("train"),
            rows,
        )
    copied = np.zeros(panel.labels.shape)
    copied[rows] = best[:, None]
    as_rival = skill_lift(panel, copied, draws)
    assert (
        as_rival["skill_lift"] == as_rival["skill_lift_lower"] == as_rival["skill_lift_upper"] == 0
    )
    expected = macro_aupr(panel.labels[rows], np.repeat(best[:, None], 4, axis=1))
    assert expected == pytest.approx(auprs[f"aupr_baseline_{perfect['best_baseline']}"])
    assert perfect["element_lookup_lift_all_lines"] == pytest.approx(
        auprs["aupr_baseline_element_lookup"] / panel.labels[rows].mean()
    )


def test_the_element_lookup_baseline_is_fitted_on_training_pairs_and_lines(panel):
    rows, energy = panel.rows("test"), np.zeros(panel.labels.shape)
    altered = panel.labels.copy()
    altered[:, 3] = 1 - altered[:, 3]
    altered[panel.rows("validation")] = 1 - altered[panel.rows("validation")]
    altered[rows] = panel.labels[rows]
    found, again = (
        skill_lift(p, energy, without_each_chromosome(p))
        for p in (panel, dataclasses.replace(panel, labels=altered))
    )
    assert found == again

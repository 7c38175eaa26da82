"""Sabotage of what is scored, ranked and split, and the rows of the gate `fit` that notice it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from epidecouple.evaluation import skill
from epidecouple.evaluation.scored_table import rows_outside_their_split
from epidecouple.model import scoring
from epidecouple.model.resistance import Resistance
from epidecouple.stages import evaluate
from sabotage import CONFIG, failed, given, moved_model, write_pairs
from toy_panel import toy_panel

EVIDENCE = {
    "smallest_resistance",
    "scored_energy_error",
    "scored_additivity_error",
    "rows_outside_their_split",
    "interval_units_per_chromosome",
}


@pytest.fixture
def noticed(tmp_path, monkeypatch):
    """Runs the stage with its code as it is now, and returns the rows that fail."""

    def run(panel=None):
        panel = panel or toy_panel()
        given(monkeypatch, evaluate, moved_model(toy_panel()), panel)
        write_pairs(tmp_path, panel)
        energies = tmp_path / "energies.parquet"
        measured = evaluate.evaluate(CONFIG, tmp_path, tmp_path, tmp_path, energies)
        return failed("fit", EVIDENCE, measured.metrics)

    return run


def before_softplus(resistance, parts):
    return resistance.level + parts.states + parts.residual + parts.way


def softplus_dropped_where_scored(patch):
    def linear(model, signal):
        return before_softplus(model.resistance, model.resistance.parts(signal)).detach().numpy()

    patch.setattr(scoring, "resistance_of", linear)


def softplus_dropped_in_the_network(patch):
    patch.setattr(Resistance, "of_parts", before_softplus)


def _scored_by(patch, change):
    """R becomes `change(R, U, tau)` where it is scored."""
    score = evaluate.score_resistance

    def changed(model, panel, pairs, lines):
        potential = evaluate.score_potential(model, panel, pairs)[:, None]
        tau = np.append(model.resistance.line_offset.detach().numpy(), 0)[lines]
        return change(score(model, panel, pairs, lines), potential, tau).astype(np.float32)

    patch.setattr(evaluate, "score_resistance", changed)


def cross_term_where_scored(patch):
    _scored_by(patch, lambda r, u, tau: r * (1 + 0.01 / (1 + np.exp(-u))))


def tau_added_where_scored(patch):
    _scored_by(patch, lambda r, u, tau: r + tau)


def u_reads_the_marks_where_scored(patch):
    score = evaluate.score_potential

    def leaking(model, panel, pairs):
        return score(model, panel, pairs) + 0.01 * panel.shards[0].signal[pairs].mean((1, 2))

    patch.setattr(evaluate, "score_potential", leaking)


def cross_term_where_written(patch):
    table = evaluate.energy_table
    patch.setattr(evaluate, "energy_table", lambda p, u, r, pairs: table(p, u * r[:, 0], r, pairs))


def cross_term_where_ranked(patch):
    patch.setattr(skill, "logits", lambda u, r: u[:, None] - r + 0.01 * u[:, None] * r)


def ranked_by_something_else(patch):
    patch.setattr(skill, "logits", lambda u, r: 2 * u[:, None] - r)


def pairs_left_out(patch):
    patch.setattr(skill, "resampling_units", lambda chrom, mid: np.arange(len(chrom)))


def pairs_left_out_behind_the_units(patch):
    without = skill.rows_without_each
    patch.setattr(skill, "rows_without_each", lambda groups: without(np.arange(len(groups))))


def everything_left_out_at_once(patch):
    patch.setattr(skill, "resampling_units", lambda chrom, mid: np.zeros(len(chrom)))


NOTICED = {
    softplus_dropped_where_scored: {"smallest_resistance", "scored_energy_error"},
    softplus_dropped_in_the_network: {"smallest_resistance"},
    cross_term_where_scored: {"scored_energy_error"},
    tau_added_where_scored: {"smallest_resistance", "scored_energy_error"},
    u_reads_the_marks_where_scored: {"scored_energy_error"},
    cross_term_where_written: {"scored_energy_error"},
    cross_term_where_ranked: {"scored_additivity_error"},
    ranked_by_something_else: {"scored_additivity_error"},
    pairs_left_out: {"interval_units_per_chromosome"},
    pairs_left_out_behind_the_units: {"interval_units_per_chromosome"},
    everything_left_out_at_once: {"interval_units_per_chromosome"},
}


def test_an_honest_evaluation_passes(noticed):
    assert noticed() == set()


@pytest.mark.parametrize("sabotage", NOTICED, ids=lambda sabotage: sabotage.__name__)
def test_the_run_notices(noticed, monkeypatch, sabotage):
    sabotage(monkeypatch)
    assert noticed() == NOTICED[sabotage]


def test_the_run_notices_a_test_chromosome_among_the_training_pairs(noticed):
    panel = toy_panel()
    split = np.where(panel.chrom == "chr7", "train", panel.split)
    assert noticed(dataclasses.replace(panel, split=split)) == {"rows_outside_their_split"}


def test_a_pair_counts_that_only_the_table_misplaces():
    panel = toy_panel()
    none = np.zeros(len(panel.chrom))
    pairs = pd.DataFrame({"split": panel.split})
    table = skill.energy_table(panel, none, np.zeros(panel.labels.shape), pairs)
    assert rows_outside_their_split(panel, table, CONFIG) == 0
    table.loc[[3, 5], "split"] = "none"
    assert rows_outside_their_split(panel, table, CONFIG) == 2

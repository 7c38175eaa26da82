"""Sabotage of the stages `biology` and `recovery`, and the rows of their gates that notice it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.integrity import seal
from epidecouple.evaluation.skill import energy_table
from epidecouple.model.scoring import score_potential, score_resistance
from epidecouple.simulation import energy_recovery
from epidecouple.stages import biology
from sabotage import CONFIG, failed, given, moved_model, write_pairs
from toy_panel import toy_panel

UNITS = "interval_units_per_chromosome"


@pytest.fixture
def scored(tmp_path):
    """Panel, model and the table of energies of its pairs, also on disk."""
    panel = toy_panel()
    model = moved_model(panel)
    write_pairs(tmp_path, panel)
    pairs, rows = pd.read_parquet(tmp_path / "pairs.parquet"), np.arange(len(panel.chrom))
    energies = score_potential(model, panel, rows), score_resistance(model, panel, rows, range(4))
    table = energy_table(panel, *energies, pairs)
    table.to_parquet(tmp_path / "energies.parquet")
    seal(tmp_path / "energies.parquet")
    return panel, model, table


@pytest.fixture
def noticed(scored, tmp_path, monkeypatch):
    """Runs the stage `biology` with its code as it is now, and returns the rows that fail."""

    def run(panel=None):
        given(monkeypatch, biology, scored[1], panel or scored[0])
        names = ("mantel", "trees", "signs", "states", "known")
        tables = {name: tmp_path / f"{name}.tsv" for name in names}
        read = {"model": tmp_path, "elements": tmp_path, "shards": tmp_path}
        energies = tmp_path / "energies.parquet"
        measured = biology.biology(CONFIG, **read, energies=energies, **tables)
        return failed("biology", {"floor_equal_parameters", UNITS}, measured.metrics)

    return run


def floor_is_the_trained_model(patch):
    patch.setattr(biology, "new_model", lambda config, panel: moved_model(panel))


def trained_model_on_both_sides(patch):
    compare = biology.compare_lines
    patch.setattr(
        biology, "compare_lines", lambda model, _, *others: compare(model, model, *others)
    )


def floor_has_the_trained_chromatin_encoder(patch):
    new = biology.new_model

    def partly_trained(config, panel):
        model = new(config, panel)
        model.resistance.encoder = moved_model(panel).resistance.encoder
        return model

    patch.setattr(biology, "new_model", partly_trained)


def pairs_left_out(patch):
    patch.setattr(biology, "resampling_units", lambda chrom, mid: np.arange(len(chrom)))


def everything_left_out_at_once(patch):
    patch.setattr(biology, "resampling_units", lambda chrom, mid: np.zeros(len(chrom)))


NOTICED = {
    floor_is_the_trained_model: {"floor_equal_parameters"},
    trained_model_on_both_sides: {"floor_equal_parameters"},
    floor_has_the_trained_chromatin_encoder: {"floor_equal_parameters"},
    pairs_left_out: {UNITS},
    everything_left_out_at_once: {UNITS},
}


def test_an_honest_biology_passes(noticed):
    assert noticed() == set()


@pytest.mark.parametrize("sabotage", NOTICED, ids=lambda sabotage: sabotage.__name__)
def test_the_run_notices(noticed, monkeypatch, sabotage):
    sabotage(monkeypatch)
    assert noticed() == NOTICED[sabotage]


def test_blocks_of_a_megabase_are_units_where_there_are_two_chromosomes(noticed, scored):
    panel = scored[0]
    split = np.where(panel.chrom == "chr7", "none", panel.split)
    assert noticed(dataclasses.replace(panel, split=split)) == set()


def recovery_noticed(scored):
    panel, _, table = scored
    tested = table[panel.split == "test"].reset_index(drop=True)
    of_dna = {"potential_of_dna": tested.potential, "lineage_motif_1": np.arange(len(tested))}
    truth = tested.assign(**of_dna)
    metrics = energy_recovery.recovered(tested, truth, CONFIG)
    return failed("recovery", {UNITS}, metrics)


def test_an_honest_recovery_passes(scored):
    assert recovery_noticed(scored) == set()


def test_the_run_notices_that_recovery_leaves_out_pairs(scored, monkeypatch):
    without = energy_recovery.rows_without_each
    monkeypatch.setattr(
        energy_recovery, "rows_without_each", lambda chrom: without(np.arange(len(chrom)))
    )
    assert recovery_noticed(scored) == {UNITS}

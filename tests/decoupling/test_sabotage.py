"""Sabotage of the diagnosis, and the rows of the gate `decoupling` that notice it."""

import copy
import dataclasses

import numpy as np
import pytest

from epidecouple.decoupling import dependence_of_z_e, diagnosis
from epidecouple.stages import diagnose
from sabotage import CONFIG, failed, given, moved_model
from toy_panel import toy_panel

EVIDENCE = {
    "floor_equal_parameters",
    "z_e_shared_rows",
    "z_e_cca_optimism",
    "interval_units_per_chromosome",
}


@pytest.fixture
def noticed(tmp_path, monkeypatch):
    """Runs the stage with its code as it is now, and returns the rows that fail."""

    def run():
        panel = toy_panel()
        given(monkeypatch, diagnose, moved_model(panel), panel)
        tables = (tmp_path / "matrix.tsv", tmp_path / "information.tsv")
        measured = diagnose.diagnose(CONFIG, "subset", tmp_path, tmp_path, tmp_path, *tables)
        return failed("decoupling", EVIDENCE, measured.metrics)

    return run


def floor_is_the_trained_model(patch):
    patch.setattr(diagnose, "new_model", lambda config, panel: moved_model(panel))


def floor_has_the_trained_dna_encoder(patch):
    new = diagnose.new_model

    def partly_trained(config, panel):
        model = new(config, panel)
        model.potential.encoder = copy.deepcopy(moved_model(panel).potential.encoder)
        return model

    patch.setattr(diagnose, "new_model", partly_trained)


def trained_model_on_both_sides(patch):
    of = diagnose.diagnosis_of
    patch.setattr(diagnose, "diagnosis_of", lambda model, _, *others: of(model, model, *others))


def correlation_fitted_and_measured_on_all_rows(patch):
    patch.setattr(dependence_of_z_e, "halves", lambda coupled: (coupled, coupled))


def halves_of_the_same_chromosomes(patch):
    def alternating(coupled):
        first = np.arange(len(coupled.z)) % 2 == 0
        return coupled.take(first), coupled.take(~first)

    patch.setattr(dependence_of_z_e, "halves", alternating)


def correlation_in_sample_behind_the_halves(patch):
    cca = dependence_of_z_e.held_out_cca
    patch.setattr(
        dependence_of_z_e, "held_out_cca", lambda fitted, measured: cca(measured, measured)
    )


def correlation_of_the_floor_in_sample(patch):
    of, honest = diagnosis.z_and_e, dependence_of_z_e.halves
    calls = []

    def second_in_sample(*arguments):
        calls.append(arguments)
        in_sample = len(calls) == 2
        patch.setattr(dependence_of_z_e, "halves", (lambda x: (x, x)) if in_sample else honest)
        return of(*arguments)

    patch.setattr(diagnosis, "z_and_e", second_in_sample)


def pairs_left_out(patch):
    table = diagnosis.information_table

    def over_pairs(answered, *how):
        questions = [
            dataclasses.replace(answer.question, groups=np.arange(len(answer.question.c)))
            for answer in answered
        ]
        answers = zip(answered, questions, strict=True)
        return table([dataclasses.replace(a, question=question) for a, question in answers], *how)

    patch.setattr(diagnosis, "information_table", over_pairs)


NOTICED = {
    floor_is_the_trained_model: {"floor_equal_parameters"},
    floor_has_the_trained_dna_encoder: {"floor_equal_parameters"},
    trained_model_on_both_sides: {"floor_equal_parameters"},
    correlation_fitted_and_measured_on_all_rows: {"z_e_shared_rows", "z_e_cca_optimism"},
    halves_of_the_same_chromosomes: {"z_e_shared_rows"},
    correlation_in_sample_behind_the_halves: {"z_e_cca_optimism"},
    correlation_of_the_floor_in_sample: {"z_e_shared_rows", "z_e_cca_optimism"},
    pairs_left_out: {"interval_units_per_chromosome"},
}


def test_an_honest_diagnosis_passes(noticed):
    assert noticed() == set()


@pytest.mark.parametrize("sabotage", NOTICED, ids=lambda sabotage: sabotage.__name__)
def test_the_run_notices(noticed, monkeypatch, sabotage):
    sabotage(monkeypatch)
    assert noticed() == NOTICED[sabotage]

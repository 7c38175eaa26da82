import dataclasses

import numpy as np
import pytest
import torch

from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.training.loop import fit
from epidecouple.training.phases import FineTuningPhase, PotentialPhase, ResistancePhase
from epidecouple.training.plan import Plan
from epidecouple.training.trainer import full_plan, optional_components
from epidecouple.verification.ledger import Ledger
from toy_panel import toy_config, toy_panel

CONFIG = toy_config()
PHASES = (ResistancePhase, PotentialPhase, FineTuningPhase)


@pytest.fixture
def panel():
    return toy_panel()


def ready(panel):
    model = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)
    with torch.no_grad():
        model.resistance.state_resistance.normal_()
    return model.eval()


# --- where tau starts


@pytest.mark.parametrize("lines", [[0, 1, 2], [1, 2]])
def test_tau_of_r_starts_at_the_base_rates_of_discordant_pairs(panel, lines):
    model = ready(panel)
    phase = ResistancePhase(model, panel, Plan(lines, panel.rows("train"), CONFIG))
    assert phase.begin() == {}
    labels = panel.labels[np.ix_(phase.discordant_training, lines)]
    rates = labels.mean(0)
    assert len(set(rates)) > 1
    tau = model.resistance.line_offset.detach().numpy()
    odds = rates / (1 - rates)
    np.testing.assert_allclose(np.exp(tau[lines[0]] - tau[lines]), odds / odds[0], rtol=1e-5)
    assert tau[lines].mean() == pytest.approx(0, abs=1e-6)
    others = np.setdiff1d(panel.training, lines)
    assert not tau[others].any()


def test_tau_of_r_is_finite_where_a_line_never_or_always_loops(panel):
    labels = panel.labels.copy()
    labels[:, 0], labels[:, 1] = 0, 1
    model, extreme = ready(panel), dataclasses.replace(panel, labels=labels)
    ResistancePhase(model, extreme, full_plan(extreme, CONFIG)).begin()
    tau = model.resistance.line_offset.detach()
    assert tau.isfinite().all() and tau[0] > tau[2] > tau[1]


@pytest.mark.parametrize("lines", [[0, 1, 2], [0, 2]])
def test_the_tasks_tau_makes_r_alone_expect_as_many_loops_as_there_are(panel, lines):
    model, rows = ready(panel), panel.rows("train")
    with torch.no_grad():
        model.resistance.line_offset.copy_(torch.tensor([1.0, -1.0, 0.5]))
    phase = PotentialPhase(model, panel, Plan(lines, rows, CONFIG))
    before = phase.offset[rows].clone()
    assert phase.begin() == {}, "the encoder cnn has no motifs to start at"
    assert torch.equal(phase.offset[rows], before), "R and its tau stay"
    for column, line in enumerate(lines):
        r = model.resistance(panel.signal_tensor(rows, line)).detach().double()
        logit = -r - float(model.resistance.line_offset[line]) - float(model.task_offset[line])
        assert float(torch.sigmoid(logit).sum()) == pytest.approx(
            panel.labels[rows, line].sum(), abs=1e-3
        ), column
    assert not model.task_offset.detach()[np.setdiff1d(panel.training, lines)].any()


def test_the_tasks_tau_is_finite_where_a_line_never_or_always_loops(panel):
    labels = panel.labels.copy()
    labels[:, 0], labels[:, 1] = 0, 1
    model, extreme = ready(panel), dataclasses.replace(panel, labels=labels)
    PotentialPhase(model, extreme, full_plan(extreme, CONFIG)).begin()
    tau = model.task_offset.detach()
    assert tau.isfinite().all() and tau[0] > 10 and tau[1] < -10 < abs(tau[2]) < 10


def test_a_phase_that_fine_tunes_begins_where_the_others_ended(panel):
    model = ready(panel)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert FineTuningPhase(model, panel, full_plan(panel, CONFIG)).begin() == {}
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


# --- evidence on the pairs that decide


@pytest.mark.parametrize("kind", PHASES)
def test_a_phase_is_judged_on_validation_pairs_by_the_labels_of_its_lines(panel, kind):
    phase = kind(ready(panel), panel, Plan([0, 2], panel.rows("train"), CONFIG))
    assert phase.judged_evidence() == {}, "nothing was judged yet"
    phase.validate()
    expected = {"validation_pairs_elsewhere": 0}
    if kind is not PotentialPhase:
        expected["validation_pairs_by_other_labels"] = 0
    assert phase.judged_evidence() == expected


def test_pairs_of_other_chromosomes_are_counted_whatever_their_split_is_called(panel):
    phase = PotentialPhase(ready(panel), panel, full_plan(panel, CONFIG))
    phase.validation = np.concatenate([panel.rows("test")[:4], panel.rows("validation")])
    phase.trajectory.validation = phase.validation
    phase.trajectory.note = lambda z: None
    panel.split[:] = "validation"
    phase.validate()
    assert phase.judged_evidence() == {"validation_pairs_elsewhere": 4}


def test_discordant_pairs_too_few_and_too_many_are_counted(panel):
    phase = ResistancePhase(ready(panel), panel, full_plan(panel, CONFIG))
    due = phase.discordant_validation
    concordant = np.setdiff1d(panel.rows("validation"), due)
    phase.discordant_validation = np.concatenate([due[2:], concordant[:3]])
    phase.validate()
    assert phase.judged_evidence() == {
        "validation_pairs_elsewhere": 0,
        "validation_pairs_by_other_labels": 2 + 3,
    }


@pytest.mark.parametrize("kind", PHASES)
def test_the_evidence_of_a_phase_is_in_the_record_of_every_epoch(panel, kind):
    phase = kind(ready(panel), panel, full_plan(panel, CONFIG))
    ledger = Ledger(phase.model, optional_components(CONFIG), "enforce", [kind.name])
    fit(phase.model, phase, ledger, CONFIG.thresholds)
    names = {"validation_pairs_elsewhere"}
    if kind is not PotentialPhase:
        names |= {
            "validation_pairs_by_other_labels",
            "masked_share_deviation",
            "masked_values_left",
            "loci_followed_elsewhere",
            "line_prototype_error",
        }
    assert ledger.series and all(names <= set(row) for row in ledger.series)
    assert ledger.kept[kind.name] > 0


def test_concept_erasure_says_which_pairs_it_was_fitted_on(panel):
    config = toy_config(model={"leace": True})
    phase = PotentialPhase(ready(panel), panel, full_plan(panel, config))
    assert phase.refit_eraser()["eraser_pairs_elsewhere"] == 0
    phase.rows = np.concatenate([phase.rows, panel.rows("test")[:5], panel.rows("validation")[:2]])
    assert phase.refit_eraser()["eraser_pairs_elsewhere"] == 7

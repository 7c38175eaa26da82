import contextlib

import numpy as np
import pytest
import torch
from torch import nn

from epidecouple.core.errors import DesignViolation
from epidecouple.core.gates import GUARD
from epidecouple.data.sampler import MacroStep
from epidecouple.training.loop import (
    GAP,
    MEMORISED,
    EarlyStop,
    Loop,
    OverfittingGuard,
    fit,
    loop_evidence,
)
from toy_panel import digest, toy_config

CONFIG = toy_config()
THRESHOLDS = {MEMORISED: {"value": 0.9}, GAP: {"value": 0.25}}


def early_stop(score, values, patience):
    """Consult once per value on a one-weight model whose weight is the epoch; returns stop, model
    and the epoch it stopped at.
    """
    model = nn.Linear(1, 1, bias=False)
    stop = EarlyStop(model, score, patience)
    for epoch, value in enumerate(values):
        nn.init.constant_(model.weight, epoch)
        if stop.consult(epoch, {score: value, "other": -value}):
            break
    return stop, model, epoch


@pytest.mark.parametrize(
    ("score", "values", "best", "last"),
    [
        ("validation_aupr", [0.1, 0.5, 0.3, 0.4, 0.9], 1, 3),
        ("validation_loss", [0.9, 0.2, 0.3, 0.4, 0.1], 1, 3),
        ("validation_aupr", [0.1, 0.2, 0.3, 0.4, 0.5], 4, 4),
        ("validation_loss", [0.1, 0.2, 0.3, 0.4, 0.5], 1, 3),
        ("validation_aupr", [0.5, 0.5, 0.5, 0.5], 1, 3),
        ("validation_aupr", [0.9, 0.3, 0.5, 0.4, 0.4, 0.6], 2, 4),
        ("validation_aupr", [0.5, float("nan"), 0.6, 0.1], 2, 3),
    ],
)
def test_early_stop_keeps_the_best_epoch_after_epoch_0(score, values, best, last):
    stop, model, ended = early_stop(score, values, patience=2)
    assert (stop.best_epoch, ended, stop.consultations) == (best, last, last + 1)
    assert stop.validations == np.isfinite(values[: last + 1]).sum()
    assert stop.restored == (ended == best)
    stop.restore()
    assert model.weight.item() == best and stop.restored


def test_patience_counts_from_epoch_0_until_an_epoch_is_kept():
    stop, _, ended = early_stop("validation_aupr", [0.9, np.nan, np.nan, 0.5], patience=2)
    assert (stop.best_epoch, ended, stop.consultations, stop.validations) == (0, 2, 3, 1)
    stop, _, ended = early_stop("validation_aupr", [0.9, np.nan, 0.1, 0.05, 0.05], patience=2)
    assert (stop.best_epoch, ended) == (2, 4)


class Unwatched:
    """A ledger that keeps every call and checks nothing."""

    def __init__(self):
        self.ended, self.audits, self.phases, self.kept = [], [], [], {}

    def start_phase(self, name):
        self.phases.append(name)

    def start_epoch(self):
        pass

    def optimiser_step(self):
        return contextlib.nullcontext()

    def step(self, step, terms, lines):
        pass

    def audit(self, phase, step):
        assert not phase.model.training
        self.audits.append(len(self.ended) + 1)

    def end_epoch(self, phase, epoch, evidence):
        self.ended.append((phase, epoch, evidence))

    def end_phase(self, name, epoch):
        self.kept[name] = epoch


class Scripted:
    """A phase with a fixed series of validation figures, whose loss pushes one weight steadily."""

    name, score, lines = "scripted", "validation_aupr", [0]

    def __init__(self, model, values, epochs, steps=3, patience=2):
        self.model, self.values, self.sampler = model, iter(values), self
        self.fit = CONFIG.potential.model_copy(
            update={"epochs": epochs, "patience": patience, "learning_rate": 0.01}
        )
        self.steps, self.seen, self.modes, self.followed = steps, [], [], 0

    def __len__(self):
        return self.steps

    def epoch(self, number):
        return iter([MacroStep(np.array([number]), [], np.ones(1))] * self.steps)

    def parameters(self):
        return list(self.model.parameters())

    def terms(self, step):
        self.modes.append(self.model.training)
        output = self.model(torch.ones(1, 1)).sum()
        return {"first": 0.4 * output, "second": 0.6 * output}

    def start_epoch(self, epoch):
        self.started = epoch

    def after_epoch(self):
        return {"extra": self.started}

    def after_step(self):
        self.followed += 1

    def watch(self):
        assert not self.model.training
        return {"watched": self.model.weight.item()}

    def validate(self):
        assert not self.model.training
        self.seen.append(self.model.weight.item())
        return {"validation_aupr": next(self.values)}

    def judged_evidence(self):
        return {"judged": len(self.seen)}


def test_fit_keeps_the_best_epoch_and_records_every_epoch():
    phase = Scripted(nn.Linear(1, 1, bias=False), [0.1, 0.3, 0.9, 0.2, 0.1, 0.1], epochs=5)
    ledger = Unwatched()
    history, stop, _ = fit(phase.model, phase, ledger, THRESHOLDS)
    assert history.epoch.tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(history.train_loss[0]) and history.train_loss[1:].notna().all()
    assert (stop.best_epoch, stop.consultations) == (2, 5)
    assert phase.model.weight.item() == phase.seen[2]
    assert len(set(phase.seen)) == 5 and history.watched.tolist() == phase.seen
    assert phase.followed == 12 and all(phase.modes)
    assert not phase.model.training
    assert ledger.phases == ["scripted"] and ledger.audits == [1]
    assert ledger.kept == {"scripted": 2}
    assert [(name, epoch) for name, epoch, _ in ledger.ended] == [
        ("scripted", epoch) for epoch in (1, 2, 3, 4)
    ]
    for _, epoch, evidence in ledger.ended:
        assert evidence.pop("extra") == epoch
        assert evidence.pop("judged") == epoch + 1, "what this epoch was judged on, too"
        assert set(evidence.values()) == {0}


def test_the_loss_is_the_sum_of_the_terms():
    phase = Scripted(nn.Linear(1, 1, bias=False), np.arange(9) / 10, epochs=1, steps=1)
    history, *_ = fit(phase.model, phase, Unwatched(), THRESHOLDS)
    assert history.train_loss[1] == pytest.approx(phase.seen[0])


def test_gradients_are_audited_in_the_first_epoch_and_every_fifth_after_it():
    phase, ledger = (
        Scripted(nn.Linear(1, 1, bias=False), np.arange(13) / 13, epochs=12),
        Unwatched(),
    )
    fit(phase.model, phase, ledger, THRESHOLDS)
    assert ledger.audits == [1, 6, 11]


def test_fit_never_keeps_the_state_before_the_first_step():
    phase = Scripted(nn.Linear(1, 1, bias=False), [0.9, 0.3, 0.2, 0.1], epochs=5)
    ledger = Unwatched()
    history, stop, _ = fit(phase.model, phase, ledger, THRESHOLDS)
    assert history.epoch.tolist() == [0, 1, 2, 3]
    assert (stop.best_epoch, ledger.kept) == (1, {"scripted": 1})
    assert phase.model.weight.item() == phase.seen[1] != phase.seen[0]


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_a_term_that_is_not_finite_stops_before_the_optimiser(value, shown):
    """Its gradient is finite: with it the optimiser would take a step like any other."""
    phase = Scripted(nn.Linear(1, 1, bias=False), [0.1, 0.2, 0.3], epochs=5)
    loop = Loop(phase.model, phase, Unwatched(), THRESHOLDS)
    loop.start()
    loop.run_epoch()
    plain, before = phase.terms, (digest(phase.model.state_dict()), loop.schedule.last_epoch)
    phase.terms = lambda step: {**plain(step), "second": plain(step)["second"] + value}
    with pytest.raises(DesignViolation) as error:
        loop.run_epoch()
    assert (
        str(error.value)
        == f"the loss term second is {shown} (scripted, epoch 2); the step was not taken"
    )
    assert (digest(phase.model.state_dict()), loop.schedule.last_epoch) == before
    assert phase.followed == 3, "of the first epoch"


@pytest.mark.parametrize(("epochs", "steps"), [(1, 1), (5, 1), (1, 5), (2, 2), (6, 1)])
def test_fit_moves_the_weights_however_few_the_steps(epochs, steps):
    phase = Scripted(nn.Linear(1, 1, bias=False), np.arange(9) / 10, epochs, steps, patience=9)
    fit(phase.model, phase, Unwatched(), THRESHOLDS)
    assert phase.seen[-1] < phase.seen[0] - 1e-5


def test_fit_stops_when_validation_falls_behind_training():
    phase = Scripted(nn.Linear(1, 1, bias=False), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], epochs=5)
    plain = phase.validate
    phase.validate = lambda: plain() | {"train_aupr": 0.56}
    history, stop, guard = fit(phase.model, phase, Unwatched(), THRESHOLDS)
    assert guard.fired == "gap"
    assert history.epoch.tolist() == [0, 1]
    assert stop.best_epoch == 1 and phase.model.weight.item() == phase.seen[1]


@pytest.mark.parametrize(
    ("validation", "stops", "fired"),
    [
        ({}, False, "none"),
        ({"validation_loss": 0.5}, False, "none"),
        ({"train_aupr": 0.89, "validation_aupr": 0.65}, False, "none"),
        ({"train_aupr": 0.91, "validation_aupr": 0.90}, False, "memorised"),
        ({"train_aupr": 0.60, "validation_aupr": 0.34}, True, "gap"),
        ({"train_aupr": 0.95, "validation_aupr": 0.60}, True, "gap"),
    ],
)
def test_the_guard_warns_of_memorising_and_stops_at_a_gap(validation, stops, fired, caplog):
    guard = OverfittingGuard(THRESHOLDS)
    assert guard.consult(validation) == stops
    assert (guard.consultations, guard.fired) == (1, fired)
    assert len(caplog.records) == (fired != "none") + (
        fired == "gap" and validation["train_aupr"] > 0.9
    )


@pytest.mark.parametrize(
    ("check", "fired"), [(MEMORISED, "memorised"), (GAP, "gap")], ids=["memorised", "gap"]
)
def test_the_guard_reads_the_thresholds_of_the_run(check, fired):
    guard = OverfittingGuard(THRESHOLDS | {check: {"value": 0.1}})
    guard.consult({"train_aupr": 0.5, "validation_aupr": 0.35})
    assert guard.fired == fired


def test_the_guard_has_the_checks_that_the_training_rule_hands_over():
    assert {MEMORISED, GAP} == set(GUARD)


def test_what_the_loop_left_out_is_counted():
    stop, guard = EarlyStop(nn.Linear(1, 1), "validation_aupr", 2), OverfittingGuard(THRESHOLDS)
    stop.consult(0, {"validation_aupr": 0.5})
    stop.consult(1, {"train_aupr": 0.5})
    guard.consult({})
    assert loop_evidence(4, stop, guard) == {
        "validations_missing": 4,
        "consultations_missing": 3,
        "epochs_after_stop": 2,
        "guard_consultations_missing": 3,
        "epochs_after_guard": 0,
    }

"""How one phase is trained: steps of the optimiser, validation after every epoch, early stop and
overfitting guard.
"""

import copy
import dataclasses
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..core.errors import DesignViolation
from ..core.key_types import Threshold
from ..core.progress import Pace
from ..data.sampler import MacroStep
from ..model.energy import EnergyModel
from ..verification.ledger import AUDIT_PAIRS, Ledger
from .checkpoint import random_state, restore_random_state
from .phases import Phase
from .processes import agree, average_gradients, of_all_processes, rank

log = logging.getLogger(__name__)

# Share of the steps in which the learning rate rises to its peak.
WARM_UP = 0.2
# Norm to which a larger gradient is clipped.
GRADIENT_NORM = 5.0
# OneCycleLR needs a few steps to rise and to fall.
FEWEST_SCHEDULED = 6
# Epochs from one audit of the gradients to the next; each costs a few backward passes of a small
# step.
AUDIT_EVERY = 5
# Checks of the gate `fit` whose thresholds the overfitting guard reads.
MEMORISED, GAP = "fit.train_aupr", "fit.train_minus_validation_aupr"

Thresholds = Mapping[str, Threshold]


class EarlyStop:
    """Keeps the model of the best epoch and says when `patience` epochs have brought no better one.

    Epoch 0, the model before the first step, is looked at but never kept: a model that skips a
    phase is not the one that was designed.
    score : the validation figure that is compared; one named `*_loss` is better when lower, any
    other when higher, and a missing one is never better
    consultations : how often it was asked; validations : how often with a finite score
    """

    def __init__(self, model: nn.Module, score: str, patience: int) -> None:
        self.model, self.score, self.patience = model, score, patience
        self.best, self.best_epoch, self.consultations, self.validations = -np.inf, 0, 0, 0
        self.state = copy.deepcopy(model.state_dict())

    def consult(self, epoch: int, validation: dict[str, float]) -> bool:
        """Compare the figures of an epoch with the best so far; True when training should stop."""
        self.consultations += 1
        value = float(validation.get(self.score, np.nan))
        self.validations += bool(np.isfinite(value))
        value = -value if self.score.endswith("_loss") else value
        if epoch > 0 and value > self.best:
            self.best, self.best_epoch = value, epoch
            self.state = copy.deepcopy(self.model.state_dict())
        return epoch - self.best_epoch >= self.patience

    def snapshot(self) -> dict[str, Any]:
        """Everything but the model: the best epoch and its state, and the counts."""
        return {name: value for name, value in vars(self).items() if name != "model"}

    def restore(self) -> None:
        """Put the best epoch's state back into the model."""
        self.model.load_state_dict(self.state)

    @property
    def restored(self) -> bool:
        """Whether the model has the best epoch's state."""
        return all(
            torch.equal(value, self.state[name]) for name, value in self.model.state_dict().items()
        )


class OverfittingGuard:
    """Warns when the AUPR on training pairs is so high that they must be memorised, and stops when
    validation falls too far behind it.

    thresholds : by check, with `MEMORISED` and `GAP`; None for a phase that measures no AUPR
    stops : how often it said stop; fired : none, memorised or gap
    """

    def __init__(self, thresholds: Thresholds | None) -> None:
        self.thresholds = thresholds or {}
        self.consultations, self.stops, self.fired = 0, 0, "none"

    def consult(self, validation: dict[str, float]) -> bool:
        """Compare the figures of an epoch with the thresholds; True when training should stop.

        Figures without a training AUPR never stop it.
        """
        self.consultations += 1
        if "train_aupr" in validation:
            self._compare(validation["train_aupr"], validation["validation_aupr"])
        return self.stops > 0

    def _compare(self, train: float, validation: float) -> None:
        memorised, gap = (self.thresholds[check]["value"] for check in (MEMORISED, GAP))
        if train > memorised:
            self.fired = "memorised"
            log.warning(
                "training AUPR %.3f is above %.2f: the pairs are being memorised", train, memorised
            )
        if train - validation > gap:
            self.fired = "gap"
            log.warning("training AUPR is more than %.2f above validation AUPR: stopping", gap)
            self.stops += 1


class Loop:
    """A phase that is being trained.

    epoch : number of the last epoch; 0 is the model before the first step
    history : a record per epoch, from epoch 0
    stopped : whether early stop or guard have ended the phase
    """

    def __init__(
        self, model: EnergyModel, phase: Phase, ledger: Ledger, thresholds: Thresholds | None
    ) -> None:
        self.model, self.phase, self.ledger = model, phase, ledger
        self.optimiser = torch.optim.AdamW(
            phase.parameters(), lr=phase.fit.learning_rate, weight_decay=phase.fit.weight_decay
        )
        steps = max(FEWEST_SCHEDULED, phase.fit.epochs * len(phase.sampler))
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, phase.fit.learning_rate, total_steps=steps, pct_start=WARM_UP
        )
        self.early_stop = EarlyStop(model, phase.score, phase.fit.patience)
        self.guard = OverfittingGuard(thresholds)
        self.epoch, self.stopped = 0, False
        self.history: list[dict[str, Any]] = []
        self.pace = Pace(phase.fit.epochs)
        model.zero_grad(set_to_none=True)
        model.eval()

    @property
    def ended(self) -> bool:
        """Whether no epoch is left."""
        return self.stopped or self.epoch >= self.phase.fit.epochs

    def start(self) -> None:
        """Validate epoch 0 and tell the ledger that the phase begins."""
        self._validate(np.nan)
        self.ledger.start_phase(self.phase.name)
        self.pace = Pace(self.phase.fit.epochs)

    def run_epoch(self) -> None:
        """Train for an epoch, audit, validate, and decide whether to go on.

        Raises `DesignViolation` when the ledger finds one.
        """
        started = time.perf_counter()
        self.epoch += 1
        loss, last_step = self._train()
        if self.epoch % AUDIT_EVERY == 1:
            self.ledger.audit(self.phase, small_step(last_step, AUDIT_PAIRS))
        evidence = self.phase.after_epoch()
        patience_over = self._validate(loss)
        self.stopped = self.guard.consult(self.history[-1]) or patience_over
        log.info(
            "%s  %.1f s, about %s left in this phase, less with an early stop",
            describe(self.history[-1], self.phase.fit.epochs),
            time.perf_counter() - started,
            self.pace.left(self.epoch),
        )
        evidence |= loop_evidence(self.epoch, self.early_stop, self.guard)
        evidence |= self.phase.judged_evidence()
        self.ledger.end_epoch(self.phase.name, self.epoch, evidence)

    def _validate(self, loss: float) -> bool:
        """Add the epoch to the history; True when early stop says stop."""
        figures = {**self.phase.validate(), **self.phase.watch()}
        self.history.append(
            {"phase": self.phase.name, "epoch": self.epoch, "train_loss": loss, **figures}
        )
        return self.early_stop.consult(self.epoch, self.history[-1])

    def _train(self) -> tuple[float, MacroStep]:
        """Take the steps of an epoch; returns their mean loss, and the last of them."""
        self.model.train()
        self.phase.start_epoch(self.epoch)
        self.ledger.start_epoch()
        losses = []
        for step in self.phase.sampler.epoch(self.epoch):
            losses.append(self._step(step))
        self.model.eval()
        return float(torch.stack(losses).mean()), step

    def _step(self, step: MacroStep) -> Tensor:
        """Take a step of the optimiser; returns the loss before it."""
        terms = self.phase.terms(step)
        self._check_finite(terms)
        loss = torch.stack(list(terms.values())).sum()
        self.optimiser.zero_grad()
        loss.backward()
        average_gradients(self.phase.parameters())
        nn.utils.clip_grad_norm_(self.phase.parameters(), GRADIENT_NORM)
        with self.ledger.optimiser_step():
            self.optimiser.step()
        self.schedule.step()
        self.phase.after_step()
        agree(self.model.buffers())
        self.ledger.step(step, terms, self.phase.lines)
        return loss.detach()

    def _check_finite(self, terms: dict[str, Tensor]) -> None:
        """Raise `DesignViolation` before the optimiser takes in a term that is not a number."""
        for name, value in terms.items():
            if not torch.isfinite(value):
                raise DesignViolation(
                    f"the loss term {name} is {float(value)} ({self.phase.name}, epoch"
                    f" {self.epoch}); the step was not taken"
                )

    def snapshot(self) -> dict[str, Any]:
        """What the epochs to come depend on, beside the model and what follows from the seed."""
        return {
            "epoch": self.epoch,
            "stopped": self.stopped,
            "history": self.history,
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "early_stop": self.early_stop.snapshot(),
            "guard": vars(self.guard),
            "generator": self.phase.generator.get_state(),
            "random": of_all_processes(random_state()),
        }

    def resume(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot; the model must have the state that it had then."""
        self.epoch, self.stopped = snapshot["epoch"], snapshot["stopped"]
        self.history = snapshot["history"]
        self.optimiser.load_state_dict(snapshot["optimiser"])
        self.schedule.load_state_dict(snapshot["schedule"])
        vars(self.early_stop).update(snapshot["early_stop"])
        vars(self.guard).update(snapshot["guard"])
        self.phase.generator.set_state(snapshot["generator"])
        restore_random_state(snapshot["random"][rank()])
        self.pace = Pace(self.phase.fit.epochs, self.epoch)


def fit(
    model: EnergyModel,
    phase: Phase,
    ledger: Ledger,
    thresholds: Thresholds | None,
    keep: Callable[[dict[str, Any]], None] | None = None,
    snapshot: dict[str, Any] | None = None,
) -> tuple[pd.DataFrame, EarlyStop, OverfittingGuard]:
    """Train a phase, or what is left of it, and leave the model at the best epoch.

    thresholds : of the overfitting guard
    keep : called after every epoch with a snapshot of the loop; snapshot : one of them to go on
    from
    Returns the history (phase, epoch, train_loss and the phase's figures), the early stop and the
    guard. Raises `DesignViolation` when the ledger finds one.
    """
    loop = Loop(model, phase, ledger, thresholds)
    if snapshot:
        loop.resume(snapshot)
    else:
        loop.start()
    while not loop.ended:
        loop.run_epoch()
        if keep:
            keep(loop.snapshot())
    loop.early_stop.restore()
    ledger.end_phase(phase.name, loop.early_stop.best_epoch)
    return pd.DataFrame(loop.history), loop.early_stop, loop.guard


def small_step(step: MacroStep, pairs: int) -> MacroStep:
    """The macro-step cut to its last pairs, at most `pairs` of them, in the same lines.

    Pairs that are positive in some line come last, so that they are the ones that are kept.
    """
    batches = [
        dataclasses.replace(batch, pairs=batch.pairs[-pairs:], lines=batch.lines[-pairs:])
        for batch in step.micro_batches
    ]
    return MacroStep(step.pairs[-pairs:], batches, step.weights[-pairs:])


def loop_evidence(epoch: int, early_stop: EarlyStop, guard: OverfittingGuard) -> dict[str, int]:
    """Evidence of the loop itself after an epoch, for the ledger.

    Epoch 0 is validated and early stop is consulted on it, so both are due epoch + 1 times.
    """
    return {
        "validations_missing": epoch + 1 - early_stop.validations,
        "consultations_missing": epoch + 1 - early_stop.consultations,
        "epochs_after_stop": max(0, epoch - early_stop.best_epoch - early_stop.patience),
        "guard_consultations_missing": epoch - guard.consultations,
        "epochs_after_guard": max(0, guard.stops - 1),
    }


def describe(record: dict[str, Any], epochs: int) -> str:
    """A record of a history as a line for the log."""
    figures = "  ".join(
        f"{name} {value:.4f}" for name, value in record.items() if name not in ("phase", "epoch")
    )
    return f"{record['phase']} epoch {record['epoch']}/{epochs}  {figures}"

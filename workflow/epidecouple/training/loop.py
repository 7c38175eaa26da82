"""One phase of training: its steps, validation after every epoch, early stop and overfitting
guard.
"""

import copy
import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..core.progress import Pace
from ..data.sampler import MacroStep
from ..model.energy import EnergyModel
from ..verification.ledger import AUDIT_PAIRS, Ledger
from .checkpoint import random_state, resume_random
from .phases import Phase, small_step
from .processes import agree, average_gradients, of_all_processes, rank

log = logging.getLogger(__name__)

WARM_UP = 0.2
GRADIENT_NORM = 5.0
# OneCycleLR needs a few steps to have both its phases.
FEWEST_SCHEDULED = 6
# Epochs between two audits of where gradients go; each costs a few backward passes of a small step.
AUDIT_EVERY = 5
# Checks of the gate `fit` whose thresholds the overfitting guard reads.
MEMORISED, GAP = "fit.train_aupr", "fit.train_minus_validation_aupr"


class EarlyStop:
    """Keeps the best state seen and says when `patience` epochs have passed without a better one.

    A score named `*_loss` is better when lower, any other when higher; one that is missing is never
    better.
    """

    def __init__(self, model: nn.Module, score: str, patience: int) -> None:
        self.model, self.score, self.patience = model, score, patience
        self.best, self.best_epoch, self.consultations, self.validations = -np.inf, -1, 0, 0
        self.state = copy.deepcopy(model.state_dict())

    def consult(self, epoch: int, validation: dict[str, float]) -> bool:
        """Note the epoch's validation; True when training should stop."""
        self.consultations += 1
        value = float(validation.get(self.score, np.nan))
        self.validations += bool(np.isfinite(value))
        value = -value if self.score.endswith("_loss") else value
        if value > self.best:
            self.best, self.best_epoch = value, epoch
            self.state = copy.deepcopy(self.model.state_dict())
        return epoch - self.best_epoch >= self.patience

    def snapshot(self) -> dict[str, Any]:
        """The best state so far and the counts."""
        return {name: value for name, value in vars(self).items() if name != "model"}

    def restore(self) -> None:
        """Put the best epoch's state back into the model."""
        self.model.load_state_dict(self.state)

    @property
    def restored(self) -> bool:
        """Whether the model stands at the best epoch's state."""
        return all(
            torch.equal(value, self.state[name]) for name, value in self.model.state_dict().items()
        )


class OverfittingGuard:
    """Warns when training AUPR says the pairs are memorised, stops when validation falls too far
    behind.

    thresholds : check -> value, with the checks `MEMORISED` and `GAP`; None for a phase that
    validates no AUPR
    """

    def __init__(self, thresholds: dict[str, dict[str, float]] | None) -> None:
        self.thresholds = thresholds
        self.consultations, self.stops, self.fired = 0, 0, "none"

    def consult(self, validation: dict[str, float]) -> bool:
        """True when training should stop; a phase without a training AUPR never stops here."""
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
            log.warning("training AUPR is more than %.2f above validation: stopping", gap)
            self.stops += 1


class Loop:
    """One phase while it is trained. Epoch 0 is the state before the first step."""

    def __init__(
        self,
        model: EnergyModel,
        phase: Phase,
        ledger: Ledger,
        thresholds: dict[str, dict[str, float]] | None,
    ) -> None:
        self.model, self.phase, self.ledger = model, phase, ledger
        self.optimiser = torch.optim.AdamW(
            phase.parameters(), lr=phase.fit.learning_rate, weight_decay=phase.fit.weight_decay
        )
        steps = max(FEWEST_SCHEDULED, phase.fit.epochs * len(phase.sampler))
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, phase.fit.learning_rate, total_steps=steps, pct_start=WARM_UP
        )
        self.stop = EarlyStop(model, phase.score, phase.fit.patience)
        self.guard = OverfittingGuard(thresholds)
        self.history, self.epoch, self.stopped = [], 0, False
        self.pace = Pace(phase.fit.epochs)
        model.zero_grad(set_to_none=True)
        model.eval()

    @property
    def ended(self) -> bool:
        """Whether the last epoch has been."""
        return self.stopped or self.epoch >= self.phase.fit.epochs

    def start(self) -> None:
        """Look at epoch 0."""
        self._look(np.nan)
        self.ledger.start_phase(self.phase.name)
        self.pace = Pace(self.phase.fit.epochs)

    def run_epoch(self) -> None:
        """Train, audit, validate and decide whether to go on; raises `DesignViolation` when the
        ledger finds one.
        """
        started = time.perf_counter()
        self.epoch += 1
        loss, step = self._train()
        if self.epoch % AUDIT_EVERY == 1:
            self.ledger.audit(self.phase, small_step(step, AUDIT_PAIRS))
        erased = self.phase.after_epoch()
        stopping = self._look(loss)
        self.stopped = self.guard.consult(self.history[-1]) or stopping
        took = time.perf_counter() - started
        left = self.pace.left(self.epoch)
        epoch = describe(self.history[-1], self.phase.fit.epochs)
        log.info("%s  %.1f s, at most %s left in this phase", epoch, took, left)
        self.ledger.end_epoch(
            self.phase.name, self.epoch, erased | loop_evidence(self.epoch, self.stop, self.guard)
        )

    def _look(self, loss: float) -> bool:
        """Note the epoch and ask the early stop."""
        figures = {**self.phase.validate(), **self.phase.watch()}
        self.history.append(
            {"phase": self.phase.name, "epoch": self.epoch, "train_loss": loss, **figures}
        )
        return self.stop.consult(self.epoch, self.history[-1])

    def _train(self) -> tuple[float, MacroStep]:
        """The steps of an epoch: their mean loss, and the last one."""
        self.model.train()
        self.phase.start_epoch(self.epoch)
        self.ledger.start_epoch()
        losses = []
        for step in self.phase.sampler.epoch(self.epoch):
            losses.append(self._step(step))
        self.model.eval()
        return float(torch.stack(losses).mean()), step

    def _step(self, step: MacroStep) -> Tensor:
        terms = self.phase.terms(step)
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

    def snapshot(self) -> dict[str, Any]:
        """All that the epochs to come depend on, except the model and what the seed gives."""
        return {
            "progress": {"epoch": self.epoch, "stopped": self.stopped, "history": self.history},
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "stop": self.stop.snapshot(),
            "guard": vars(self.guard),
            "generator": self.phase.generator.get_state(),
            "random": of_all_processes(random_state()),
        }

    def resume(self, taken: dict[str, Any]) -> None:
        """Go on from a snapshot, with a model that stands where it stood then."""
        vars(self).update(taken["progress"])
        self.optimiser.load_state_dict(taken["optimiser"])
        self.schedule.load_state_dict(taken["schedule"])
        vars(self.stop).update(taken["stop"])
        vars(self.guard).update(taken["guard"])
        self.phase.generator.set_state(taken["generator"])
        resume_random(taken["random"][rank()])
        self.pace = Pace(self.phase.fit.epochs, self.epoch)


def fit(
    model: EnergyModel,
    phase: Phase,
    ledger: Ledger,
    thresholds: dict[str, dict[str, float]] | None,
    keep: Callable[[dict[str, Any]], None] | None = None,
    resumed: dict[str, Any] | None = None,
) -> tuple[pd.DataFrame, EarlyStop, OverfittingGuard]:
    """Run one phase: history (phase, epoch, train_loss, figures), and the early stop and guard that
    were consulted.

    thresholds : of the overfitting guard
    keep : given a snapshot of the loop after every epoch; resumed : such a snapshot to go on from
    Raises `DesignViolation` when the ledger finds one.
    """
    loop = Loop(model, phase, ledger, thresholds)
    loop.resume(resumed) if resumed else loop.start()
    while not loop.ended:
        loop.run_epoch()
        if keep:
            keep(loop.snapshot())
    loop.stop.restore()
    return pd.DataFrame(loop.history), loop.stop, loop.guard


def loop_evidence(epoch: int, stop: EarlyStop, guard: OverfittingGuard) -> dict[str, int]:
    """What the loop itself has to show after an epoch; validation and early stop also look at epoch
    0.
    """
    return {
        "validations_missing": epoch + 1 - stop.validations,
        "consultations_missing": epoch + 1 - stop.consultations,
        "epochs_after_stop": max(0, epoch - stop.best_epoch - stop.patience),
        "guard_consultations_missing": epoch - guard.consultations,
        "epochs_after_guard": max(0, guard.stops - 1),
    }


def describe(record: dict, epochs: int) -> str:
    """One epoch of a history as a line for the log."""
    figures = "  ".join(
        f"{name} {value:.4f}" for name, value in record.items() if name not in ("phase", "epoch")
    )
    return f"{record['phase']} epoch {record['epoch']}/{epochs}  {figures}"

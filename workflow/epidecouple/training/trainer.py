"""Training: the phases of the curriculum one after the other, watched by the ledger; one that was
killed goes on where it was.
"""

import dataclasses
import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.errors import DesignViolation
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..model.energy import EnergyModel
from ..model.initialise import start_prototypes
from ..model.scoring import score_potential, score_resistance
from ..statistics.ranking import macro_aupr
from ..verification.assertions import (
    exact_assertions,
    largest_gradient,
    start_evidence,
    swapped_states,
)
from ..verification.design import load_design, planned_phases
from ..verification.ledger import Ledger
from .checkpoint import Checkpoint
from .loop import EarlyStop, OverfittingGuard, fit
from .phases import CURRICULA, FineTuningPhase, Method, Phase
from .record22 import RECORD22

log = logging.getLogger(__name__)


# Ways to train that are no sequence of phases, by the key `curriculum`.
OTHER_METHODS = {"record22": RECORD22}


@dataclass(frozen=True)
class Plan:
    """What a training trains on: lines (columns of the panel), pairs (its rows), and the
    configuration.
    """

    lines: list[int]
    rows: np.ndarray
    config: Config


@dataclass(frozen=True)
class Trained:
    """What a training leaves beside the model: a row per epoch, metrics, and the verification
    record.
    """

    history: pd.DataFrame
    metrics: dict[str, Any]
    record: dict[str, Any]


def method_of(curriculum: str) -> Method:
    """How a curriculum of the configuration trains."""
    if curriculum in OTHER_METHODS:
        return OTHER_METHODS[curriculum]
    exercises = frozenset().union(*(phase.exercises for phase in CURRICULA[curriculum]))
    return Method(exercises, (), run_curriculum)


def missing_components(method: Method, switched_on: set[str]) -> list[str]:
    """What a method lacks: components whose evidence is recorded while training and that it never
    exercises, and its own list.
    """
    due = [
        component
        for component in load_design()
        if any(rule.when in ("epoch", "audit") for rule in component.requires)
    ]
    idle = [
        c.name
        for c in due
        if c.name not in method.exercises and (not c.optional or c.optional in switched_on)
    ]
    return [*idle, *method.lacks]


def train(
    model: EnergyModel, panel: Panel, plan: Plan, checkpoint: Checkpoint | None = None
) -> Trained:
    """Run the configured curriculum.

    checkpoint : where to keep what a restart needs. Raises `DesignViolation`, the record so far
    with it, when what runs is not what was designed and `verification` is `enforce`.
    """
    config = plan.config
    method = method_of(plan.config.curriculum)
    switched_on = {"model.leace"} if config.model.leace else set()
    missing = missing_components(method, switched_on)
    ledger = Ledger(model, switched_on, config.verification, planned_phases(config.curriculum))
    try:
        _refuse(missing, ledger, model, panel, plan)
        start_prototypes(model, panel, plan.lines, config)
        history, metrics = _watched(method, model, panel, plan, ledger, checkpoint)
    except DesignViolation as violation:
        violation.record = ledger.summary(ledger.age) | {"missing": missing}
        raise
    record = ledger.summary(ledger.age) | {"missing": missing}
    counts = {
        "design_violations": len(record["violations"]) + len(missing),
        "design_unchecked": len(record["unchecked"]),
    }
    return Trained(history, metrics | counts, record)


def _refuse(
    missing: list[str], ledger: Ledger, model: EnergyModel, panel: Panel, plan: Plan
) -> None:
    """Check what must hold before the first step; what a curriculum lacks is named together with
    what is wrong already.
    """
    with ledger.on_the_clock():
        evidence = start_evidence(model, panel, plan.rows)
    if not missing or plan.config.verification == "observe":
        ledger.start(evidence)
        return
    wrong = [name for name in ledger.unmet_at_start(evidence) if name not in missing]
    lacking = ", ".join([*missing, *wrong])
    raise DesignViolation(
        f"the curriculum {plan.config.curriculum} lacks: {lacking} (before the first step)"
    )


def _watched(
    method: Method,
    model: EnergyModel,
    panel: Panel,
    plan: Plan,
    ledger: Ledger,
    checkpoint: Checkpoint | None,
):
    """Train, then check what must hold after it: history and metrics."""
    lines, rows = plan.lines, plan.rows
    history, metrics, unrestored = method.run(
        model, panel, lines, rows, plan.config, ledger, checkpoint
    )
    model.eval()
    measured = measure(model, panel, lines, rows)
    with ledger.on_the_clock():
        measured |= exact_assertions(model, panel, panel.rows("validation"))
        ledger.finish(
            measured | {"best_state_not_restored": unrestored} | swapped_states(model, panel, rows)
        )
    return history, {"own_rows_train_aupr": measured["train_aupr"]} | metrics | measured


@dataclass
class Ended:
    """What the phases that have ended leave behind.

    history : one record per epoch; unrestored : phases that kept another epoch than the best;
    unasked : epochs that no early stop judged
    """

    phases: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    unrestored: int = 0
    unasked: int = 0

    def add(
        self, phase: Phase, history: pd.DataFrame, stop: EarlyStop, guard: OverfittingGuard
    ) -> None:
        """One more phase, with what its loop returned."""
        self.phases += 1
        self.history += history.to_dict("records")
        self.metrics |= {
            f"{phase.name}_best_epoch": stop.best_epoch,
            f"{phase.name}_guard_fired": guard.fired,
        }
        self.unrestored += not stop.restored
        self.unasked += len(history) - stop.consultations


class Progress:
    """A curriculum on its way: the model, the ledger and the phases that have ended, kept in a
    checkpoint after every epoch.

    loop : snapshot of the phase that was killed, None in a training that was not
    thresholds : of the overfitting guard
    """

    def __init__(
        self,
        model: EnergyModel,
        ledger: Ledger,
        checkpoint: Checkpoint | None,
        thresholds: dict[str, dict[str, float]],
    ) -> None:
        self.model, self.ledger, self.checkpoint = model, ledger, checkpoint
        self.thresholds = thresholds
        saved = checkpoint.load() if checkpoint else None
        self.ended = Ended()
        self.loop = None
        # Phases score with the model when they are made: not under dropout.
        model.eval()
        if saved:
            self.ended = Ended(**saved["ended"])
            self.loop = saved["loop"]
            model.load_state_dict(saved["model"])
            ledger.resume(saved["ledger"])
            log.info(
                "goes on after epoch %d of phase %d",
                self.loop["progress"]["epoch"],
                self.ended.phases + 1,
            )

    def keep(self, loop: dict[str, Any]) -> None:
        """Save where the training stands, with a snapshot of the phase's loop."""
        if self.checkpoint:
            parts = {
                "model": self.model.state_dict(),
                "ledger": self.ledger.snapshot(),
                "ended": dataclasses.asdict(self.ended),
            }
            self.checkpoint.save(parts | {"loop": loop})

    def run(self, phase: Phase) -> None:
        """Run a phase, or what is left of it."""
        loop, self.loop = self.loop, None
        self.ended.add(
            phase, *fit(self.model, phase, self.ledger, self.thresholds, self.keep, loop)
        )
        phase.refit_eraser()


def run_curriculum(
    model: EnergyModel,
    panel: Panel,
    lines: list[int],
    rows: np.ndarray,
    config: Config,
    ledger: Ledger,
    checkpoint: Checkpoint | None,
):
    """The phases of the curriculum, one after the other: history, metrics, and how many phases kept
    another epoch than the best.
    """
    progress = Progress(model, ledger, checkpoint, config.thresholds)
    for make_phase in CURRICULA[config.curriculum][progress.ended.phases :]:
        phase = make_phase(model, panel, lines, rows, config)
        progress.run(phase)
    ended = progress.ended
    history = pd.DataFrame(progress.ended.history)
    metrics = ended.metrics | {"early_stop_consultations_missing": ended.unasked}
    metrics["task_gradient_on_resistance"] = task_gradient_on_resistance(
        FineTuningPhase(model, panel, lines, rows, config)
    )
    return (
        history,
        metrics | phase.trajectory.changes(history, metrics[f"{phase.name}_best_epoch"]),
        ended.unrestored,
    )


def measure(
    model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray
) -> dict[str, float]:
    """Skill on training and validation pairs, and spread of R within pairs."""
    validation = panel.rows("validation")
    aupr = {
        name: _aupr(model, panel, lines, pairs)
        for name, pairs in (("train", rows), ("validation", validation))
    }
    return {
        "train_aupr": aupr["train"],
        "validation_aupr": aupr["validation"],
        "train_minus_validation_aupr": aupr["train"] - aupr["validation"],
        "within_pair_sd_resistance": float(
            score_resistance(model, panel, validation, lines).std(1).mean()
        ),
        "training_pairs": len(rows),
        "training_lines": len(lines),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def _aupr(model: EnergyModel, panel: Panel, lines: list[int], pairs: np.ndarray) -> float:
    energy = score_potential(model, panel, pairs)[:, None] - score_resistance(
        model, panel, pairs, lines
    )
    return macro_aupr(panel.labels[np.ix_(pairs, lines)], energy)


def full_plan(panel: Panel, config: Config) -> Plan:
    """All training lines and pairs."""
    return Plan(panel.training, panel.rows("train"), config)


def subset_plan(panel: Panel, config: Config) -> Plan:
    """Some lines and pairs, and few epochs: the small run before the full one."""
    rows = rng_for(config.seed, Stream.SUBSET_PAIRS).permutation(panel.rows("train"))[
        : config.subset.pairs
    ]
    potential = config.potential.model_copy(update={"epochs": config.subset.epochs})
    fine_tuning = config.fine_tuning.model_copy(update={"epochs": 1})
    short = config.model_copy(update={"potential": potential, "fine_tuning": fine_tuning})
    return Plan(panel.training[: config.subset.lines], np.sort(rows), short)


def task_gradient_on_resistance(phase: Phase) -> float:
    """Largest |d task loss / d parameter| over R and tau; 0 when the loss does not reach them."""
    step = next(iter(phase.sampler.epoch(0)))
    return largest_gradient(phase.terms(step)["task"], phase.model.resistance)

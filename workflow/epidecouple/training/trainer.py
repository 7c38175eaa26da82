"""Training: the phases of a curriculum one after the other, while the ledger watches.

A training that was killed goes on after its last epoch.
"""

import dataclasses
import logging
import operator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.errors import DesignViolation
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..data.splits import splits_of
from ..model.energy import EnergyModel
from ..model.initialise import start_prototypes
from ..model.scoring import score_potential, score_resistance
from ..statistics.ranking import macro_aupr
from ..verification.assertions import (
    exact_assertions,
    filters_in_use,
    hidden_way,
    largest_gradient,
    start_evidence,
    swapped_states,
)
from ..verification.design import ENERGIES, load_design, of_model, planned_phases
from ..verification.ledger import Ledger
from .checkpoint import Checkpoint
from .loop import EarlyStop, OverfittingGuard, Thresholds, fit
from .phases import CURRICULA, Phase
from .plan import Method, Outcome, Plan
from .record22 import RECORD22

log = logging.getLogger(__name__)

# Ways to train that are no sequence of phases, by the key `curriculum`.
OTHER_METHODS = {"record22": RECORD22}


@dataclass(frozen=True)
class Trained:
    """What a training leaves beside the model.

    history : a row per epoch; metrics : by name; record : what `verification.json` holds
    """

    history: pd.DataFrame
    metrics: dict[str, Any]
    record: dict[str, Any]


def method_of(curriculum: str) -> Method:
    """Return the way to train that a curriculum of the configuration names."""
    if curriculum in OTHER_METHODS:
        return OTHER_METHODS[curriculum]
    exercises = frozenset().union(*(phase.exercises for phase in CURRICULA[curriculum]))
    return Method(exercises, (), run_curriculum)


def missing_components(method: Method, switched_on: set[str]) -> list[str]:
    """List what a method lacks, in words.

    These are the components of which evidence is recorded while training and that it does not
    exercise, and what its own list names.
    switched_on : keys of optional components, such as model.leace
    """
    recorded = [
        component
        for component in of_model(load_design(), ENERGIES)
        if any(rule.when in ("epoch", "audit") for rule in component.requires)
    ]
    idle = [
        component.name
        for component in recorded
        if component.name not in method.exercises
        and (not component.optional or component.optional in switched_on)
    ]
    return [*idle, *method.lacks]


def optional_components(config: Config) -> set[str]:
    """The keys of optional components that the configuration switches on: any value but 0."""
    designed = of_model(load_design(), ENERGIES)
    keys = {component.optional for component in designed if component.optional}
    return {key for key in keys if _switched_on(key, config)}


def _switched_on(key: str, config: Config) -> bool:
    """Whether a key of the configuration has the value behind `=`, or any but 0 without one."""
    name, _, wanted = key.partition("=")
    value = operator.attrgetter(name)(config)
    return value == wanted if wanted else bool(value)


def train(
    model: EnergyModel, panel: Panel, plan: Plan, checkpoint: Checkpoint | None = None
) -> Trained:
    """Train a model by the curriculum of the plan's configuration.

    checkpoint : keeps what a restart needs; without it a killed training starts anew
    Raises `DesignViolation`, with the ledger's record so far, when what runs is not what was
    designed and `verification` is `enforce`.
    """
    config = plan.config
    method = method_of(config.curriculum)
    switched_on = optional_components(config)
    missing = missing_components(method, switched_on)
    ledger = Ledger(model, switched_on, config.verification, planned_phases(config.curriculum))
    try:
        _check_start(model, panel, plan, ledger, missing)
        start_prototypes(model, panel, plan.lines, config)
        outcome = method.run(model, panel, plan, ledger, checkpoint)
        measured = _measure_and_check(model, panel, plan, ledger, outcome)
    except DesignViolation as violation:
        violation.record = ledger.summary(ledger.age) | {"missing": missing}
        raise
    record = ledger.summary(ledger.age) | {"missing": missing}
    metrics = {"own_rows_train_aupr": measured["train_aupr"]} | outcome.metrics | measured
    counts = {
        "design_violations": len(record["violations"]) + len(missing),
        "design_unchecked": len(record["unchecked"]),
    }
    return Trained(outcome.history, metrics | counts, record)


def _check_start(
    model: EnergyModel, panel: Panel, plan: Plan, ledger: Ledger, missing: list[str]
) -> None:
    """Check what must hold before the first step.

    A curriculum that lacks components is refused, with their names and those of the components
    whose evidence is wrong already.
    """
    with ledger.on_the_clock():
        evidence = start_evidence(model, panel, plan.rows)
        training = splits_of(plan.config).train
        evidence["training_pairs_elsewhere"] = panel.outside(plan.rows, training)
    if not missing or plan.config.verification == "observe":
        ledger.start(evidence)
        return
    wrong = [name for name in ledger.unmet_at_start(evidence) if name not in missing]
    raise DesignViolation(
        f"the curriculum {plan.config.curriculum} lacks: {', '.join([*missing, *wrong])}"
        " (before the first step)"
    )


def _measure_and_check(
    model: EnergyModel, panel: Panel, plan: Plan, ledger: Ledger, outcome: Outcome
) -> dict[str, float]:
    """Measure the trained model and check what must hold after training."""
    model.eval()
    measured = measure(model, panel, plan)
    with ledger.on_the_clock():
        measured |= exact_assertions(model, panel, panel.rows("validation"))
        at_end: dict[str, float] = {"best_state_not_restored": outcome.unrestored}
        at_end |= hidden_way(model, panel, plan.rows)
        if "screened_motifs" in outcome.metrics:
            surplus = filters_in_use(model) - outcome.metrics["screened_motifs"]
            at_end["filters_without_a_motif"] = surplus
        at_end |= swapped_states(model, panel, plan.rows)
        ledger.finish(measured | at_end)
    return measured


@dataclass
class Ended:
    """What the phases that have ended leave behind.

    phases : how many; history : a record per epoch; metrics : by name
    unrestored : phases that kept another epoch than their best
    unjudged : epochs that no early stop has looked at
    """

    phases: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    unrestored: int = 0
    unjudged: int = 0

    def add(
        self, phase: Phase, history: pd.DataFrame, early_stop: EarlyStop, guard: OverfittingGuard
    ) -> None:
        """Add a phase, with what `fit` returned of it."""
        self.phases += 1
        self.history += history.to_dict("records")
        self.metrics |= {
            f"{phase.name}_best_epoch": early_stop.best_epoch,
            f"{phase.name}_guard_fired": guard.fired,
        }
        self.unrestored += not early_stop.restored
        self.unjudged += len(history) - early_stop.consultations


class Progress:
    """How far a curriculum has come; kept in a checkpoint after every epoch.

    Where there is a checkpoint already, model and ledger take their state from it.
    ended : the phases that have ended
    snapshot : of the loop of the phase in which the training was killed; None when it was not
    thresholds : of the overfitting guard
    """

    def __init__(
        self,
        model: EnergyModel,
        ledger: Ledger,
        checkpoint: Checkpoint | None,
        thresholds: Thresholds,
    ) -> None:
        self.model, self.ledger, self.checkpoint = model, ledger, checkpoint
        self.thresholds = thresholds
        self.ended = Ended()
        self.snapshot: dict[str, Any] | None = None
        # A phase scores with the model when it is made, which must be without dropout.
        model.eval()
        saved = checkpoint.load() if checkpoint else None
        if saved:
            self.ended = Ended(**saved["ended"])
            self.snapshot = saved["loop"]
            model.potential.use_encoder(saved["encoder"])
            model.load_state_dict(saved["model"])
            ledger.resume(saved["ledger"])
            epoch, phase = saved["loop"]["epoch"], self.ended.phases + 1
            log.info("goes on after epoch %d of phase %d", epoch, phase)

    def keep(self, snapshot: dict[str, Any]) -> None:
        """Save how far the training has come, with a snapshot of the loop of its phase."""
        if self.checkpoint:
            self.checkpoint.save(
                {
                    "encoder": self.model.potential.encoder_name,
                    "model": self.model.state_dict(),
                    "ledger": self.ledger.snapshot(),
                    "ended": dataclasses.asdict(self.ended),
                    "loop": snapshot,
                }
            )

    def run(self, phase: Phase) -> None:
        """Train a phase, or what is left of it."""
        snapshot, self.snapshot = self.snapshot, None
        if snapshot is None:
            self.ended.metrics |= phase.begin()
        history, early_stop, guard = fit(
            self.model, phase, self.ledger, self.thresholds, self.keep, snapshot
        )
        self.ended.add(phase, history, early_stop, guard)
        phase.refit_eraser()


def run_curriculum(
    model: EnergyModel, panel: Panel, plan: Plan, ledger: Ledger, checkpoint: Checkpoint | None
) -> Outcome:
    """Train the phases of the curriculum one after the other."""
    progress = Progress(model, ledger, checkpoint, plan.config.thresholds)
    ended = progress.ended
    for kind in CURRICULA[plan.config.curriculum][ended.phases :]:
        phase = kind(model, panel, plan)
        progress.run(phase)
    history = pd.DataFrame(ended.history)
    metrics = ended.metrics | {"early_stop_consultations_missing": ended.unjudged}
    metrics["task_gradient_on_resistance"] = task_gradient_on_resistance(phase)
    metrics |= phase.trajectory.changes(history, metrics[f"{phase.name}_best_epoch"])
    return Outcome(history, metrics, ended.unrestored)


def measure(model: EnergyModel, panel: Panel, plan: Plan) -> dict[str, float]:
    """Measure a model: AUPR on training and validation pairs, spread of R within pairs, sizes."""
    validation = panel.rows("validation")
    train_aupr = _aupr(model, panel, plan.lines, plan.rows)
    validation_aupr = _aupr(model, panel, plan.lines, validation)
    resistance = score_resistance(model, panel, validation, plan.lines)
    return {
        "train_aupr": train_aupr,
        "validation_aupr": validation_aupr,
        "train_minus_validation_aupr": train_aupr - validation_aupr,
        "within_pair_sd_resistance": float(resistance.std(1).mean()),
        "smallest_validation_resistance": float(resistance.min()),
        "training_pairs": len(plan.rows),
        "training_lines": len(plan.lines),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def _aupr(model: EnergyModel, panel: Panel, lines: list[int], pairs: np.ndarray) -> float:
    """Macro AUPR of U - R over the lines, on pairs (n,)."""
    potential = score_potential(model, panel, pairs)
    energy = potential[:, None] - score_resistance(model, panel, pairs, lines)
    return macro_aupr(panel.labels_of(pairs, lines), energy)


def full_plan(panel: Panel, config: Config) -> Plan:
    """Plan a training on all training lines and pairs."""
    return Plan(panel.training, panel.rows("train"), config)


def subset_plan(panel: Panel, config: Config) -> Plan:
    """Plan the small run before the full one: some lines and pairs, few epochs of U and of both."""
    shuffled = rng_for(config.seed, Stream.SUBSET_PAIRS).permutation(panel.rows("train"))
    rows = np.sort(shuffled[: config.subset.pairs])
    potential = config.potential.model_copy(update={"epochs": config.subset.epochs})
    fine_tuning = config.fine_tuning.model_copy(update={"epochs": 1})
    short = config.model_copy(update={"potential": potential, "fine_tuning": fine_tuning})
    return Plan(panel.training[: config.subset.lines], rows, short)


def task_gradient_on_resistance(phase: Phase) -> float:
    """Largest |d task / d parameter| over the parameters of R and tau, on the first macro-step of
    the phase; 0 when none is reached.
    """
    step = next(iter(phase.sampler.epoch(0)))
    return largest_gradient(phase.terms(step)["task"], phase.model.resistance)

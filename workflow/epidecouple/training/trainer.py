"""Training: the stages of the curriculum one after the other, watched by the ledger; one that was killed goes on where it was."""

import dataclasses
import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.errors import DesignViolation
from ..data.panel import Panel
from ..model.energy import EnergyModel
from ..model.initialise import start_prototypes
from ..model.scoring import score_potential, score_resistance
from ..statistics.ranking import macro_aupr
from ..verification.assertions import _reach, exact_assertions, start_evidence, swapped_states
from ..verification.design import load_design, planned_stages
from ..verification.ledger import Ledger
from .checkpoint import Checkpoint
from .loop import EarlyStop, OverfittingGuard, fit
from .phases import CURRICULA, FineTuningStage, TrainingStage
from .record22 import Record22Stage, train_record22

log = logging.getLogger(__name__)


def missing_components(curriculum: tuple[type[TrainingStage], ...], switched_on: set[str]) -> list[str]:
    """Components whose evidence is recorded while training, that no stage of a curriculum brings to work."""
    exercised = frozenset().union(*(stage.exercises for stage in curriculum))
    due = [component for component in load_design() if any(rule.when in ("epoch", "audit") for rule in component.requires)]
    return [c.name for c in due if c.name not in exercised and (not c.optional or c.optional in switched_on)]


def train(
    model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config, checkpoint: Checkpoint | None = None
) -> tuple[pd.DataFrame, dict, dict]:
    """Run the configured curriculum: history, metrics and the verification record.

    lines : columns of the training lines to use; rows : training pairs; checkpoint : where to keep what a restart needs.
    Raises `DesignViolation`, the record so far with it, when what runs is not what was designed and `verification` is `enforce`.
    """
    curriculum = CURRICULA.get(config.curriculum, (Record22Stage,))
    switched_on = {"model.leace"} if config.model.leace else set()
    missing = [*missing_components(curriculum, switched_on), *(Record22Stage.lacks if curriculum == (Record22Stage,) else ())]
    ledger = Ledger(model, switched_on, config.verification, planned_stages(config.curriculum))
    try:
        _refuse(missing, ledger, model, panel, rows, config)
        start_prototypes(model, panel, lines, config)
        history, metrics = _watched(model, panel, lines, rows, config, ledger, checkpoint)
    except DesignViolation as violation:
        violation.record = ledger.summary(ledger.age) | {"missing": missing}
        raise
    record = ledger.summary(ledger.age) | {"missing": missing}
    found = {"design_violations": len(record["violations"]) + len(missing), "design_unchecked": len(record["unchecked"])}
    return history, metrics | found, record


def _refuse(missing: list[str], ledger: Ledger, model: EnergyModel, panel: Panel, rows: np.ndarray, config: Config) -> None:
    """Check what must hold before the first step; what a curriculum lacks is told together with what is wrong already."""
    with ledger.on_the_clock():
        evidence = start_evidence(model, panel, rows)
    if not missing or config.verification == "observe":
        ledger.start(evidence)
        return
    wrong = [name for name in ledger.unmet_at_start(evidence) if name not in missing]
    raise DesignViolation(f"the curriculum {config.curriculum} lacks: {', '.join([*missing, *wrong])} (before the first step)")


def _watched(model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config, ledger: Ledger, checkpoint):
    """Train, then check what must hold after it: history and metrics."""
    run = train_record22 if config.curriculum == "record22" else run_curriculum
    history, metrics, unrestored = run(model, panel, lines, rows, config, ledger, checkpoint)
    model.eval()
    measured = measure(model, panel, lines, rows)
    with ledger.on_the_clock():
        measured |= exact_assertions(model, panel, panel.rows("validation"))
        ledger.finish(measured | {"best_state_not_restored": unrestored} | swapped_states(model, panel, rows))
    return history, {"own_rows_train_aupr": measured["train_aupr"]} | metrics | measured


@dataclass
class Ended:
    """What the stages that have ended leave behind.

    history : one record per epoch; unrestored : stages that kept another epoch than the best; unasked : epochs that no early stop judged
    """

    stages: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    unrestored: int = 0
    unasked: int = 0

    def add(self, stage: TrainingStage, history: pd.DataFrame, stop: EarlyStop, guard: OverfittingGuard) -> None:
        """One more stage, with what its loop returned."""
        self.stages += 1
        self.history += history.to_dict("records")
        self.metrics |= {f"{stage.name}_best_epoch": stop.best_epoch, f"{stage.name}_guard_fired": guard.fired}
        self.unrestored += not stop.restored
        self.unasked += len(history) - stop.consultations


class Progress:
    """A curriculum on its way: the model, the ledger and the stages that have ended, kept in a checkpoint after every epoch.

    loop : snapshot of the stage that was killed, None in a training that was not
    """

    def __init__(self, model: EnergyModel, ledger: Ledger, checkpoint: Checkpoint | None) -> None:
        self.model, self.ledger, self.checkpoint = model, ledger, checkpoint
        saved = checkpoint.load() if checkpoint else None
        self.ended, self.loop = Ended(), None
        # Stages score with the model when they are made: not under dropout.
        model.eval()
        if saved:
            self.ended, self.loop = Ended(**saved["ended"]), saved["loop"]
            model.load_state_dict(saved["model"])
            ledger.resume(saved["ledger"])
            log.info("goes on after epoch %d of stage %d", self.loop["progress"]["epoch"], self.ended.stages + 1)

    def keep(self, loop: dict[str, Any]) -> None:
        """Save where the training stands, with a snapshot of the stage's loop."""
        if self.checkpoint:
            parts = {"model": self.model.state_dict(), "ledger": self.ledger.snapshot(), "ended": dataclasses.asdict(self.ended)}
            self.checkpoint.save(parts | {"loop": loop})

    def run(self, stage: TrainingStage) -> None:
        """Run a stage, or what is left of it."""
        loop, self.loop = self.loop, None
        self.ended.add(stage, *fit(self.model, stage, self.ledger, self.keep, loop))
        stage.refit_eraser()


def run_curriculum(
    model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config, ledger: Ledger, checkpoint: Checkpoint | None
):
    """The stages of the curriculum, one after the other: history, metrics, and how many stages kept another epoch than the best."""
    progress = Progress(model, ledger, checkpoint)
    for make_stage in CURRICULA[config.curriculum][progress.ended.stages :]:
        stage = make_stage(model, panel, lines, rows, config)
        progress.run(stage)
    ended, history = progress.ended, pd.DataFrame(progress.ended.history)
    metrics = ended.metrics | {"early_stop_consultations_missing": ended.unasked}
    metrics["task_gradient_on_resistance"] = task_gradient_on_resistance(FineTuningStage(model, panel, lines, rows, config))
    return history, metrics | stage.trajectory.changes(history, metrics[f"{stage.name}_best_epoch"]), ended.unrestored


def measure(model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray) -> dict[str, float]:
    """Skill on training and validation pairs, and spread of R within pairs."""
    validation = panel.rows("validation")
    aupr = {name: _aupr(model, panel, lines, pairs) for name, pairs in (("train", rows), ("validation", validation))}
    return {
        "train_aupr": aupr["train"],
        "validation_aupr": aupr["validation"],
        "train_minus_validation_aupr": aupr["train"] - aupr["validation"],
        "within_pair_sd_resistance": float(score_resistance(model, panel, validation, lines).std(1).mean()),
        "training_pairs": len(rows),
        "training_lines": len(lines),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def _aupr(model: EnergyModel, panel: Panel, lines: list[int], pairs: np.ndarray) -> float:
    energy = score_potential(model, panel, pairs)[:, None] - score_resistance(model, panel, pairs, lines)
    return macro_aupr(panel.labels[np.ix_(pairs, lines)], energy)


def subset_of(panel: Panel, config: Config) -> tuple[list[int], np.ndarray, Config]:
    """Lines, training pairs and shortened configuration of the small run."""
    rows = np.random.default_rng([config.seed, 5]).permutation(panel.rows("train"))[: config.subset.pairs]
    short = dataclasses.replace(
        config,
        potential=dataclasses.replace(config.potential, epochs=config.subset.epochs),
        fine_tuning=dataclasses.replace(config.fine_tuning, epochs=1),
    )
    return panel.training[: config.subset.lines], np.sort(rows), short


def task_gradient_on_resistance(stage: TrainingStage) -> float:
    """Largest |d task loss / d parameter| over R and tau; 0 when the loss does not reach them."""
    step = next(iter(stage.sampler.epoch(0)))
    return _reach(stage.terms(step)["task"], stage.model.resistance)

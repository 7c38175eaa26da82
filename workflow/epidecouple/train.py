"""Training: the stages of the curriculum one after the other, watched by the ledger; one that was killed goes on where it was."""

import dataclasses
import logging
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from .checkpoint import Checkpoint, basis_of
from .clustering import modules
from .config import Config
from .curriculum import CURRICULA, FineTuningStage, TrainingStage
from .dataset import Panel, load_panel
from .design import load_design, planned_stages
from .device import chosen_device, make_deterministic
from .distributed import draw_apart, joined_processes, rank
from .energy import EnergyModel
from .errors import DesignViolation
from .ledger import Ledger
from .loop import EarlyStop, OverfittingGuard, fit
from .provenance import write_json, write_metrics
from .record22 import Record22Stage, train_record22
from .scoring import score_potential, score_resistance
from .skill import macro_aupr
from .stage import run_stage, stage_parser
from .storage import save_model
from .verification import exact_assertions, start_evidence, swapped_states, task_gradient_on_resistance

log = logging.getLogger(__name__)


def new_model(config: Config, panel: Panel) -> EnergyModel:
    """An untrained model whose reference loci are grouped into modules by their marks in the training lines."""
    torch.manual_seed(config.seed)
    model = EnergyModel(config, panel.n_reference)
    profile = np.concatenate([panel.shards[line].reference for line in panel.training], axis=1).astype(np.float32)
    model.resistance.locus_modules.copy_(torch.from_numpy(modules(profile, config.reference.modules, config.seed)))
    return model


@torch.no_grad()
def start_prototypes(model: EnergyModel, panel: Panel, lines: list[int], config: Config) -> EnergyModel:
    """Place the states at the k-means centroids of the lines' reference loci, each line's prototype at its state; returns the model."""
    resistance, loci = model.resistance, torch.arange(panel.n_reference)
    signal = [panel.reference_tensor(line) for line in lines]
    resistance.prototypes.start(torch.cat([resistance.encoder(values) for values in signal]), config.seed)
    resistance.line_prototypes.follow(torch.stack([resistance.line_state(values, loci) for values in signal]), lines)
    return model


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


def checkpoint_of(arguments: Namespace, panel: Panel) -> Checkpoint:
    """The checkpoint of a call of this stage, beside its outputs."""
    shards = [arguments.shards / line for line in panel.lines]
    files = sorted(file for folder in (arguments.elements, *shards) for file in folder.iterdir())
    return Checkpoint(arguments.metrics.parent / "checkpoint", basis_of(arguments.settings, arguments.scope, files))


def main() -> None:
    """Stage `train`: the curriculum on the subset or on all training lines and pairs."""
    parser = stage_parser(__doc__)
    parser.add_argument("--scope", choices=("subset", "full"), required=True)
    for name in ("elements", "shards", "model", "history", "verification", "violation", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    device = chosen_device(config.device)
    make_deterministic(device)
    with joined_processes(device):
        run(arguments, config, device)


def run(arguments: Namespace, config: Config, device: torch.device) -> None:
    """Train on a device and write the outputs, the first of several processes for all."""
    panel = dataclasses.replace(load_panel(arguments.elements, arguments.shards, config), device=device)
    lines, rows, plan = subset_of(panel, config) if arguments.scope == "subset" else (panel.training, panel.rows("train"), config)
    model, checkpoint = new_model(plan, panel).to(device), checkpoint_of(arguments, panel)
    draw_apart(config.seed)
    if config.compile:
        model.potential.encoder.compile_elements()
    try:
        history, metrics, verification = train(model, panel, lines, rows, plan, checkpoint)
    except DesignViolation as violation:
        if rank() == 0:
            write_json(arguments.violation, violation.record)
        raise
    if rank() == 0:
        write(arguments, panel, model, history, metrics, verification)
        checkpoint.remove()


def write(arguments: Namespace, panel: Panel, model: EnergyModel, history: pd.DataFrame, metrics: dict, verification: dict) -> None:
    """The outputs of the stage."""
    save_model(model, arguments.model, arguments.settings)
    history.to_csv(arguments.history, sep="\t", index=False)
    write_json(arguments.verification, verification)
    inputs = [arguments.elements / "splits.json", *(arguments.shards / line / "manifest.json" for line in panel.lines)]
    write_metrics(arguments.metrics, "train", metrics, arguments.settings, inputs)
    log.info(
        "design: %d violations; the ledger took %.1f %% of the time", metrics["design_violations"], 100 * verification["overhead_share"]
    )


if __name__ == "__main__":
    run_stage(main)

"""Training: one loop for every stage of the curriculum, validated every epoch, stopped early, watched by the ledger."""

import copy
import dataclasses
import logging
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from .clustering import modules
from .config import Config
from .curriculum import CURRICULA, FineTuningStage, TrainingStage, small_step
from .dataset import Panel, load_panel
from .design import load_design, planned_stages
from .energy import EnergyModel
from .errors import DesignViolation
from .ledger import AUDIT_PAIRS, Ledger
from .progress import Pace
from .provenance import write_json, write_metrics
from .record22 import Record22Stage, train_record22
from .scoring import score_potential, score_resistance
from .skill import macro_aupr
from .stage import run_stage, stage_parser
from .storage import save_model
from .verification import exact_assertions, start_evidence, swapped_states, task_gradient_on_resistance

log = logging.getLogger(__name__)

WARM_UP = 0.2
GRADIENT_NORM = 5.0
# OneCycleLR needs a few steps to have both its phases.
FEWEST_SCHEDULED = 6
# Epochs between two audits of where gradients go; each costs a few backward passes of a small step.
AUDIT_EVERY = 5
MEMORISED_AUPR, LARGEST_GAP = 0.90, 0.25


class EarlyStop:
    """Keeps the best state seen and says when `patience` epochs have passed without a better one.

    A score named `*_loss` is better when lower, any other when higher; one that is missing is never better.
    """

    def __init__(self, model: nn.Module, score: str, patience: int) -> None:
        self.model, self.score, self.patience = model, score, patience
        self.best, self.best_epoch, self.consultations, self.validations = -np.inf, -1, 0, 0
        self.state = copy.deepcopy(model.state_dict())

    def consult(self, epoch: int, validation: dict[str, float]) -> bool:
        """Note the epoch's validation; True when training should stop."""
        self.consultations += 1
        value = validation.get(self.score, np.nan)
        self.validations += bool(np.isfinite(value))
        value = -value if self.score.endswith("_loss") else value
        if value > self.best:
            self.best, self.best_epoch = value, epoch
            self.state = copy.deepcopy(self.model.state_dict())
        return epoch - self.best_epoch >= self.patience

    def restore(self) -> None:
        """Put the best epoch's state back into the model."""
        self.model.load_state_dict(self.state)

    @property
    def restored(self) -> bool:
        """Whether the model stands at the best epoch's state."""
        return all(torch.equal(value, self.state[name]) for name, value in self.model.state_dict().items())


class OverfittingGuard:
    """Warns when training AUPR says the pairs are memorised, stops when validation falls too far behind."""

    def __init__(self) -> None:
        self.consultations, self.stops, self.fired = 0, 0, "none"

    def consult(self, validation: dict[str, float]) -> bool:
        """True when training should stop; stages without an AUPR have nothing to ask."""
        self.consultations += 1
        train = validation.get("train_aupr", 0.0)
        if train > MEMORISED_AUPR:
            self.fired = "memorised"
            log.warning("training AUPR %.3f is above %.2f: the pairs are being memorised", train, MEMORISED_AUPR)
        if train - validation.get("validation_aupr", train) > LARGEST_GAP:
            self.fired = "gap"
            log.warning("training AUPR is more than %.2f above validation: stopping", LARGEST_GAP)
            self.stops += 1
        return self.stops > 0


def fit(model: EnergyModel, stage: TrainingStage, ledger: Ledger) -> tuple[pd.DataFrame, EarlyStop, OverfittingGuard]:
    """Run one stage: history (stage, epoch, train_loss, figures), and the early stop and guard that were consulted.

    Epoch 0 is the state before the first step. Raises `DesignViolation` when the ledger finds one.
    """
    optimiser = torch.optim.AdamW(stage.parameters(), lr=stage.fit.learning_rate, weight_decay=stage.fit.weight_decay)
    steps = max(FEWEST_SCHEDULED, stage.fit.epochs * len(stage.sampler))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, stage.fit.learning_rate, total_steps=steps, pct_start=WARM_UP)
    stop, guard = EarlyStop(model, stage.score, stage.fit.patience), OverfittingGuard()
    model.zero_grad(set_to_none=True)
    model.eval()
    history = [{"stage": stage.name, "epoch": 0, "train_loss": np.nan, **stage.validate(), **stage.watch()}]
    stop.consult(0, history[0])
    ledger.start_stage(stage.name)
    pace = Pace(stage.fit.epochs)
    for epoch in range(1, stage.fit.epochs + 1):
        started, losses = time.perf_counter(), []
        model.train()
        stage.start_epoch(epoch)
        ledger.start_epoch()
        for step in stage.sampler.epoch(epoch):
            terms = stage.terms(step)
            loss = torch.stack(list(terms.values())).sum()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(stage.parameters(), GRADIENT_NORM)
            with ledger.optimiser_step():
                optimiser.step()
            schedule.step()
            stage.after_step()
            ledger.step(step, terms, stage.lines)
            losses.append(loss.detach())
        model.eval()
        if epoch % AUDIT_EVERY == 1:
            ledger.audit(stage, small_step(step, AUDIT_PAIRS))
        erased = stage.after_epoch()
        mean_loss = float(torch.stack(losses).mean())
        history.append({"stage": stage.name, "epoch": epoch, "train_loss": mean_loss, **stage.validate(), **stage.watch()})
        stopping = stop.consult(epoch, history[-1])
        stopping = guard.consult(history[-1]) or stopping
        took = time.perf_counter() - started
        log.info("%s  %.1f s, at most %s left in this stage", _line(history[-1], stage.fit.epochs), took, pace.left(epoch))
        ledger.end_epoch(stage.name, epoch, erased | loop_evidence(epoch, stop, guard))
        if stopping:
            break
    stop.restore()
    return pd.DataFrame(history), stop, guard


def loop_evidence(epoch: int, stop: EarlyStop, guard: OverfittingGuard) -> dict[str, int]:
    """What the loop itself has to show after an epoch; validation and early stop also look at epoch 0."""
    return {
        "validations_missing": epoch + 1 - stop.validations,
        "consultations_missing": epoch + 1 - stop.consultations,
        "epochs_after_stop": max(0, epoch - stop.best_epoch - stop.patience),
        "guard_consultations_missing": epoch - guard.consultations,
        "epochs_after_guard": max(0, guard.stops - 1),
    }


def _line(record: dict, epochs: int) -> str:
    figures = "  ".join(f"{name} {value:.4f}" for name, value in record.items() if name not in ("stage", "epoch"))
    return f"{record['stage']} epoch {record['epoch']}/{epochs}  {figures}"


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


def train(model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config) -> tuple[pd.DataFrame, dict, dict]:
    """Run the configured curriculum: history, metrics and the verification record.

    lines : columns of the training lines to use; rows : training pairs.
    Raises `DesignViolation`, the record so far with it, when what runs is not what was designed and `verification` is `enforce`.
    """
    started, curriculum = time.perf_counter(), CURRICULA.get(config.curriculum, (Record22Stage,))
    switched_on = {"model.leace"} if config.model.leace else set()
    missing = [*missing_components(curriculum, switched_on), *(Record22Stage.lacks if curriculum == (Record22Stage,) else ())]
    ledger = Ledger(model, switched_on, config.verification, planned_stages(config.curriculum))
    try:
        _refuse(missing, ledger, model, panel, rows, config)
        start_prototypes(model, panel, lines, config)
        history, metrics = _watched(model, panel, lines, rows, config, ledger)
    except DesignViolation as violation:
        violation.record = ledger.summary(time.perf_counter() - started) | {"missing": missing}
        raise
    record = ledger.summary(time.perf_counter() - started) | {"missing": missing}
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


def _watched(model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config, ledger: Ledger):
    """Train, then check what must hold after it: history and metrics."""
    run = train_record22 if config.curriculum == "record22" else run_curriculum
    history, metrics, unrestored = run(model, panel, lines, rows, config, ledger)
    model.eval()
    measured = measure(model, panel, lines, rows)
    with ledger.on_the_clock():
        measured |= exact_assertions(model, panel, panel.rows("validation"))
        ledger.finish(measured | {"best_state_not_restored": unrestored} | swapped_states(model, panel, rows))
    return history, {"own_rows_train_aupr": measured["train_aupr"]} | metrics | measured


def run_curriculum(model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config, ledger: Ledger):
    """The stages of the curriculum, one after the other: history, metrics, and how many stages kept another epoch than the best."""
    histories, metrics, unrestored, unasked = [], {}, 0, 0
    for make_stage in CURRICULA[config.curriculum]:
        stage = make_stage(model, panel, lines, rows, config)
        history, stop, guard = fit(model, stage, ledger)
        histories.append(history)
        unrestored += not stop.restored
        unasked += len(history) - stop.consultations
        stage.refit_eraser()
        metrics |= {f"{stage.name}_best_epoch": stop.best_epoch, f"{stage.name}_guard_fired": guard.fired}
    metrics["early_stop_consultations_missing"] = unasked
    metrics["task_gradient_on_resistance"] = task_gradient_on_resistance(FineTuningStage(model, panel, lines, rows, config))
    history = pd.concat(histories, ignore_index=True)
    return history, metrics | stage.trajectory.changes(history, stop.best_epoch), unrestored


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


def main() -> None:
    """Stage `train`: the curriculum on the subset or on all training lines and pairs."""
    parser = stage_parser(__doc__)
    parser.add_argument("--scope", choices=("subset", "full"), required=True)
    for name in ("elements", "shards", "model", "history", "verification", "violation", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    torch.use_deterministic_algorithms(True)
    panel = load_panel(arguments.elements, arguments.shards, config)
    lines, rows, plan = subset_of(panel, config) if arguments.scope == "subset" else (panel.training, panel.rows("train"), config)
    model = new_model(plan, panel)
    try:
        history, metrics, verification = train(model, panel, lines, rows, plan)
    except DesignViolation as violation:
        write_json(arguments.violation, violation.record)
        raise
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

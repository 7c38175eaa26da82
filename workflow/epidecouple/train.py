"""Training: one loop for every stage of the curriculum, validated every epoch, stopped early, kept at its best epoch."""

import copy
import dataclasses
import logging
import time
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from .clustering import modules
from .config import Config, FitConfig
from .curriculum import PotentialStage, ResistanceStage
from .dataset import Panel, load_panel
from .energy import EnergyModel
from .provenance import write_metrics
from .sampler import CellBatchSampler, MacroStep
from .scoring import score_potential, score_resistance
from .skill import macro_aupr
from .stage import run_stage, stage_parser
from .storage import save_model
from .verification import exact_assertions, task_gradient_on_resistance

log = logging.getLogger(__name__)

WARM_UP = 0.2
GRADIENT_NORM = 5.0
# OneCycleLR divides by zero when the warm-up is one step long, and gives a rate of 0 to a lone step.
FEWEST_SCHEDULED = 6


class Stage(Protocol):
    """A stage of the curriculum, as the loop sees it; `score` names the validation figure that decides."""

    name: str
    score: str
    fit: FitConfig
    sampler: CellBatchSampler

    def parameters(self) -> list[nn.Parameter]:
        """What the stage moves."""
        ...

    def loss(self, step: MacroStep) -> Tensor:
        """What the stage minimises."""
        ...

    def after_step(self) -> None:
        """What follows the parameters without a gradient."""
        ...

    def validate(self) -> dict[str, float]:
        """Figures on validation chromosomes, the one named by `score` among them."""
        ...


class EarlyStop:
    """Keeps the best state seen and says when `patience` epochs have passed without a better one.

    A score named `*_loss` is better when lower, any other when higher.
    """

    def __init__(self, model: nn.Module, score: str, patience: int) -> None:
        self.model, self.score, self.patience = model, score, patience
        self.best, self.best_epoch, self.consultations = -np.inf, -1, 0
        self.state = copy.deepcopy(model.state_dict())

    def consult(self, epoch: int, validation: dict[str, float]) -> bool:
        """Note the epoch's validation; True when training should stop."""
        self.consultations += 1
        value = -validation[self.score] if self.score.endswith("_loss") else validation[self.score]
        if value > self.best:
            self.best, self.best_epoch = value, epoch
            self.state = copy.deepcopy(self.model.state_dict())
        return epoch - self.best_epoch >= self.patience

    def restore(self) -> None:
        """Put the best epoch's state back into the model."""
        self.model.load_state_dict(self.state)


def fit(model: EnergyModel, stage: Stage) -> tuple[pd.DataFrame, EarlyStop]:
    """Run one stage: history (stage, epoch, train_loss, validation figures) and the early stop that was consulted.

    Epoch 0 is the state before the first step.
    """
    optimiser = torch.optim.AdamW(stage.parameters(), lr=stage.fit.learning_rate, weight_decay=stage.fit.weight_decay)
    steps = max(FEWEST_SCHEDULED, stage.fit.epochs * len(stage.sampler))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, stage.fit.learning_rate, total_steps=steps, pct_start=WARM_UP)
    stop = EarlyStop(model, stage.score, stage.fit.patience)
    model.eval()
    history = [{"stage": stage.name, "epoch": 0, "train_loss": np.nan, **stage.validate()}]
    stop.consult(0, history[0])
    for epoch in range(1, stage.fit.epochs + 1):
        started, losses = time.perf_counter(), []
        model.train()
        for step in stage.sampler.epoch(epoch):
            loss = stage.loss(step)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(stage.parameters(), GRADIENT_NORM)
            optimiser.step()
            schedule.step()
            stage.after_step()
            losses.append(loss.detach())
        model.eval()
        history.append({"stage": stage.name, "epoch": epoch, "train_loss": float(torch.stack(losses).mean()), **stage.validate()})
        log.info("%s  %.1f s", _line(history[-1], stage.fit.epochs), time.perf_counter() - started)
        if stop.consult(epoch, history[-1]):
            break
    stop.restore()
    return pd.DataFrame(history), stop


def _line(record: dict, epochs: int) -> str:
    figures = "  ".join(f"{name} {value:.4f}" for name, value in record.items() if name not in ("stage", "epoch"))
    return f"{record['stage']} epoch {record['epoch']}/{epochs}  {figures}"


def new_model(config: Config, panel: Panel) -> EnergyModel:
    """An untrained model whose reference loci are grouped into modules by their marks in the training lines."""
    torch.manual_seed(config.seed)
    model = EnergyModel(config, panel.n_reference)
    profile = np.concatenate([panel.shards[line].reference for line in panel.training], axis=1).astype(np.float32)
    model.locus_modules.copy_(torch.from_numpy(modules(profile, config.reference.modules, config.seed)))
    return model


@torch.no_grad()
def start_prototypes(model: EnergyModel, panel: Panel, lines: list[int], config: Config) -> EnergyModel:
    """Place the state prototypes of a model at the k-means centroids of the lines' reference loci; returns the model."""
    e = torch.cat([model.resistance.encoder(panel.reference_tensor(line)) for line in lines])
    model.resistance.prototypes.start(e, config.seed)
    return model


def train(model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config) -> tuple[pd.DataFrame, dict]:
    """The curriculum `resistance_first`: R and tau on discordant pairs, then U with offset -R.

    lines : columns of the training lines to use; rows : training pairs. Returns history and metrics.
    """
    start_prototypes(model, panel, lines, config)
    histories, metrics = [], {}
    for make_stage in (ResistanceStage, PotentialStage):
        stage = make_stage(model, panel, lines, rows, config)
        history, stop = fit(model, stage)
        histories.append(history)
        metrics[f"{stage.name}_best_epoch"] = stop.best_epoch
        metrics[f"{stage.name}_early_stop_consultations"] = stop.consultations
    metrics["task_gradient_on_resistance"] = task_gradient_on_resistance(stage)
    return pd.concat(histories, ignore_index=True), metrics


def measure(model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray) -> dict[str, float]:
    """Skill on training and validation pairs, spread of R within pairs, and the exact assertions."""
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
        **exact_assertions(model, panel, validation),
    }


def _aupr(model: EnergyModel, panel: Panel, lines: list[int], pairs: np.ndarray) -> float:
    energy = score_potential(model, panel, pairs)[:, None] - score_resistance(model, panel, pairs, lines)
    return macro_aupr(panel.labels[np.ix_(pairs, lines)], energy)


def subset_of(panel: Panel, config: Config) -> tuple[list[int], np.ndarray, Config]:
    """Lines, training pairs and shortened configuration of the small run."""
    rows = np.random.default_rng([config.seed, 5]).permutation(panel.rows("train"))[: config.subset.pairs]
    short = dataclasses.replace(config, potential=dataclasses.replace(config.potential, epochs=config.subset.epochs))
    return panel.training[: config.subset.lines], np.sort(rows), short


def main() -> None:
    """Stage `train`: the curriculum on the subset or on all training lines and pairs."""
    parser = stage_parser(__doc__)
    parser.add_argument("--scope", choices=("subset", "full"), required=True)
    for name in ("elements", "shards", "model", "history", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    torch.use_deterministic_algorithms(True)
    panel = load_panel(arguments.elements, arguments.shards, config)
    lines, rows, plan = subset_of(panel, config) if arguments.scope == "subset" else (panel.training, panel.rows("train"), config)
    model = new_model(plan, panel)
    history, metrics = train(model, panel, lines, rows, plan)
    model.eval()
    save_model(model, arguments.model, arguments.settings)
    history.to_csv(arguments.history, sep="\t", index=False)
    inputs = [arguments.elements / "splits.json", *(arguments.shards / line / "manifest.json" for line in panel.lines)]
    write_metrics(arguments.metrics, "train", {**metrics, **measure(model, panel, lines, rows)}, arguments.settings, inputs)


if __name__ == "__main__":
    run_stage(main)

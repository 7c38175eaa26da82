"""Training: the stages of the curriculum one after the other, watched by the ledger; one that was killed goes on where it was."""

import dataclasses
import logging
from argparse import Namespace
from pathlib import Path

import pandas as pd
import torch

from ..core.config import Config
from ..core.device import chosen_device, make_deterministic
from ..core.errors import DesignViolation
from ..core.provenance import write_json, write_metrics
from ..data.panel import Panel, load_panel
from ..model.energy import EnergyModel
from ..model.initialise import new_model
from ..model.weights import save_model
from ..training.checkpoint import Checkpoint, basis_of
from ..training.processes import draw_apart, joined_processes, rank
from ..training.trainer import subset_of, train
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


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

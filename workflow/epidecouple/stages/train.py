"""Training: the phases of the curriculum one after the other, watched by the ledger; one that was
killed goes on where it was.
"""

import dataclasses
import logging
from pathlib import Path
from typing import Literal

from ..core.config import Config
from ..core.errors import DesignViolation
from ..core.provenance import Measured, write_json
from ..data.panel import Panel, load_panel
from ..model.initialise import new_model
from ..model.weights import save_model
from ..training.checkpoint import Checkpoint, basis_of
from ..training.device import chosen_device, make_deterministic
from ..training.processes import draw_apart, joined_processes, rank
from ..training.trainer import full_plan, subset_plan
from ..training.trainer import train as train_curriculum
from .runner import run

log = logging.getLogger(__name__)

# What of a record is another in every run; a file of its own, so that all others are equal bytes.
TIMING, OVERHEAD = "timing.json", "overhead_share"


def train(
    config: Config,
    settings: str,
    scope: Literal["subset", "full"],
    elements: Path,
    shards: Path,
    model: Path,
    history: Path,
    verification: Path,
    violation: Path,
) -> Measured:
    """Train the curriculum on the subset or on all training lines and pairs."""
    device = chosen_device(config.device)
    make_deterministic(device)
    with joined_processes(device):
        panel = dataclasses.replace(load_panel(elements, shards, config), device=device)
        plan = subset_plan(panel, config) if scope == "subset" else full_plan(panel, config)
        network = new_model(plan.config, panel).to(device)
        inputs = _inputs(panel, elements, shards)
        checkpoint = Checkpoint(model.parent / "checkpoint", basis_of(settings, scope, inputs))
        draw_apart(config.seed)
        if config.compile:
            network.potential.encoder.compile_elements()
        try:
            trained = train_curriculum(network, panel, plan, checkpoint)
        except DesignViolation as error:
            if rank() == 0:
                write_json(violation, error.record)
            raise
        if rank() == 0:
            save_model(network, model, settings)
            trained.history.to_csv(history, sep="\t", index=False)
            record = dict(trained.record)
            timing = {OVERHEAD: record.pop(OVERHEAD)}
            write_json(verification, record)
            write_json(verification.with_name(TIMING), timing)
            checkpoint.remove()
    overhead = 100 * trained.record[OVERHEAD]
    log.info(
        "design: %d violations; the ledger took %.1f %% of the time",
        trained.metrics["design_violations"],
        overhead,
    )
    data = [file for file in inputs if file.name in ("splits.json", "manifest.json")]
    return Measured(trained.metrics, [model, *data])


def _inputs(panel: Panel, elements: Path, shards: Path) -> list[Path]:
    """All files of the elements and of the lines' shards."""
    folders = [elements, *(shards / line for line in panel.lines)]
    return sorted(file for folder in folders for file in folder.iterdir())


if __name__ == "__main__":
    run(train)

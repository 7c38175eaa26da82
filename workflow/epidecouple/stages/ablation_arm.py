"""One arm of the ablation in one world: trained and measured on test chromosomes."""

import logging
from pathlib import Path

import torch

from ..ablation.arms import all_arms, arm_values, world_of, world_values
from ..ablation.measures import measured
from ..ablation.train_arm import energies_of_arm
from ..ablation.world import read_world
from ..core.config import Config
from ..core.provenance import write_json
from .runner import run

log = logging.getLogger(__name__)


def ablation_arm(world: str, seed: int, arm: str, folder: Path, figures: Path) -> None:
    """Train an arm in the world below a folder, and write its figures."""
    torch.set_num_threads(1)
    chosen, where = all_arms()[arm], world_of(world)
    config = Config.from_dict(arm_values(world_values(where, seed), chosen))
    panel, known = read_world(folder, config)
    found = energies_of_arm(chosen, config, panel, where.discordant_pairs)
    rows = panel.rows("test")
    values = measured(panel, rows, known.at(rows), found)
    write_json(figures, {"world": world, "seed": seed, "arm": arm} | values)
    log.info("%s, %s, seed %d: %s", arm, world, seed, values)


if __name__ == "__main__":
    run(ablation_arm)

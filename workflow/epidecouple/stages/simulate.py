"""Write a simulated world in the file formats of the real sources, and its truth apart from the
data.
"""

import logging
from pathlib import Path

from ..core.config import Config
from ..files.catalog import catalog_of
from ..simulation.world import simulate as simulated
from ..simulation.writer import write_world
from .runner import run

log = logging.getLogger(__name__)


def simulate(config: Config, truth: Path) -> None:
    """Write the whole dataset of `config/config.yaml` in one job."""
    world = simulated(config.simulation, config.cell_lines, config.held_out_lines, config.seed)
    write_world(world, config.simulation, catalog_of(config), truth, config.seed)
    log.info("%d pairs, base rate %.3f", len(world.pairs), world.labels.mean())


if __name__ == "__main__":
    run(simulate)

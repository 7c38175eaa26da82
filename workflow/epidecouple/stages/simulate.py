"""Write a simulated world in the file formats of the real sources, and its truth apart from the data.

FASTA (gzip), TargetFinder pair tables, HiCCUPS loop lists, narrowPeak and broadPeak files, planted motifs in MEME format;
0-based, half-open.
"""

import logging
from pathlib import Path

from ..core.config import Config
from ..files.catalog import catalog_of
from ..simulation.world import simulate
from ..simulation.writer import write_world
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `simulate`: the whole dataset of `config/config.yaml` in one job."""
    parser = stage_parser(__doc__)
    parser.add_argument("--truth", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    world = simulate(config.simulation, config.cell_lines, config.held_out_lines, config.seed)
    write_world(world, config.simulation, catalog_of(config), arguments.truth, config.seed)
    log.info("%d pairs, base rate %.3f", len(world.pairs), world.labels.mean())


if __name__ == "__main__":
    run_stage(main)

"""Recovery of the known energies of a simulated world, on test chromosomes. The only stage that reads the truth."""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.provenance import read_metrics, write_metrics
from ..simulation.energy_recovery import KEY, _points, recovered
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `recovery`: compare the model's energies with the simulated truth."""
    parser = stage_parser(__doc__)
    for name in ("energies", "truth", "evaluated", "points", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    energies = pd.read_parquet(arguments.energies).query("split == 'test'")
    truth = energies[KEY].merge(pd.read_parquet(arguments.truth), on=KEY, how="left", validate="one_to_one")
    metrics = recovered(energies, truth, config)
    metrics["potential_sd_across_lines"] = read_metrics(arguments.evaluated)["potential_difference_between_lines"]
    metrics |= {"truth_known": 1, "biological_offset": config.simulation.biological_offset}
    _points(energies, truth, config.all_lines).to_csv(arguments.points, sep="\t", index=False, float_format="%.4f")
    write_metrics(arguments.metrics, "recovery", metrics, arguments.settings, [arguments.energies, arguments.truth])
    log.info("corr(U) %.3f, within-pair corr(R) %.3f", metrics["potential_corr"], metrics["resistance_within_pair_corr"])


if __name__ == "__main__":
    run_stage(main)

"""Recovery of the known energies of a simulated world, on test chromosomes. The only stage that
reads the truth.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.integrity import intact
from ..core.provenance import Measured, read_metrics
from ..simulation.energy_recovery import KEY, points_shown, recovered
from ..simulation.lineage_counts import lineage_information
from .runner import run

log = logging.getLogger(__name__)


def recovery(
    config: Config, energies: Path, truth: Path, panel: Path, evaluated: Path, points: Path
) -> Measured:
    """Compare the model's energies with the simulated truth."""
    scored = pd.read_parquet(intact(energies)).query("split == 'test'")
    everything, listed = pd.read_parquet(intact(truth)), pd.read_parquet(intact(panel))
    known = _of_pairs(scored, everything)
    metrics = recovered(scored, known, config)
    metrics |= lineage_information(listed, _of_pairs(listed, everything), config)
    metrics["potential_sd_across_lines"] = read_metrics(evaluated)[
        "potential_difference_between_lines"
    ]
    metrics |= {"truth_known": 1, "biological_offset": config.simulation.biological_offset}
    points_shown(scored, known, config.all_lines).to_csv(
        points, sep="\t", index=False, float_format="%.4f"
    )
    log.info(
        "corr(U) %.3f, within-pair corr(R) %.3f",
        metrics["potential_corr"],
        metrics["resistance_within_pair_corr"],
    )
    return Measured(metrics, [energies, truth])


def _of_pairs(pairs: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """The truth of the pairs, in their order."""
    return pairs[KEY].merge(truth, on=KEY, how="left", validate="one_to_one")


if __name__ == "__main__":
    run(recovery)

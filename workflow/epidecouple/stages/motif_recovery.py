"""Recovery of the planted motifs of a simulated world: the only stage that knows a motif's role, by its name."""

import logging
from pathlib import Path

import pandas as pd

from ..core.provenance import write_metrics
from ..simulation.motif_recovery import motif_recovery
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `motif_recovery`: which of the planted motifs U was found to read."""
    parser = stage_parser(__doc__)
    for name in ("effects", "matches", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    metrics = motif_recovery(*(pd.read_csv(path, sep="\t") for path in (arguments.effects, arguments.matches)))
    write_metrics(arguments.metrics, "motif_recovery", metrics, arguments.settings, [arguments.effects, arguments.matches])
    log.info("recall %.2f, precision %.2f", metrics["motif_recall"], metrics["motif_precision"])


if __name__ == "__main__":
    run_stage(main)

"""Recovery of the planted motifs of a simulated world: the only stage that knows a motif's role, by
its name.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.integrity import intact
from ..core.provenance import Measured
from ..simulation.motif_recovery import motif_recovery as recovered
from .runner import run

log = logging.getLogger(__name__)


def motif_recovery(effects: Path, matches: Path) -> Measured:
    """Count which of the planted motifs U reads."""
    metrics = recovered(
        pd.read_csv(intact(effects), sep="\t"), pd.read_csv(intact(matches), sep="\t")
    )
    log.info("recall %.2f, precision %.2f", metrics["motif_recall"], metrics["motif_precision"])
    return Measured(metrics, [effects, matches])


if __name__ == "__main__":
    run(motif_recovery)

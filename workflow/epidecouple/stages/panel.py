"""The crossed panel: every pair of any line's table, labelled in every line by that line's
loops.
"""

import logging
from pathlib import Path

from ..core.config import Config
from ..core.integrity import seal
from ..core.provenance import Measured
from ..data.blocks import write_blocks
from ..data.crossed_pairs import build_panel
from ..files.catalog import catalog_of
from .runner import run

log = logging.getLogger(__name__)


def panel(config: Config, panel: Path, funnel: Path) -> Measured:
    """Cross the lines' pair tables and label every pair by every line's loops."""
    catalog = catalog_of(config)
    crossed, counts, metrics = build_panel(config, catalog)
    write_blocks(crossed.blocks(), panel)
    seal(panel)
    counts.to_csv(funnel, sep="\t", index=False)
    log.info("%s", counts.to_string(index=False))
    return Measured(metrics, catalog.tables)


if __name__ == "__main__":
    run(panel)

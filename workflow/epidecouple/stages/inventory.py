"""Inventory: every file of the catalog, read once, and checked where the manifest knows its
checksum.
"""

import logging
from pathlib import Path

from ..core.config import Config
from ..core.provenance import Measured
from ..files.catalog import catalog_of, inventory_metrics, take_inventory
from ..files.inspection import inspect
from .runner import run

log = logging.getLogger(__name__)


def inventory(config: Config, inventory: Path) -> Measured:
    """List the run's files for the download gate, after reading every one: bad input ends a run
    here, before anything that takes time.
    """
    catalog = catalog_of(config)
    table = take_inventory(catalog.files)
    table.to_csv(inventory, sep="\t", index=False)
    metrics = inventory_metrics(table)
    if not metrics["files_wrong_checksum"]:
        inspect(catalog, config.splits.folds)
    log.info("%d files, %.1f MB", metrics["files"], metrics["bytes"] / 1e6)
    return Measured(metrics)


if __name__ == "__main__":
    run(inventory)

"""Inventory: every file of the catalog, checked once more where the manifest knows its checksum."""

import logging
from pathlib import Path

from ..core.config import Config
from ..core.provenance import Measured
from ..files.catalog import catalog_of, inventory_metrics, take_inventory
from .runner import run

log = logging.getLogger(__name__)


def inventory(config: Config, inventory: Path) -> Measured:
    """List the run's files for the download gate."""
    table = take_inventory(catalog_of(config))
    table.to_csv(inventory, sep="\t", index=False)
    metrics = inventory_metrics(table)
    log.info("%d files, %.1f MB", metrics["files"], metrics["bytes"] / 1e6)
    return Measured(metrics)


if __name__ == "__main__":
    run(inventory)

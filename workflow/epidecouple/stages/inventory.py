"""Inventory: every file of the catalog, checked once more where the manifest knows its checksum."""

import logging
from pathlib import Path

from ..core.config import Config
from ..core.provenance import write_metrics
from ..files.catalog import catalog_of, take_inventory
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `inventory`: what the download gate asks."""
    parser = stage_parser(__doc__)
    for name in ("inventory", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    catalog = catalog_of(Config.from_json(arguments.settings))
    table = take_inventory(catalog)
    table.to_csv(arguments.inventory, sep="\t", index=False)
    metrics = {
        "files": len(table),
        "bytes": int(table.bytes.sum()),
        "files_missing": int((table.bytes == 0).sum()),
        "files_wrong_checksum": int((table.checksum_ok == False).sum()),  # noqa: E712 - None is not wrong
        "files_checksum_known": int(table.checksum_ok.notna().sum()),
    }
    write_metrics(arguments.metrics, "inventory", metrics, arguments.settings)
    log.info("%d files, %.1f MB", metrics["files"], metrics["bytes"] / 1e6)


if __name__ == "__main__":
    run_stage(main)

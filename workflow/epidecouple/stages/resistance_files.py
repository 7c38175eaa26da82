"""The files of R alone and of the loop panel: every one read once, before anything that takes time.

No gate judges them, so a file that is not what the manifest knows ends the call here, too.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.errors import InputError
from ..files.catalog import catalog_of, take_inventory
from ..files.inspection import inspect_loci
from .runner import run

log = logging.getLogger(__name__)


def resistance_files(config: Config, inventory: Path) -> None:
    """List pairs, loops and peaks, those of the loop panel's marks too, after reading every one."""
    catalog = catalog_of(config)
    peaks = [*catalog.peaks, *catalog_of(config, config.loop_marks).peaks]
    regions = [catalog.regions] if catalog.regions else []
    table = take_inventory(dict.fromkeys([*regions, *catalog.tables, *peaks]))
    require_known(table)
    inspect_loci(catalog, peaks, config.splits.folds)
    table.to_csv(inventory, sep="\t", index=False)
    log.info("%d files, %.1f MB", len(table), table.bytes.sum() / 1e6)


def require_known(inventory: pd.DataFrame) -> None:
    """Raise `InputError` for the first file whose checksum is not that of the manifest."""
    for path in inventory.path[inventory.checksum_ok.eq(False)][:1]:
        problem = "this file is not the one that resources/sources.tsv knows: another checksum"
        raise InputError(problem, "Remove it and call again, so that it is fetched anew", path)


if __name__ == "__main__":
    run(resistance_files)

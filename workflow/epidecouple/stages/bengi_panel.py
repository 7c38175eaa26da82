"""Pairs of BENGI in all lines with their labels, and the marks of their own line there."""

import logging
from pathlib import Path

import numpy as np

from ..bengi.catalog import bengi_catalog
from ..bengi.panel import pair_signal, read_tables
from ..core.config import Config
from ..core.integrity import seal
from .runner import run

log = logging.getLogger(__name__)


def bengi_panel(config: Config, pairs: Path, signal: Path) -> None:
    """Write the pairs, and the signal (n, P, M)."""
    catalog = bengi_catalog(config)
    table = read_tables(catalog, config)
    table.to_parquet(pairs, index=False)
    np.save(signal, pair_signal(table, catalog, config))
    seal(pairs, signal)
    log.info("%d pairs, %d of them in tested lines", len(table), (~table.training).sum())


if __name__ == "__main__":
    run(bengi_panel)

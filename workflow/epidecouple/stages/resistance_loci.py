"""Loci without DNA: what the stages `elements` and `reference` make with the genome at hand.

Here the last peak of a chromosome stands for its end.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..data.loci import indexed_pairs, reference_loci, unique_elements
from ..data.splits import splits_of, write_splits
from ..files.catalog import catalog_of
from .runner import run

log = logging.getLogger(__name__)


def resistance_loci(
    config: Config, panel: Path, elements: Path, pairs: Path, splits: Path, reference: Path
) -> None:
    """Write pairs, elements, splits and reference loci of the panel, from pairs and peaks alone."""
    crossed = pd.read_parquet(intact(panel))
    split = splits_of(config)
    loci = unique_elements(crossed)
    table = indexed_pairs(crossed, loci, split, config)
    chosen = reference_loci(catalog_of(config), config)
    loci.to_parquet(elements, index=False)
    table.to_parquet(pairs, index=False)
    chosen.to_parquet(reference, index=False)
    seal(elements, pairs, reference)
    write_splits(split, splits)
    log.info("%d elements, %d pairs, %d reference loci", len(loci), len(table), len(chosen))


if __name__ == "__main__":
    run(resistance_loci)

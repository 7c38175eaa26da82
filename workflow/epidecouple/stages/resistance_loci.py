"""Loci without DNA: what the stages `elements` and `reference` make with the genome at hand.

Here the last peak of a chromosome stands for its end.
"""

import logging
from pathlib import Path

from ..core.config import Config
from ..core.integrity import intact, seal
from ..data.blocks import write_blocks
from ..data.loci import StoredPanel, reference_loci
from ..data.splits import splits_of, write_splits
from ..files.catalog import catalog_of
from .runner import run

log = logging.getLogger(__name__)


def resistance_loci(
    config: Config, panel: Path, elements: Path, pairs: Path, splits: Path, reference: Path
) -> None:
    """Write pairs, elements, splits and reference loci of the panel, from pairs and peaks alone."""
    crossed, split = StoredPanel(intact(panel)), splits_of(config)
    loci, of_split = crossed.elements, crossed.pairs_of_splits(split, config)
    chosen = reference_loci(catalog_of(config), config)
    loci.to_parquet(elements, index=False)
    write_blocks(crossed.pairs(split), pairs)
    chosen.to_parquet(reference, index=False)
    seal(elements, pairs, reference)
    write_splits(split, splits)
    counts = len(loci), sum(of_split.values()), len(chosen)
    log.info("%d elements, %d pairs, %d reference loci", *counts)


if __name__ == "__main__":
    run(resistance_loci)

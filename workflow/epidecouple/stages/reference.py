"""Reference loci: a fixed set of tiles on training chromosomes, the same in every line."""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..data.loci import reference_loci
from ..data.splits import splits_of
from ..files.catalog import catalog_of
from .runner import run

log = logging.getLogger(__name__)


def reference(config: Config, chromosomes: Path, reference: Path) -> None:
    """Choose the reference loci from the training lines' peaks."""
    table = pd.read_csv(intact(chromosomes), sep="\t", index_col="chrom", dtype={"chrom": str})
    sizes = table["size"]
    training = sizes[sizes.index.isin(splits_of(config).train)]
    loci = reference_loci(catalog_of(config), config, training)
    loci.to_parquet(reference, index=False)
    seal(reference)
    log.info("%d reference loci of %d bp", len(loci), config.windows.signal_bp)


if __name__ == "__main__":
    run(reference)

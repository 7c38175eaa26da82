"""Elements: the unique windows of the panel, encoded once, and the pairs as rows of them."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..core.provenance import Measured
from ..data.loci import encoded_windows, indexed_pairs, unique_elements
from ..data.splits import Splits, splits_of, write_splits
from ..files.catalog import catalog_of
from .runner import run

log = logging.getLogger(__name__)


def elements(
    config: Config,
    panel: Path,
    elements: Path,
    sequences: Path,
    pairs: Path,
    splits: Path,
    chromosomes: Path,
) -> Measured:
    """Encode the panel's windows and write pairs, splits and the sizes of the chromosomes that hold
    pairs.
    """
    crossed = pd.read_parquet(intact(panel))
    split = splits_of(config)
    loci = unique_elements(crossed)
    table = indexed_pairs(crossed, loci, split, config)
    codes, sizes = encoded_windows(crossed, loci, catalog_of(config), config.windows.sequence_bp)
    loci.to_parquet(elements, index=False)
    table.to_parquet(pairs, index=False)
    np.save(sequences, codes)
    write_splits(split, splits)
    sizes[sizes.index.isin(table.chrom)].rename_axis("chrom").to_csv(chromosomes, sep="\t")
    seal(elements, pairs, sequences, chromosomes)
    log.info(
        "%d elements of %d bp, %d pairs, split hash %s",
        len(loci),
        codes.shape[1],
        len(table),
        split.hash,
    )
    return Measured(_metrics(loci, codes, table, split), [panel])


def _metrics(
    loci: pd.DataFrame, codes: np.ndarray, pairs: pd.DataFrame, splits: Splits
) -> dict[str, Any]:
    """Counts of elements and of pairs per split."""
    of_split = {f"pairs_{name}": int(count) for name, count in pairs.split.value_counts().items()}
    unknown = float((codes == 4).mean())
    return {
        "elements": len(loci),
        "window_bp": codes.shape[1],
        "n_fraction": unknown,
        "split_hash": splits.hash,
        **of_split,
    }


if __name__ == "__main__":
    run(elements)

"""Elements: the unique windows of the panel, encoded once, and the pairs as rows of them."""

import logging
from pathlib import Path

import numpy as np

from ..core.config import Config
from ..core.integrity import intact, seal
from ..core.provenance import Measured
from ..data.blocks import write_blocks
from ..data.loci import StoredPanel, encoded_windows
from ..data.splits import splits_of, write_splits
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
    crossed, split = StoredPanel(intact(panel)), splits_of(config)
    loci, of_split = crossed.elements, crossed.pairs_of_splits(split, config)
    codes, sizes = encoded_windows(crossed, catalog_of(config), config.windows.sequence_bp)
    loci.to_parquet(elements, index=False)
    write_blocks(crossed.pairs(split), pairs)
    np.save(sequences, codes)
    write_splits(split, splits)
    sizes[sizes.index.isin(loci.chrom)].rename_axis("chrom").to_csv(chromosomes, sep="\t")
    seal(elements, pairs, sequences, chromosomes)
    log.info(
        "%d elements of %d bp, %d pairs, split hash %s",
        *codes.shape,
        sum(of_split.values()),
        split.hash,
    )
    counts = {f"pairs_{name}": count for name, count in of_split.items()}
    of_windows = {"elements": len(loci), "window_bp": codes.shape[1], "n_fraction": _unknown(codes)}
    return Measured({**of_windows, "split_hash": split.hash, **counts}, [panel])


def _unknown(codes: np.ndarray) -> float:
    """Share of the letters that are N."""
    return float((codes == 4).mean())


if __name__ == "__main__":
    run(elements)

"""Reference loci: a fixed set of tiles on training chromosomes, the same in every line.

Marks are normalised on them and lines are compared on them; candidate pairs play no part in their choice.
Coordinates are 0-based and half-open.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..data.loci import choose_reference, tiles
from ..data.splits import splits_of
from ..files.catalog import catalog_of
from ..files.peaks import read_peaks
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `reference`: choose the reference loci from the training lines' peaks."""
    parser = stage_parser(__doc__)
    for name in ("chromosomes", "reference"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    sizes = pd.read_csv(arguments.chromosomes, sep="\t", index_col="chrom")["size"]
    training = sizes[sizes.index.isin(splits_of(config).train)]
    lines = catalog_of(config).lines
    peaks = pd.concat([read_peaks(path) for line in config.cell_lines for path in lines[line].peaks.values()])
    peaks = peaks[peaks.chrom.isin(training.index)]
    reference = choose_reference(tiles(training, config.windows.signal_bp), peaks, config.reference.loci, config.seed)
    reference.to_parquet(arguments.reference, index=False)
    log.info("%d reference loci of %d bp", len(reference), config.windows.signal_bp)


if __name__ == "__main__":
    run_stage(main)

"""Reference loci: a fixed set of tiles on training chromosomes, the same in every line.

Marks are normalised on them and lines are compared on them; candidate pairs play no part in their choice.
Coordinates are 0-based and half-open.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from .catalog import catalog_of
from .config import Config
from .errors import InputError
from .intervals import overlapping
from .peaks import read_peaks
from .splits import splits_of
from .stage import run_stage, stage_parser

log = logging.getLogger(__name__)


def tiles(sizes: pd.Series, length: int) -> pd.DataFrame:
    """Adjacent tiles of `length` bp on each chromosome (sizes: chrom -> bp): chrom, start, end."""
    starts = {chrom: np.arange(0, size - length + 1, length) for chrom, size in sizes.items()}
    frames = [pd.DataFrame({"chrom": chrom, "start": start, "end": start + length}) for chrom, start in starts.items()]
    return pd.concat(frames, ignore_index=True)


def choose_reference(candidates: pd.DataFrame, peaks: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """At most `count` of the tiles that overlap a peak of any training line, drawn with `seed`, in genomic order."""
    active = candidates[overlapping(candidates, peaks)]
    if active.empty:
        raise InputError("no peak of a training line lies on a training chromosome", "Check that peaks and pairs share an assembly")
    chosen = np.random.default_rng([seed, 2]).permutation(len(active))[:count]
    return active.iloc[np.sort(chosen)].reset_index(drop=True)


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

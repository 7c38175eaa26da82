"""Loci without DNA: the panel's pairs as rows of its elements, splits and reference loci, from pairs and peaks alone.

What the stages `elements` and `reference` make with the genome at hand; here the last peak of a chromosome stands for its end.
"""

import logging
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.provenance import write_json
from ..data.labels import label_matrix
from ..data.loci import choose_reference, pair_table, reach, tiles, unique_elements
from ..data.splits import check_splits, splits_of
from ..files.catalog import catalog_of
from ..files.peaks import read_peaks
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `loci`: pairs, elements, splits and reference loci of the panel."""
    parser = stage_parser(__doc__)
    for name in ("panel", "elements", "pairs", "splits", "reference"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    splits, panel = splits_of(config), pd.read_parquet(arguments.panel)
    elements = unique_elements(panel)
    pairs = pair_table(panel, elements, splits)
    labels = pd.DataFrame(label_matrix(panel, config.all_lines), columns=config.all_lines)
    check_splits(pairs.split, labels, config.cell_lines)
    lines, width = catalog_of(config).lines, config.windows.signal_bp
    peaks = pd.concat([read_peaks(path) for line in config.cell_lines for path in lines[line].peaks.values()])
    peaks = peaks[peaks.chrom.isin(splits.train)]
    reference = choose_reference(tiles(reach(peaks, width), width), peaks, config.reference.loci, config.seed)
    elements.to_parquet(arguments.elements, index=False)
    pairs.to_parquet(arguments.pairs, index=False)
    reference.to_parquet(arguments.reference, index=False)
    write_json(arguments.splits, {**asdict(splits), "hash": splits.hash})
    log.info("%d elements, %d pairs, %d reference loci", len(elements), len(pairs), len(reference))


if __name__ == "__main__":
    run_stage(main)

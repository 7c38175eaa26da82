"""Elements: the unique windows of the panel, encoded once, and the pairs as rows of them.

Coordinates are 0-based and half-open; a window of L bp starts at midpoint - L / 2.
"""

import logging
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.provenance import write_json, write_metrics
from ..data.labels import label_matrix
from ..data.loci import check_on_genome, pair_table, unique_elements, windows
from ..data.splits import check_splits, splits_of
from ..files.catalog import catalog_of
from ..files.fasta import chromosome_sizes, encode_windows, open_genome
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `elements`: panel and genome to encoded windows, pairs and splits."""
    parser = stage_parser(__doc__)
    for name in ("panel", "elements", "sequences", "pairs", "splits", "chromosomes", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    catalog, splits, panel = catalog_of(config), splits_of(config), pd.read_parquet(arguments.panel)
    elements = unique_elements(panel)
    pairs = pair_table(panel, elements, splits)
    labels = pd.DataFrame(label_matrix(panel, config.all_lines), columns=config.all_lines)
    check_splits(pairs.split, labels, config.cell_lines)
    with open_genome(catalog.genome) as fasta:
        sizes = chromosome_sizes(fasta)
        places = {line: files.pairs for line, files in catalog.lines.items()}
        check_on_genome(panel, sizes, config.windows.sequence_bp, places)
        codes = encode_windows(fasta, windows(elements, config.windows.sequence_bp), catalog.genome)
    elements.to_parquet(arguments.elements, index=False)
    pairs.to_parquet(arguments.pairs, index=False)
    np.save(arguments.sequences, codes)
    write_json(arguments.splits, {**asdict(splits), "hash": splits.hash})
    used = pd.Series(sizes, name="size").loc[lambda table: table.index.isin(pairs.chrom)]
    used.rename_axis("chrom").to_csv(arguments.chromosomes, sep="\t")
    metrics = {
        "elements": len(elements),
        "window_bp": codes.shape[1],
        "n_fraction": float((codes == 4).mean()),
        "split_hash": splits.hash,
        **{f"pairs_{name}": int(count) for name, count in pairs.split.value_counts().items()},
    }
    write_metrics(arguments.metrics, "elements", metrics, arguments.settings, [arguments.panel])
    log.info("%d elements of %d bp, %d pairs, split hash %s", len(elements), codes.shape[1], len(pairs), splits.hash)


if __name__ == "__main__":
    run_stage(main)

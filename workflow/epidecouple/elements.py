"""Elements: the unique windows of the panel, encoded once, and the pairs as rows of them.

Coordinates are 0-based and half-open; a window of L bp starts at midpoint - L / 2.
"""

import logging
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from .catalog import catalog_of
from .config import Config
from .errors import InputError
from .genome import chromosome_sizes, encode_windows, open_genome
from .panel import label_matrix
from .provenance import write_json, write_metrics
from .splits import Splits, check_splits, splits_of
from .stage import run_stage, stage_parser

log = logging.getLogger(__name__)


def unique_elements(panel: pd.DataFrame) -> pd.DataFrame:
    """One row per distinct (chrom, mid) of either end, sorted by position."""
    ends = [panel[["chrom", f"{kind}_mid"]].set_axis(["chrom", "mid"], axis=1) for kind in ("enhancer", "promoter")]
    return pd.concat(ends).drop_duplicates().sort_values(["chrom", "mid"], ignore_index=True)


def windows(elements: pd.DataFrame, length: int) -> pd.DataFrame:
    """Windows of `length` bp centred on the midpoints: chrom, start, end."""
    start = elements.mid - length // 2
    return pd.DataFrame({"chrom": elements.chrom, "start": start, "end": start + length})


def pair_table(panel: pd.DataFrame, elements: pd.DataFrame, splits: Splits) -> pd.DataFrame:
    """Pairs as rows of `elements`: chrom, enhancer, promoter, midpoints, distance (bp), split.

    enhancer_bp, promoter_bp : annotated lengths in the table that lists the pair first. They tell the line, so the
    design never reads them; record 22 does.
    """
    row_of = pd.Series(elements.index, index=pd.MultiIndex.from_frame(elements))
    rows = {kind: row_of[pd.MultiIndex.from_frame(panel[["chrom", f"{kind}_mid"]])].to_numpy() for kind in ("enhancer", "promoter")}
    mids = panel[["chrom", "enhancer_mid", "promoter_mid"]]
    distance = (panel.enhancer_mid - panel.promoter_mid).abs()
    lengths = {f"{kind}_bp": panel[f"{kind}_end"] - panel[f"{kind}_start"] for kind in ("enhancer", "promoter")}
    return mids.assign(**rows, distance=distance, **lengths, split=splits.of(panel.chrom))


def check_on_genome(panel: pd.DataFrame, sizes: dict[str, int], length: int, places: dict[str, Path]) -> None:
    """Raise `InputError`, naming the table and its line, for a pair that the genome cannot hold.

    Checked in this order: the chromosome exists, both elements end on it, both windows of `length` bp lie on it.
    """
    for row in panel[~panel.chrom.isin(list(sizes))].head(1).itertuples():
        problem = f"chromosome {row.chrom} is not in the genome, which has {', '.join(list(sizes)[:3])} and {max(0, len(sizes) - 3)} more"
        remedy = "Use one naming (chr1 or 1) in pairs and FASTA, or limit the pairs with dataset.regions"
        raise InputError(problem, remedy, places[row.cell_line], row.row)
    size = panel.chrom.map(sizes)
    for kind in ("enhancer", "promoter"):
        for row in panel[panel[f"{kind}_end"] > size].head(1).itertuples():
            problem = f"the {kind} ends at {getattr(row, f'{kind}_end')}, beyond {row.chrom} of {sizes[row.chrom]} bp"
            raise InputError(problem, "Is this table of another assembly? Mend or remove the row", places[row.cell_line], row.row)
        start = panel[f"{kind}_mid"] - length // 2
        for row in panel[(start < 0) | (start + length > size)].head(1).itertuples():
            middle = getattr(row, f"{kind}_mid")
            problem = f"the {kind}'s window of {length} bp around {middle} runs off {row.chrom} of {sizes[row.chrom]} bp"
            raise InputError(problem, "Remove the row or choose a smaller windows.sequence_bp", places[row.cell_line], row.row)


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

"""Elements: the unique windows of the panel, encoded once, and the pairs as rows of them.

Coordinates are 0-based and half-open; a window of L bp starts at midpoint - L / 2.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.errors import InputError
from ..core.random_streams import Stream, rng_for
from ..files.catalog import Catalog
from ..files.fasta import chromosome_sizes, encode_windows, open_genome
from ..files.intervals import overlapping
from ..files.peaks import read_peaks
from .labels import label_matrix
from .splits import Splits, check_splits, splits_of


def unique_elements(panel: pd.DataFrame) -> pd.DataFrame:
    """One row per distinct (chrom, mid) of either end, sorted by position."""
    ends = [
        panel[["chrom", f"{kind}_mid"]].set_axis(["chrom", "mid"], axis=1)
        for kind in ("enhancer", "promoter")
    ]
    return pd.concat(ends).drop_duplicates().sort_values(["chrom", "mid"], ignore_index=True)


def windows(elements: pd.DataFrame, length: int) -> pd.DataFrame:
    """Windows of `length` bp centred on the midpoints: chrom, start, end."""
    start = elements.mid - length // 2
    return pd.DataFrame({"chrom": elements.chrom, "start": start, "end": start + length})


def pair_table(panel: pd.DataFrame, elements: pd.DataFrame, splits: Splits) -> pd.DataFrame:
    """Pairs as rows of `elements`: chrom, enhancer, promoter, midpoints, distance (bp), split.

    enhancer_bp, promoter_bp : annotated lengths in the table that lists the pair first. They tell
    the line, so the design never reads them; record 22 does.
    """
    row_of = pd.Series(elements.index, index=pd.MultiIndex.from_frame(elements))
    rows = {
        kind: row_of[pd.MultiIndex.from_frame(panel[["chrom", f"{kind}_mid"]])].to_numpy()
        for kind in ("enhancer", "promoter")
    }
    mids = panel[["chrom", "enhancer_mid", "promoter_mid"]]
    distance = (panel.enhancer_mid - panel.promoter_mid).abs()
    lengths = {
        f"{kind}_bp": panel[f"{kind}_end"] - panel[f"{kind}_start"]
        for kind in ("enhancer", "promoter")
    }
    return mids.assign(**rows, distance=distance, **lengths, split=splits.of(panel.chrom))


def indexed_pairs(
    panel: pd.DataFrame, elements: pd.DataFrame, splits: Splits, config: Config
) -> pd.DataFrame:
    """`pair_table` of a panel whose splits can serve; raises `InputError` when one cannot (see
    `splits.check_splits`).
    """
    pairs = pair_table(panel, elements, splits)
    labels = pd.DataFrame(label_matrix(panel, config.all_lines), columns=config.all_lines)
    check_splits(pairs.split, labels, config.cell_lines)
    return pairs


def encoded_windows(
    panel: pd.DataFrame, elements: pd.DataFrame, catalog: Catalog, length: int
) -> tuple[np.ndarray, pd.Series]:
    """Codes uint8 (n_elements, length) of the elements' windows, and the size (bp) of every
    chromosome of the genome.

    Raises `InputError` for a pair that the genome cannot hold.
    """
    with open_genome(catalog.genome) as fasta:
        sizes = chromosome_sizes(fasta)
        places = {line: files.pairs for line, files in catalog.lines.items()}
        check_on_genome(panel, sizes, length, places)
        codes = encode_windows(fasta, windows(elements, length), catalog.genome)
    return codes, pd.Series(sizes, name="size")


def check_on_genome(
    panel: pd.DataFrame, sizes: dict[str, int], length: int, places: dict[str, Path]
) -> None:
    """Raise `InputError`, naming the table and its line, for a pair that the genome cannot hold.

    Checked in this order: the chromosome exists, both elements end on it, both windows of `length`
    bp lie on it.
    """
    for row in panel[~panel.chrom.isin(list(sizes))].head(1).itertuples():
        problem = (
            f"chromosome {row.chrom} is not in the genome, which has {', '.join(list(sizes)[:3])}"
            f" and {max(0, len(sizes) - 3)} more"
        )
        remedy = (
            "Use one naming (chr1 or 1) in pairs and FASTA, or limit the pairs with dataset.regions"
        )
        raise InputError(problem, remedy, places[row.cell_line], row.row)
    size = panel.chrom.map(sizes)
    for kind in ("enhancer", "promoter"):
        for row in panel[panel[f"{kind}_end"] > size].head(1).itertuples():
            problem = (
                f"the {kind} ends at {getattr(row, f'{kind}_end')}, beyond {row.chrom} of"
                f" {sizes[row.chrom]} bp"
            )
            raise InputError(
                problem,
                "Is this table of another assembly? Mend or remove the row",
                places[row.cell_line],
                row.row,
            )
        start = panel[f"{kind}_mid"] - length // 2
        for row in panel[(start < 0) | (start + length > size)].head(1).itertuples():
            middle = getattr(row, f"{kind}_mid")
            problem = (
                f"the {kind}'s window of {length} bp around {middle} runs off {row.chrom} of"
                f" {sizes[row.chrom]} bp"
            )
            raise InputError(
                problem,
                "Remove the row or choose a smaller windows.sequence_bp",
                places[row.cell_line],
                row.row,
            )


def reach(peaks: pd.DataFrame, tile_bp: int) -> pd.Series:
    """Chromosome -> bp up to which whole tiles of `tile_bp` hold all its peaks."""
    last = peaks.groupby("chrom").end.max()
    return -(-last // tile_bp) * tile_bp


def tiles(sizes: pd.Series, length: int) -> pd.DataFrame:
    """Adjacent tiles of `length` bp on each chromosome (sizes: chrom -> bp): chrom, start, end."""
    starts = {chrom: np.arange(0, size - length + 1, length) for chrom, size in sizes.items()}
    frames = [
        pd.DataFrame({"chrom": chrom, "start": start, "end": start + length})
        for chrom, start in starts.items()
    ]
    return pd.concat(frames, ignore_index=True)


def choose_reference(
    candidates: pd.DataFrame, peaks: pd.DataFrame, count: int, seed: int
) -> pd.DataFrame:
    """At most `count` of the tiles that overlap a peak of any training line, drawn with `seed`, in
    genomic order.
    """
    active = candidates[overlapping(candidates, peaks)]
    if active.empty:
        raise InputError(
            "no peak of a training line lies on a training chromosome",
            "Check that peaks and pairs share an assembly",
        )
    chosen = rng_for(seed, Stream.REFERENCE_LOCI).permutation(len(active))[:count]
    return active.iloc[np.sort(chosen)].reset_index(drop=True)


def reference_loci(
    catalog: Catalog, config: Config, sizes: pd.Series | None = None
) -> pd.DataFrame:
    """Reference loci on training chromosomes, from the peaks of the training lines: chrom, start,
    end.

    sizes : bp of the training chromosomes; without them the last peak of a chromosome stands for
    its end.
    """
    width = config.windows.signal_bp
    peaks = pd.concat(
        [
            read_peaks(path)
            for line in config.cell_lines
            for path in catalog.lines[line].peaks.values()
        ]
    )
    peaks = peaks[peaks.chrom.isin(splits_of(config).train if sizes is None else sizes.index)]
    candidates = tiles(reach(peaks, width) if sizes is None else sizes, width)
    return choose_reference(candidates, peaks, config.reference.loci, config.seed)

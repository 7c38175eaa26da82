"""Elements: the unique windows of the panel, encoded once, and the pairs as rows of them.

Coordinates are 0-based and half-open; a window of L bp starts at midpoint - L / 2.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..files.intervals import overlapping
from .splits import Splits


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


def reach(peaks: pd.DataFrame, tile_bp: int) -> pd.Series:
    """Chromosome -> bp up to which whole tiles of `tile_bp` hold all its peaks."""
    last = peaks.groupby("chrom").end.max()
    return -(-last // tile_bp) * tile_bp


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

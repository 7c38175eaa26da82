"""Elements, the pairs as rows of them, and the reference loci.

An element is a distinct midpoint; its DNA window is encoded once, however many pairs share it.
Coordinates are 0-based and half-open; a window of L bp starts at midpoint - L / 2.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.dna import ENDS
from ..core.errors import InputError
from ..core.random_streams import Stream, rng_for
from ..files.catalog import Catalog
from ..files.fasta import chromosome_sizes, encode_windows, open_genome
from ..files.intervals import overlapping
from ..files.peaks import read_peaks
from .labels import label_matrix
from .splits import Splits, check_splits, splits_of


def unique_elements(panel: pd.DataFrame) -> pd.DataFrame:
    """Distinct (chrom, mid) of both ends of all pairs, sorted: one row per element."""
    ends = [panel[["chrom", f"{end}_mid"]].set_axis(["chrom", "mid"], axis=1) for end in ENDS]
    return pd.concat(ends).drop_duplicates().sort_values(["chrom", "mid"], ignore_index=True)


def windows(elements: pd.DataFrame, length: int) -> pd.DataFrame:
    """Windows of `length` bp centred on the midpoints: chrom, start, end."""
    start = elements.mid - length // 2
    return pd.DataFrame({"chrom": elements.chrom, "start": start, "end": start + length})


def pair_table(panel: pd.DataFrame, elements: pd.DataFrame, splits: Splits) -> pd.DataFrame:
    """Turn the pairs of a panel into row numbers of `elements`.

    Returns one row per pair: chrom, enhancer_mid, promoter_mid; enhancer, promoter (rows of
    `elements`); distance (bp, between the midpoints); split; and
    enhancer_bp, promoter_bp : annotated lengths in the table that lists the pair first. They reveal
    the line, so the model does not read them; only record 22 does.
    """
    row_of = pd.Series(elements.index, index=pd.MultiIndex.from_frame(elements))
    rows = {
        end: row_of[pd.MultiIndex.from_frame(panel[["chrom", f"{end}_mid"]])].to_numpy()
        for end in ENDS
    }
    mids = panel[["chrom", "enhancer_mid", "promoter_mid"]]
    distance = (panel.enhancer_mid - panel.promoter_mid).abs()
    lengths = {f"{end}_bp": panel[f"{end}_end"] - panel[f"{end}_start"] for end in ENDS}
    return mids.assign(**rows, distance=distance, **lengths, split=splits.of(panel.chrom))


def indexed_pairs(
    panel: pd.DataFrame, elements: pd.DataFrame, splits: Splits, config: Config
) -> pd.DataFrame:
    """`pair_table`, after `check_splits` has found pairs of both classes in every split.

    Raises `InputError` when a split lacks them.
    """
    pairs = pair_table(panel, elements, splits)
    labels = pd.DataFrame(label_matrix(panel, config.all_lines), columns=config.all_lines)
    check_splits(pairs.split, labels, config.cell_lines)
    return pairs


def encoded_windows(
    panel: pd.DataFrame, elements: pd.DataFrame, catalog: Catalog, length: int
) -> tuple[np.ndarray, pd.Series]:
    """Encode the DNA windows of the elements, `length` bp each.

    Returns codes uint8 (n_elements, length) and the size in bp of every chromosome of the genome.
    Raises `InputError` for a pair that does not fit on the genome.
    """
    with open_genome(catalog.genome) as fasta:
        sizes = chromosome_sizes(fasta)
        tables = {line: files.pairs for line, files in catalog.lines.items()}
        check_on_genome(panel, sizes, length, tables)
        codes = encode_windows(fasta, windows(elements, length), catalog.genome)
    return codes, pd.Series(sizes, name="size")


def check_on_genome(
    panel: pd.DataFrame, sizes: dict[str, int], length: int, tables: dict[str, Path]
) -> None:
    """Raise `InputError` for the first pair that does not fit on the genome.

    Checks that the chromosome exists, that each element ends on it, and that the element's window
    of `length` bp lies on it.
    sizes : bp of each chromosome; tables : pair table of each cell line, which the message names
    together with the row
    """
    for row in panel[~panel.chrom.isin(list(sizes))].head(1).itertuples():
        problem = (
            f"chromosome {row.chrom} is not in the genome, which has {', '.join(list(sizes)[:3])}"
            f" and {max(0, len(sizes) - 3)} more"
        )
        remedy = (
            "Use one naming (chr1 or 1) in pairs and FASTA, or limit the pairs with dataset.regions"
        )
        raise InputError(problem, remedy, tables[row.cell_line], row.row)
    size = panel.chrom.map(sizes)
    for end in ENDS:
        for row in panel[panel[f"{end}_end"] > size].head(1).itertuples():
            problem = (
                f"the {end} ends at {getattr(row, f'{end}_end')}, beyond {row.chrom} of"
                f" {sizes[row.chrom]} bp"
            )
            raise InputError(
                problem,
                "Check that pairs and genome are of one assembly, or remove the row",
                tables[row.cell_line],
                row.row,
            )
        start = panel[f"{end}_mid"] - length // 2
        for row in panel[(start < 0) | (start + length > size)].head(1).itertuples():
            middle = getattr(row, f"{end}_mid")
            problem = (
                f"the {end}'s window of {length} bp around {middle} runs off {row.chrom} of"
                f" {sizes[row.chrom]} bp"
            )
            raise InputError(
                problem,
                "Remove the row or choose a smaller windows.sequence_bp",
                tables[row.cell_line],
                row.row,
            )


def reach(peaks: pd.DataFrame, tile_bp: int) -> pd.Series:
    """End in bp of the last tile with a peak on each chromosome, for tiles of `tile_bp` from 0."""
    last = peaks.groupby("chrom").end.max()
    return -(-last // tile_bp) * tile_bp


def tiles(sizes: pd.Series, length: int) -> pd.DataFrame:
    """Cut each chromosome into adjacent tiles of `length` bp: chrom, start, end.

    sizes : bp of each chromosome; a rest shorter than a tile is left out.
    """
    starts = {chrom: np.arange(0, size - length + 1, length) for chrom, size in sizes.items()}
    frames = [
        pd.DataFrame({"chrom": chrom, "start": start, "end": start + length})
        for chrom, start in starts.items()
    ]
    return pd.concat(frames, ignore_index=True)


def choose_reference(
    candidates: pd.DataFrame, peaks: pd.DataFrame, count: int, seed: int
) -> pd.DataFrame:
    """Draw at most `count` of the candidate tiles that overlap a peak, and keep their order.

    candidates : chrom, start, end; peaks : those of all training lines
    """
    active = candidates[overlapping(candidates, peaks)]
    if active.empty:
        raise InputError(
            "no peak of a training line lies on a training chromosome",
            "Check that peaks and pairs share an assembly and a naming (chr1 or 1)",
        )
    chosen = rng_for(seed, Stream.REFERENCE_LOCI).permutation(len(active))[:count]
    return active.iloc[np.sort(chosen)].reset_index(drop=True)


def reference_loci(
    catalog: Catalog, config: Config, sizes: pd.Series | None = None
) -> pd.DataFrame:
    """Draw the reference loci: tiles with a peak of a training line, on training chromosomes.

    sizes : bp of the chromosomes to draw from; by default the training chromosomes, each up to its
    last peak
    Returns chrom, start, end.
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

"""Elements, the pairs as rows of them, and the reference loci.

An element is a distinct midpoint; its DNA window is encoded once, however many pairs share it.
Coordinates are 0-based and half-open; a window of L bp starts at midpoint - L / 2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.dna import COORDINATES, ENDS
from ..core.errors import InputError
from ..core.random_streams import Stream, rng_for
from ..core.tables import rows_by_chromosome, stacked
from ..files.catalog import Catalog
from ..files.fasta import chromosome_sizes, encode_windows, open_genome
from ..files.intervals import overlapping
from ..files.peaks import read_peaks
from .blocks import read_blocks
from .splits import Splits, check_splits, splits_of

MIDDLES = [f"{end}_mid" for end in ENDS]


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
    rows = {end: rows_of(panel.chrom, panel[f"{end}_mid"], elements) for end in ENDS}
    mids = panel[["chrom", "enhancer_mid", "promoter_mid"]]
    distance = (panel.enhancer_mid - panel.promoter_mid).abs()
    lengths = {f"{end}_bp": panel[f"{end}_end"] - panel[f"{end}_start"] for end in ENDS}
    return mids.assign(**rows, distance=distance, **lengths, split=splits.of(panel.chrom))


def rows_of(chrom: pd.Series, mid: pd.Series, elements: pd.DataFrame) -> np.ndarray:
    """Row number of each place among the elements, which are sorted: int64 (n,)."""
    middles, of_places = elements.mid.to_numpy(), mid.to_numpy()
    known = dict(rows_by_chromosome(elements.chrom))
    row = np.empty(len(chrom), dtype=np.int64)
    for name, places in rows_by_chromosome(chrom):
        own = known[name]
        row[places] = own[0] + np.searchsorted(middles[own], of_places[places])
    return row


@dataclass(frozen=True)
class StoredPanel:
    """The file of a crossed panel, of which every step reads the columns that it needs, block by
    block.
    """

    path: Path

    @cached_property
    def elements(self) -> pd.DataFrame:
        """As `unique_elements` gives them."""
        blocks = read_blocks(self.path, ["chrom", *MIDDLES])
        distinct = [unique_elements(block) for block in blocks]
        return (
            pd.concat(distinct).drop_duplicates().sort_values(["chrom", "mid"], ignore_index=True)
        )

    def pairs(self, splits: Splits) -> Iterator[pd.DataFrame]:
        """`pair_table` of all its pairs, block by block."""
        for block in read_blocks(self.path, [*COORDINATES, *MIDDLES]):
            yield pair_table(block, self.elements, splits)

    def pairs_of_splits(self, splits: Splits, config: Config) -> dict[str, int]:
        """How many pairs each split has, after `check_splits` has found both classes there.

        Raises `InputError` when a split lacks them.
        """
        names = [f"label_{line}" for line in config.all_lines]
        blocks = [
            block[names].assign(split=splits.of(block.chrom).astype("category"))
            for block in read_blocks(self.path, ["chrom", *names])
        ]
        table = stacked(blocks)
        labels = table[names].set_axis(config.all_lines, axis=1)
        check_splits(table.split, labels, config.cell_lines)
        return {str(name): int(count) for name, count in table.split.value_counts().items()}

    def misfits(self, sizes: dict[str, int], length: int) -> pd.DataFrame:
        """Of each block the first pair that `check_on_genome` would refuse for each of its reasons:
        it refuses these as it would refuse all pairs.
        """
        ends = [f"{end}_end" for end in ENDS]
        blocks = read_blocks(self.path, ["chrom", *MIDDLES, *ends, "cell_line", "row"])
        rows = [block[wrong].head(1) for block in blocks for wrong in _misfit(block, sizes, length)]
        return pd.concat(rows)


def encoded_windows(
    panel: StoredPanel, catalog: Catalog, length: int
) -> tuple[np.ndarray, pd.Series]:
    """Encode the DNA windows of the panel's elements, `length` bp each.

    Returns codes uint8 (n_elements, length) and the size in bp of every chromosome of the genome.
    Raises `InputError` for a pair that does not fit on the genome.
    """
    with open_genome(catalog.genome) as fasta:
        sizes = chromosome_sizes(fasta)
        tables = {line: files.pairs for line, files in catalog.lines.items()}
        check_on_genome(panel.misfits(sizes, length), sizes, length, tables)
        codes = encode_windows(fasta, windows(panel.elements, length), catalog.genome)
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
    wrong = _misfit(panel, sizes, length)
    for row in panel[next(wrong)].head(1).itertuples():
        problem = (
            f"chromosome {row.chrom} is not in the genome, which has {', '.join(list(sizes)[:3])}"
            f" and {max(0, len(sizes) - 3)} more"
        )
        remedy = (
            "Use one naming (chr1 or 1) in pairs and FASTA, or limit the pairs with dataset.regions"
        )
        raise InputError(problem, remedy, tables[row.cell_line], row.row)
    for end in ENDS:
        for row in panel[next(wrong)].head(1).itertuples():
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
        for row in panel[next(wrong)].head(1).itertuples():
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


def _misfit(panel: pd.DataFrame, sizes: dict[str, int], length: int) -> Iterator[pd.Series]:
    """Which pairs lie on no chromosome of the genome, then of each end which ends beyond it, and
    which has a window that does not lie on it; bool (n,) each.
    """
    yield ~panel.chrom.isin(list(sizes))
    size = panel.chrom.map(sizes).astype(float)
    for end in ENDS:
        yield panel[f"{end}_end"] > size
        start = panel[f"{end}_mid"] - length // 2
        yield (start < 0) | (start + length > size)


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

"""Signal at both ends and in the bins between, for every pair, line and mark: ours against
bedtools, bioframe, pyranges and polars-bio.

All give the mean signal over each locus (the sum of signal times overlap, over the locus' length),
and that is checked.
"""

import subprocess
import tempfile
from pathlib import Path

import bioframe
import numpy as np
import pandas as pd
import polars as pl
import polars_bio
import pyranges

from epidecouple.data.loci import windows
from epidecouple.data.signal import bins_between, ends_signal, mean_signal
from timing import OURS, Arm, Row, compare
from world import elements, pairs_of, peaks

PAIRS, ELEMENTS, BINS, PEAKS, WIDTH = 207_238, 60_000, 8, 50_000, 3000
LINES, MARKS = 6, 7
COLUMNS = ["chrom", "start", "end"]


class Loci:
    """Windows of the unique elements and the bins of all pairs, in order and as one sorted BED."""

    def __init__(self, folder: Path) -> None:
        table = elements(ELEMENTS, margin=2 * WIDTH)
        pairs = pairs_of(table, PAIRS)
        self.pairs, self.ends, self.between = (
            len(pairs),
            windows(table, WIDTH),
            bins_between(pairs, BINS),
        )
        self.all = pd.concat([self.ends, self.between.astype({"chrom": str})], ignore_index=True)
        self.order = self.all.sort_values(COLUMNS, ignore_index=False).index.to_numpy()
        self.bed = folder / "loci.bed"
        self.all.loc[self.order, COLUMNS].to_csv(self.bed, sep="\t", header=False, index=False)
        self.length = (self.all.end - self.all.start).to_numpy()


def ours(loci: Loci, tables: list[pd.DataFrame]) -> np.ndarray:
    """Differences of an integral that is built once for a mark."""
    return np.stack(
        [
            np.concatenate(
                [ends_signal([loci.ends], table)[:, 0], mean_signal(loci.between, table)]
            )
            for table in tables
        ]
    )


def by_bedtools(loci: Loci, files: list[Path]) -> np.ndarray:
    """`bedtools intersect -wao -sorted`, overlaps summed by awk, for each line and mark."""
    return np.stack([_bedtools(loci, file) for file in files])


def _bedtools(loci: Loci, file: Path) -> np.ndarray:
    sums = (
        "{ id = $1 FS $2 FS $3; if (NR > 1 && id != last) { print total; total = 0 } last = id;"
        " total += $7 * $8 } END { print total }"
    )
    command = f"bedtools intersect -sorted -wao -a {loci.bed} -b {file} | awk '{sums}'"
    unique = loci.all.loc[loci.order, COLUMNS].drop_duplicates()
    made = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    total = pd.Series(
        np.array(made.stdout.split(), dtype=float), index=pd.MultiIndex.from_frame(unique)
    )
    copies = loci.all.groupby(COLUMNS, sort=False).size()
    found = total.loc[pd.MultiIndex.from_frame(loci.all[COLUMNS])].to_numpy() / loci.length
    return found / copies.loc[pd.MultiIndex.from_frame(loci.all[COLUMNS])].to_numpy()


def by_bioframe(loci: Loci, tables: list[pd.DataFrame]) -> np.ndarray:
    """`bioframe.overlap` and a group-by."""
    return np.stack([_bioframe(loci, table) for table in tables])


def _bioframe(loci: Loci, table: pd.DataFrame) -> np.ndarray:
    at = bioframe.overlap(
        loci.all[COLUMNS], table, how="inner", return_index=True, return_overlap=True
    )
    weight = (at.overlap_end - at.overlap_start) * at.signal_
    return (
        np.bincount(at["index"].astype(int), weights=weight.astype(float), minlength=len(loci.all))
        / loci.length
    )


def by_pyranges(loci: Loci, tables: list[pd.DataFrame]) -> np.ndarray:
    """`PyRanges.join` and a group-by."""
    names = {"chrom": "Chromosome", "start": "Start", "end": "End"}
    around = pyranges.PyRanges(
        loci.all[COLUMNS].assign(row=np.arange(len(loci.all))).rename(columns=names)
    )
    return np.stack([_pyranges(around, table.rename(columns=names), loci) for table in tables])


def _pyranges(around: pyranges.PyRanges, table: pd.DataFrame, loci: Loci) -> np.ndarray:
    at = around.join(pyranges.PyRanges(table), report_overlap=True).df
    return (
        np.bincount(at.row, weights=at.Overlap * at.signal, minlength=len(loci.all)) / loci.length
    )


def by_polars_bio(loci: Loci, tables: list[pd.DataFrame]) -> np.ndarray:
    """`polars_bio.overlap` and a group-by."""
    polars_bio.set_option("datafusion.bio.coordinate_system_zero_based", True)
    around = pl.from_pandas(loci.all[COLUMNS].assign(row=np.arange(len(loci.all))))
    return np.stack([_polars_bio(around, pl.from_pandas(table), loci) for table in tables])


def _polars_bio(around: pl.DataFrame, table: pl.DataFrame, loci: Loci) -> np.ndarray:
    overlap = pl.min_horizontal("end_1", "end_2") - pl.max_horizontal("start_1", "start_2")
    at = polars_bio.overlap(around, table).select("row_1", weight=overlap * pl.col("signal_2"))
    found = at.collect()
    sums = np.bincount(found["row_1"], weights=found["weight"], minlength=len(loci.all))
    return sums / loci.length


def rows() -> list[Row]:
    """All lines and marks by ours; one line and two marks by the others, which take as long for
    each.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loci = Loci(folder)
        tables = [peaks(PEAKS, seed) for seed in range(LINES * MARKS)]
        few, files = tables[:2], [folder / f"{k}.bed" for k in range(2)]
        for file, table in zip(files, few, strict=True):
            table.to_csv(file, sep="\t", header=False, index=False)
        measured = len(loci.all)
        others = (by_bioframe, by_pyranges, by_polars_bio)
        for other in (by_bedtools(loci, files), *(arm(loci, few) for arm in others)):
            assert np.allclose(other, ours(loci, few), rtol=1e-4, atol=1e-6), (
                "the arms give other numbers"
            )
        arms = {
            OURS: Arm(
                lambda: ours(loci, tables), measured * len(tables), f"{LINES} lines x {MARKS} marks"
            ),
            "bedtools intersect": Arm(lambda: by_bedtools(loci, files), measured * 2, "2 of them"),
            "bioframe overlap": Arm(lambda: by_bioframe(loci, few), measured * 2, "2 of them"),
            "pyranges join": Arm(lambda: by_pyranges(loci, few), measured * 2, "2 of them"),
            "polars-bio overlap": Arm(lambda: by_polars_bio(loci, few), measured * 2, "2 of them"),
        }
        return compare(
            "signal", f"{loci.pairs:,} pairs, {BINS} bins, {PEAKS:,} peaks", arms, repeats=1
        )

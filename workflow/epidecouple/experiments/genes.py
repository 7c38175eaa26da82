"""Genes with their transcription start sites (TSS). Coordinates are 0-based, in bp."""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..files.text import readable

COLUMNS = ["chrom", "start", "end", "gene"]


def read_tss(path: Path) -> pd.DataFrame:
    """One TSS per gene: gene, chrom, tss, in the order of the file.

    path : BED with a header (chromosome, start, end, symbol, ...); the TSS is the middle of the
    interval, as in ABC's files of 500 bp around it. Of a symbol that occurs more often the first
    row is kept. Raises `InputError` for a damaged gzip or a file that is no such table.
    """
    with readable(path):
        table = pd.read_csv(path, sep="\t", usecols=range(4), header=0, names=COLUMNS)
    if not all(pd.api.types.is_integer_dtype(table[name]) for name in ("start", "end")):
        raise InputError(
            "columns 2 and 3 are not whole numbers", "Give a BED with a header line", path
        )
    once = table.drop_duplicates("gene", ignore_index=True)
    return pd.DataFrame(
        {"gene": once.gene, "chrom": once.chrom, "tss": (once.start + once.end) // 2}
    )


def tss_by_chromosome(genes: pd.DataFrame) -> dict[str, np.ndarray]:
    """TSS of each chromosome in order; genes : chrom, tss."""
    return {str(chrom): np.sort(rows.to_numpy()) for chrom, rows in genes.groupby("chrom").tss}

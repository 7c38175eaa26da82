"""Genes with their transcription start sites (TSS). Coordinates are 0-based, in bp."""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..files.text import intervals_of, numbers_of, read_plain

COLUMNS = ["chrom", "start", "end", "gene"]


def read_tss(path: Path) -> pd.DataFrame:
    """One TSS per gene: gene, chrom, tss, in the order of the file.

    path : BED (chromosome, start, end, symbol, ...), with or without a header; the TSS is the
    middle of the interval, as in ABC's files of 500 bp around it. Of a symbol that occurs more
    often the first row is kept. Raises `InputError` for a file that is no such table, and for the
    first row that is no interval or names no gene.
    """
    once = read_genes(path).drop_duplicates("gene", ignore_index=True)
    return pd.DataFrame(
        {"gene": once.gene, "chrom": once.chrom, "tss": (once.start + once.end) // 2}
    )


def read_genes(path: Path) -> pd.DataFrame:
    """chrom, start, end, gene of every row of such a file, the line in the file as index."""
    rows = read_plain(path, len(COLUMNS))
    text = rows.table.set_axis(COLUMNS, axis=1)
    if _is_header(text.head(1)):
        text = text.iloc[1:]
    if text.empty:
        problem = "this is no table of genes: chromosome, start, end, symbol"
        raise InputError(problem, "Give a BED of genes", path)
    for line in text.index[text.gene == ""][:1]:
        raise InputError("column 4 names no gene", "Name the gene or remove the row", path, line)
    return intervals_of(text, path).assign(gene=text.gene)


def _is_header(row: pd.DataFrame) -> bool:
    """Whether neither end of a row is a number."""
    return bool(numbers_of(row.start)[1].all() and numbers_of(row.end)[1].all())


def tss_by_chromosome(genes: pd.DataFrame) -> dict[str, np.ndarray]:
    """TSS of each chromosome in order; genes : chrom, tss."""
    return {str(chrom): np.sort(rows.to_numpy()) for chrom, rows in genes.groupby("chrom").tss}

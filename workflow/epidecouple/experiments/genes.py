"""Genes with their transcription start sites (TSS). Coordinates are 0-based, in bp.

A spreadsheet turns MARCH1 and SEPT2 into dates (Ziemann 2016, doi:10.1186/s13059-016-1044-7), which
are no gene any more.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..files.text import DECIMAL, intervals_of, numbers_of, read_plain

log = logging.getLogger(__name__)

COLUMNS = ["chrom", "start", "end", "gene"]
DATE = r"(?i:[0-9]{1,2}-(mar|sept?|dec|oct)|(mar|sept?|dec|oct)-[0-9]{1,2})"
# The middle of an interval is the TSS only where that is an interval around it, and no gene.
WIDEST_BP = 5_000
REMEDY = "Give a BED of genes: chromosome, start, end around the TSS, symbol"


def read_tss(path: Path) -> pd.DataFrame:
    """One TSS per gene: gene, chrom, tss, in the order of the file.

    path : BED (chromosome, start, end, symbol, ...), with or without a header; the TSS is the
    middle of the interval, as in ABC's files of 500 bp around it. Of a symbol that occurs more
    often the first row is kept, and the log counts the others. Raises `InputError` for a file that
    is no such table, and for the first row that is no interval, too wide a one, or names no gene.
    """
    genes = read_genes(path)
    once = genes.drop_duplicates("gene", ignore_index=True)
    if len(once) < len(genes):
        log.info("%s: %d rows repeat a symbol and are left out", path, len(genes) - len(once))
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
        raise InputError("this is no table of genes", REMEDY, path)
    genes = intervals_of(text, path, REMEDY).assign(gene=text.gene)
    for line in text.index[text.gene.str.fullmatch(DECIMAL) | (text.gene == "")][:1]:
        problem = f"column 4 names no gene{text.gene[line] and f': {text.gene[line]}'}"
        raise InputError(problem, "Name the gene or remove the row", path, line)
    check_dates(text.gene, path)
    _check_widths(genes, path)
    return genes


def is_date(genes: pd.Series) -> pd.Series:
    """Which names of genes a spreadsheet has turned into dates."""
    return genes.str.fullmatch(DATE)


def check_dates(genes: pd.Series, path: Path) -> None:
    """Raise `InputError` for the first gene that is a date."""
    for line in genes.index[is_date(genes)][:1]:
        problem = f"gene {genes[line]} is a date, as a spreadsheet writes MARCH1 or SEPT2"
        raise InputError(problem, "Write the gene's name", path, line)


def _check_widths(genes: pd.DataFrame, path: Path) -> None:
    """Raise `InputError` for an interval whose middle is no TSS."""
    width = genes.end - genes.start
    for line in genes.index[width > WIDEST_BP][:1]:
        problem = (
            f"the interval of {genes.gene[line]} is {width[line]} bp wide: the whole gene, whose"
            f" middle is no TSS? At most {WIDEST_BP} bp are taken"
        )
        raise InputError(problem, "Give the TSS of each gene, or some 500 bp around it", path, line)


def _is_header(row: pd.DataFrame) -> bool:
    """Whether neither end of a row is a number."""
    return bool(numbers_of(row.start)[1].all() and numbers_of(row.end)[1].all())


def tss_by_chromosome(genes: pd.DataFrame) -> dict[str, np.ndarray]:
    """TSS of each chromosome in order; genes : chrom, tss."""
    return {str(chrom): np.sort(rows.to_numpy()) for chrom, rows in genes.groupby("chrom").tss}

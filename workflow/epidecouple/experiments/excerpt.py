"""An excerpt of real data around a few promoters, small enough for the repository: peaks, genes and
tested pairs in a folder. Coordinates are 0-based and half-open, in bp.

A peak's quantile depends on its whole file, and so does whether it is among the strongest. Both are
kept: the signal of an excerpt's peaks is their quantile, and the peaks that compete have a file of
their own.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..core.errors import InputError
from ..files.peaks import read_peaks
from ..files.text import (
    decimals_or_unknown,
    intervals_of,
    read_headed,
    require_equal_rows,
    text_lines,
    whole_numbers,
)
from .genes import read_genes

# What a peak file has between the end of a peak and its signal: name, score, strand.
UNUSED = (".", 0, ".")
SUFFIX = ".bed.gz"
# Quantiles are written with so many significant digits.
DIGITS = 12
# Width of an element that is asked for.
PAIR_BP = 500
# Columns of the tested pairs; places are in the assembly of the peaks, `start` and `end` in that of
# the table that they come from.
TESTED = [
    "chrom",
    "start",
    "end",
    "element_mid",
    "gene",
    "tss",
    "line",
    "dataset",
    "effect",
    "regulated",
    "abc",
]

PLACES = ["start", "end", "element_mid", "tss"]
GENE_COLUMNS = ["chr", "start", "end", "name", "strand", "gene_type"]


@dataclass(frozen=True)
class Excerpt:
    """Files of an excerpt in its folder."""

    folder: Path

    @property
    def tested(self) -> Path:
        """Pairs tested by CRISPR interference, the columns of `TESTED`."""
        return self.folder / "tested.tsv"

    @property
    def pairs(self) -> Path:
        """The tested pairs as somebody would ask for them: a BED of elements with their gene."""
        return self.folder / "pairs.bed"

    @property
    def genes(self) -> Path:
        """Genes, one TSS each, as the source has them."""
        return self.folder / "genes.bed"

    @property
    def candidates(self) -> Path:
        """DNase peaks that are among the strongest of the whole file."""
        return self.folder / f"candidates{SUFFIX}"

    @property
    def files(self) -> list[Path]:
        """What scoring reads of it."""
        return [*map(self.peaks, self.marks), self.candidates, self.genes, self.tested]

    def peaks(self, mark: str) -> Path:
        """Peaks of a mark."""
        return self.folder / "peaks" / f"{mark}{SUFFIX}"

    @property
    def marks(self) -> list[str]:
        """The marks that there are, in order; raises `InputError` where there is none."""
        marks = [
            path.name.removesuffix(SUFFIX) for path in self.peaks("*").parent.glob(f"*{SUFFIX}")
        ]
        if not marks:
            raise InputError("there are no peaks", "Name the folder of an excerpt", self.folder)
        return sorted(marks)

    def read_peaks(self) -> dict[str, pd.DataFrame]:
        """Peaks of every mark, their signal being the quantile in the whole file."""
        return {mark: read_peaks(self.peaks(mark)) for mark in self.marks}

    def read_genes(self) -> pd.DataFrame:
        """Genes for a picture: chrom, tss, gene, strand, and whether one is `coding`."""
        text = require_equal_rows(read_headed(self.genes, [GENE_COLUMNS]), self.genes)
        places = intervals_of(text.rename(columns={"chr": "chrom"}), self.genes)
        genes = pd.DataFrame(
            {
                "chrom": places.chrom,
                "tss": (places.start + places.end) // 2,
                "gene": text.name,
                "strand": text.strand,
                "coding": text.gene_type == "protein_coding",
            }
        )
        return genes.reset_index(drop=True)

    def read_tested(self) -> pd.DataFrame:
        """Tested pairs; raises `InputError` for a table without one of the columns, and for the
        first wrong value.
        """
        path = self.tested
        text = require_equal_rows(read_headed(path, [TESTED]), path)
        mends = "Copy the folder again"
        whole = {name: whole_numbers(text[name], name, path, mends) for name in PLACES}
        known = {name: decimals_or_unknown(text[name], path) for name in ("effect", "abc")}
        tested = text.assign(**whole, **known, regulated=text.regulated.str.upper() == "TRUE")
        return tested.reset_index(drop=True)


def write_pairs(tested: pd.DataFrame, path: Path) -> None:
    """Write tested pairs as a BED in the assembly of the peaks: `PAIR_BP` around the middle of each
    element, and its gene.
    """
    start = tested.element_mid - PAIR_BP // 2
    columns = {"chrom": tested.chrom, "start": start, "end": start + PAIR_BP, "gene": tested.gene}
    pd.DataFrame(columns).to_csv(path, sep="\t", header=False, index=False)


def around(genes: pd.DataFrame, reach: int) -> pd.DataFrame:
    """chrom, start, end of what lies within `reach` bp of each TSS (chrom, tss)."""
    start = (genes.tss - reach).clip(lower=0)
    return pd.DataFrame({"chrom": genes.chrom, "start": start, "end": genes.tss + reach})


def cut(table: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table (chrom, start, end) that share a base with one of a few regions, in their
    order.
    """
    kept = pd.Series(False, table.index)
    for region in regions.itertuples():
        reaches = (table.start < region.end) & (table.end > region.start)
        kept |= reaches & (table.chrom == region.chrom)
    return table[kept]


def write_peaks(peaks: pd.DataFrame, path: Path) -> None:
    """Write peaks (chrom, start, end, signal) as `read_peaks` reads them: gzip, the same bytes for
    the same peaks.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    name, score, strand = UNUSED
    table = peaks.assign(name=name, score=score, strand=strand)
    table[["chrom", "start", "end", "name", "score", "strand", "signal"]].to_csv(
        path,
        sep="\t",
        header=False,
        index=False,
        float_format=f"%.{DIGITS}g",
        compression={"method": "gzip", "mtime": 0},
    )


def write_genes(source: Path, regions: pd.DataFrame, path: Path) -> None:
    """Copy the lines of a BED with a header whose interval shares a base with one of the regions;
    of a symbol that occurs more often only the first line of the source.
    """
    once = read_genes(source).drop_duplicates("gene")
    kept = set(cut(once, regions).index)
    lines = list(text_lines(source))
    head = [text for line, text in lines[:1] if line < once.index[0]]
    rows = [text for line, text in lines if line in kept]
    path.write_text("".join(f"{text}\n" for text in [*head, *rows]))

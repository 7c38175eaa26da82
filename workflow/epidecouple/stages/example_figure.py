"""Pictures of the example: one of each locus, and one of all. Nothing is computed here."""

from pathlib import Path

import pandas as pd

from ..experiments.excerpt import Excerpt
from ..report.figures.loci import Locus, draw_loci
from ..report.figures.style import STYLE, plt
from .runner import run


def example_figure(excerpt: Path, pairs: Path, svg: list[Path]) -> None:
    """Draw all loci as the first file, then each one, in the order of the table, as the others;
    the same bytes for the same tables.
    """
    loci = loci_of(Excerpt(excerpt), pd.read_csv(pairs, sep="\t"))
    chosen = [loci, *([locus] for locus in loci)]
    with plt.rc_context(STYLE):
        for several, path in zip(chosen, svg, strict=True):
            draw_loci(several)
            plt.savefig(path, metadata={"Date": None})
            plt.close()


def loci_of(excerpt: Excerpt, pairs: pd.DataFrame) -> list[Locus]:
    """What is drawn of each gene of the scored pairs."""
    peaks, genes = excerpt.read_peaks(), excerpt.read_genes()
    return [
        Locus(rows, peaks, genes[genes.chrom == rows.chrom.iloc[0]])
        for _, rows in pairs.groupby("gene", sort=False)
    ]


if __name__ == "__main__":
    run(example_figure)

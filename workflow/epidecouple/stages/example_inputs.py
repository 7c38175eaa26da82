"""The excerpt that the target example reads: what the public files have around three promoters."""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..evaluation.crispr_rivals import published_score
from ..experiments.chains import Lift
from ..experiments.crispr import placed, read_crispr, read_predictions
from ..experiments.crispr_catalog import CrisprCatalog, crispr_catalog
from ..experiments.excerpt import (
    TESTED,
    Excerpt,
    around,
    cut,
    write_genes,
    write_pairs,
    write_peaks,
)
from ..experiments.genes import read_tss
from ..files.peaks import read_peaks
from ..regulation.activity import OPEN
from ..regulation.candidates import STRONGEST, strongest
from ..regulation.competition import REACH_BP
from ..regulation.inputs import NINE_MARKS
from ..regulation.tracks import with_quantiles
from .runner import run

log = logging.getLogger(__name__)

LINE = "K562"
GENES = ["HBE1", "GATA1", "MYC"]
# Beyond the reach of the competition: the widest window around a candidate there, and more.
MARGIN_BP = 20_000


def example_inputs(config: Config, folder: Path) -> None:
    """Write the excerpt; its README and checksums are not made here."""
    catalog, excerpt = crispr_catalog(config.crispr), Excerpt(folder)
    genes = read_tss(catalog.genes).set_index("gene", drop=False).loc[GENES]
    regions = around(genes, REACH_BP + MARGIN_BP)
    folder.mkdir(parents=True, exist_ok=True)
    for mark in NINE_MARKS:
        write_mark(excerpt, mark, read_peaks(catalog.peaks[LINE][mark]), regions)
    write_genes(catalog.genes, regions, excerpt.genes)
    tested = tested_pairs(catalog)
    tested.to_csv(excerpt.tested, sep="\t", index=False, float_format="%.6g")
    write_pairs(tested, excerpt.pairs)
    log.info("%d tested pairs, %d regulated", len(tested), tested.regulated.sum())


def write_mark(excerpt: Excerpt, mark: str, peaks: pd.DataFrame, regions: pd.DataFrame) -> None:
    """Write the peaks of a whole file that lie in the regions, by their quantile in it; of DNase
    also which of them compete.
    """
    ranked = with_quantiles(peaks)
    write_peaks(cut(ranked, regions), excerpt.peaks(mark))
    if mark == OPEN:
        competing = ranked.loc[strongest(peaks, STRONGEST).index].sort_index()
        write_peaks(cut(competing, regions), excerpt.candidates)


def tested_pairs(catalog: CrisprCatalog) -> pd.DataFrame:
    """Pairs of the training table that are of the genes, in the order of these, with ABC's own
    score where it has one.
    """
    every = read_crispr(catalog.training)
    wanted = every[every.gene.isin(GENES) & (every.line == LINE)]
    pairs = placed(wanted, Lift(catalog.chain), read_tss(catalog.genes))
    pairs = pairs.sort_values("gene", key=lambda gene: gene.map(GENES.index), kind="stable")
    return pairs.assign(abc=published_score(pairs, read_predictions(catalog.published)))[TESTED]


if __name__ == "__main__":
    run(example_inputs)

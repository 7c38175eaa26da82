"""The resistance of the way, learned from loops: once of all lines, and for each line that is
scored once without it.
"""

import logging
from pathlib import Path

import numpy as np

from ..core.config import Config
from ..core.provenance import write_json
from ..core.random_streams import Stream, rng_for
from ..experiments.crispr_catalog import ELEMENT_MARKS, CrisprCatalog, crispr_catalog
from ..experiments.genes import read_tss, tss_by_chromosome
from ..files.loops import read_loops
from ..files.peaks import read_peaks
from ..pretrained.regulation_model import ALL_LINES
from ..regulation.tracks import read_tracks
from ..regulation.training import Draws, LoopLine, train_way
from .runner import run

log = logging.getLogger(__name__)


def crispr_way(config: Config, way: Path) -> None:
    """Write the resistances by the line that they were learned without."""
    catalog = crispr_catalog(config.crispr)
    tss = used_tss(config, catalog)
    lines = {line: loop_line(line, catalog, config) for line in config.crispr.lines}
    learned = {}
    for left_out in [ALL_LINES, *config.crispr.scored_lines]:
        teaching = {name: line for name, line in lines.items() if name != left_out}
        rng = rng_for(config.seed, Stream.PAIRS_OF_LOOPS)
        draws = Draws(config.crispr.looped, config.crispr.unlooped, rng)
        resistance = train_way(teaching, config.crispr.way_marks, tss, draws)
        learned[left_out] = resistance.as_dict()
        weights = zip(resistance.inputs, resistance.weight, strict=True)
        log.info("without %s: %s", left_out, {name: round(value, 2) for name, value in weights})
    write_json(way, learned)


def used_tss(config: Config, catalog: CrisprCatalog) -> dict[str, np.ndarray]:
    """TSS of each chromosome of the folds, in order."""
    every = tss_by_chromosome(read_tss(catalog.genes))
    return {chrom: every[chrom] for fold in config.splits.folds for chrom in fold if chrom in every}


def loop_line(line: str, catalog: CrisprCatalog, config: Config) -> LoopLine:
    """A line's loops, tracks of the marks of the way, and peaks that are elements."""
    own = catalog.peaks[line]
    tracks = read_tracks({mark: own[mark] for mark in config.crispr.way_marks})
    elements = [read_peaks(path) for path in catalog.peak_files([line], ELEMENT_MARKS)]
    return LoopLine(read_loops(catalog.loops[line]), tracks, elements)


if __name__ == "__main__":
    run(crispr_way)

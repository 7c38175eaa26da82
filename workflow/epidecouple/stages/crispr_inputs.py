"""Pairs of a CRISPR table with the parts of the score and the inputs of the heads, each row in its
own cell line.
"""

import logging
from pathlib import Path
from typing import Literal

import pandas as pd

from ..core.config import Config
from ..core.errors import InputError
from ..core.integrity import seal
from ..core.provenance import Measured, read_json
from ..experiments.chains import Lift
from ..experiments.crispr import placed, read_crispr
from ..experiments.crispr_catalog import CrisprCatalog, crispr_catalog
from ..experiments.genes import read_tss
from ..regulation.candidates import all_peaks, candidates
from ..regulation.evidence import part_evidence
from ..regulation.inputs import Line, head_inputs
from ..regulation.other_lines import MARKS
from ..regulation.resistance_of_way import WayResistance
from ..regulation.tracks import read_tracks
from ..verification.design import REGULATION, require
from .crispr_way import used_tss
from .runner import run

log = logging.getLogger(__name__)


def crispr_inputs(
    config: Config, table: Literal["training", "tested"], way: Path, inputs: Path
) -> Measured:
    """Write the table of pairs with their inputs, the row of the table being its index, and count
    the rows that are left.
    """
    catalog = crispr_catalog(config.crispr)
    path: Path = getattr(catalog, table)
    every = read_crispr(path)
    used = {chrom for fold in config.splits.folds for chrom in fold}
    wanted = every[every.chrom.isin(used) & every.line.isin(config.crispr.scored_lines)]
    kept = placed(wanted, Lift(catalog.chain), read_tss(catalog.genes))
    if kept.empty:
        problem = f"no row is of a line among {config.crispr.scored_lines} with a known gene"
        raise InputError(problem, "Correct crispr.scored_lines", path)
    tables = [
        with_inputs(rows, str(name), scored_line(str(name), catalog, config, way))
        for name, rows in kept.groupby("line", sort=False)
    ]
    pd.concat(tables).sort_index().to_parquet(inputs)
    seal(inputs)
    log.info("%d rows, %d regulated", len(kept), kept.regulated.sum())
    counts = {
        "crispr_table_rows": len(every),
        "crispr_rows_of_scored_lines": len(wanted),
        "crispr_rows_without_place": 1 - len(kept) / len(wanted),
    }
    return Measured(counts, [path, way])


def with_inputs(rows: pd.DataFrame, name: str, line: Line) -> pd.DataFrame:
    """Pairs of one line with their inputs."""
    hold_parts(rows, name, line)
    return pd.concat([rows, head_inputs(rows, line)], axis=1)


def hold_parts(rows: pd.DataFrame, name: str, line: Line) -> None:
    """Raise `DesignViolation` unless the parts of the score are what was designed."""
    require(REGULATION, part_evidence(rows, name, line))


def scored_line(name: str, catalog: CrisprCatalog, config: Config, way: Path) -> Line:
    """What scoring in a line needs; its resistance was learned without it, and the other lines are
    those that have the marks to compare with.
    """
    tracks = read_tracks(catalog.peaks[name])
    others = [
        read_tracks({mark: catalog.peaks[line][mark] for mark in MARKS})
        for line in config.crispr.lines
        if line != name and set(MARKS) <= set(catalog.peaks[line])
    ]
    resistance = WayResistance(**read_json(way)[name])
    competing = candidates(tracks, all_peaks(tracks["DNase"]))
    return Line(tracks, competing, others, used_tss(config, catalog), resistance)


if __name__ == "__main__":
    run(crispr_inputs)

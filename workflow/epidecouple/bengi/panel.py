"""Pairs of BENGI with the marks of their own cell line, at both ends and between them.

Positions are those of the loop panel (data/loop_signal.py), the enhancer first. Coordinates are
0-based and half-open, in bp.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.errors import InputError, shown
from ..core.integrity import intact
from ..data.line_signal import read_marks
from ..data.loop_loci import ANCHORS
from ..data.loop_signal import locus_signal, positions_of, swapped
from ..files.pairs import midpoints, read_bengi
from .catalog import BengiCatalog

MIDDLES = ["enhancer_mid", "promoter_mid"]
UNNAMED = "no named assay"


class BengiPanel(NamedTuple):
    """Pairs (n rows: line, training, marked, assay, chrom, label, distance in bp) and their
    signal, float32 (n, P, M), NaN where the line lacks a mark.
    """

    pairs: pd.DataFrame
    signal: np.ndarray


def load_panel(pairs: Path, signal: Path) -> BengiPanel:
    """The panel that the stage `bengi_panel` wrote."""
    return BengiPanel(pd.read_parquet(intact(pairs)), np.load(intact(signal)))


def read_tables(catalog: BengiCatalog, config: Config) -> pd.DataFrame:
    """The pairs of all tables on the chromosomes of the folds, by line: training says whether
    scores are fitted on the line, marked whether it has peaks, table the file, and its assay.

    Raises `InputError` for what `read_bengi` refuses, for tables of two lines under one name, for
    folds that hold no chromosome of a table, for a line whose pairs are all in one fold, and for a
    table of an assay that is not learned outside each fold.
    """
    named = [(line, path, True) for line, paths in catalog.training.items() for path in paths]
    named += [(line, path, False) for line, path in catalog.tested.items()]
    tables = []
    told: dict[str, str] = {}
    for line, path, training in named:
        table = read_bengi(path)
        _check_line(line, table.line.iloc[0], told, path)
        marked = bool(catalog.peaks[line])
        table = _on_folds(table, config.bengi.folds, path)
        of_table = {"table": path.name, "assay": catalog.assays.get(path, "")}
        tables.append(table.assign(line=line, training=training, marked=marked, **of_table))
    pairs = pd.concat(tables, ignore_index=True)
    _check_folds(pairs, config.bengi.folds)
    _check_assays(pairs, config.bengi.folds)
    return midpoints(pairs)


def _check_line(line: str, named: str, told: dict[str, str], path: Path) -> None:
    """A line is called alike in all its tables, and no other line is called so."""
    if told.setdefault(line, named) != named:
        problem = f"its names are of {named}, those of another table of {line} of {told[line]}"
        raise InputError(problem, "Give the tables of one line", path)
    other = next((key for key, value in told.items() if value == named and key != line), line)
    if other != line:
        problem = f"its names are of {named}, as those of {other}, but it is given for {line}"
        raise InputError(problem, "Give each line its own table", path)


def _on_folds(table: pd.DataFrame, folds: list[list[str]], path: Path) -> pd.DataFrame:
    used = [chrom for fold in folds for chrom in fold]
    kept = table[table.chrom.isin(used)]
    if kept.empty:
        problem = f"none of its chromosomes ({shown(table.chrom)}) is in bengi.folds"
        raise InputError(problem, "Name chromosomes as the table does", path)
    return kept


def _check_folds(pairs: pd.DataFrame, folds: list[list[str]]) -> None:
    """Raise `InputError` for a line in one fold alone: no pair is left to standardise its marks by,
    and each would read as the mean.
    """
    fold_of = {chrom: number for number, fold in enumerate(folds) for chrom in fold}
    for line, chromosomes in pairs[pairs.marked].groupby("line", sort=False).chrom:
        if chromosomes.map(fold_of).nunique() < 2:
            problem = f"all pairs of {line} are in one fold of bengi.folds ({shown(chromosomes)})"
            raise InputError(problem, "Part its chromosomes over two folds", "config")


def _check_assays(pairs: pd.DataFrame, folds: list[list[str]]) -> None:
    """Raise `InputError` for a table of an assay that is not learned outside each fold: it would
    have no U there. Pairs without marks are scored by what needs none.
    """
    learned, needed = pairs[pairs.training], pairs[pairs.marked]
    for fold in folds:
        known = set(learned.assay[~learned.chrom.isin(fold)])
        for name in needed.table[~needed.assay.isin(known)][:1]:
            assay = pairs.assay[pairs.table == name].iloc[0] or UNNAMED
            learns = shown(each or UNNAMED for each in sorted(known))
            problem = f"{name} is of {assay}, and outside {shown(fold)} bengi learns from {learns}"
            remedy = "Name its assay in bengi.assays, or give a table of that assay to learn from"
            raise InputError(problem, remedy, "config")


def pair_signal(pairs: pd.DataFrame, catalog: BengiCatalog, config: Config) -> np.ndarray:
    """Signal of every pair in its own line, float32 (n, P, M), the enhancer's positions first."""
    marks = config.loop_marks
    shape = (len(pairs), len(positions_of(config.loop_panel)), len(marks))
    signal = np.full(shape, np.nan, np.float32)
    for line, peaks in catalog.peaks.items():
        rows = np.flatnonzero((pairs.line == line) & pairs.marked)
        if len(rows):
            read = read_marks(peaks, marks)
            signal[rows] = _of_line(pairs.iloc[rows], read, config)
    return signal


def _of_line(pairs: pd.DataFrame, peaks: dict[str, pd.DataFrame], config: Config) -> np.ndarray:
    """Signal of pairs of one line; pairs at one place are measured once."""
    placed = pairs[["chrom", *MIDDLES]]
    distinct = placed.drop_duplicates().reset_index(drop=True)
    ends = np.sort(distinct[MIDDLES].to_numpy(), axis=1)
    loci = distinct[["chrom"]].assign(**{ANCHORS[0]: ends[:, 0], ANCHORS[1]: ends[:, 1]})
    signal = locus_signal(loci, peaks, config.loop_marks, config.loop_panel)
    turned = (distinct.enhancer_mid > distinct.promoter_mid).to_numpy()
    signal[turned] = signal[turned][:, swapped(config.loop_panel)]
    place = pd.MultiIndex.from_frame(distinct).get_indexer(pd.MultiIndex.from_frame(placed))
    return signal[place]

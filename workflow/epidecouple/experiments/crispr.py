"""Tables of element-gene pairs tested by CRISPR interference, in the format of CRISPR_comparison
(Gschwind 2026). Coordinates are 0-based and half-open.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..files.text import readable
from .chains import Lift

# Name in the file -> name here. `direct_*` and `indirect_*` are made from distance and dataset and
# are never inputs of a model; the first of them is the weight of a row in the evaluation.
COLUMNS = {
    "chrom": "chrom",
    "chromStart": "start",
    "chromEnd": "end",
    "name": "name",
    "measuredGeneSymbol": "gene",
    "CellType": "line",
    "Regulated": "regulated",
}
OPTIONAL = {
    "Dataset": "dataset",
    "EffectSize": "effect",
    "direct_vs_indirect_negative": "weight",
    "measuredGeneUbiquitousExpressed": "ubiquitous",
    "elementChromatinCategory": "element_class",
}
# Read counts of the element, as the tables give them.
READ_COUNTS = [
    "DHS.RPM",
    "H3K27ac.RPM",
    "H3K27ac.RPM.expandedRegion",
    "CTCF.RPM",
    "H3K27me3.RPM",
    "H3K4me1.RPM",
]
# Every column of a table of placed pairs; others are inputs of a model.
ROW_COLUMNS = {*COLUMNS.values(), *OPTIONAL.values(), *READ_COUNTS, "element_mid", "tss"}
# Columns of published predictions, ABC's with contacts by distance.
PREDICTED = {
    "chr": "chrom",
    "start": "start",
    "end": "end",
    "TargetGene": "gene",
    "powerlaw.Score": "score",
}


def read_crispr(path: Path) -> pd.DataFrame:
    """Tested pairs: the values of `COLUMNS` and, where the file has them, of `OPTIONAL`.

    `regulated` is bool, `weight` 1 and `dataset` and `element_class` empty where the file has none,
    `ubiquitous` float and `READ_COUNTS` (NaN where unknown). Raises `InputError` for a damaged gzip
    or a table without one of the columns.
    """
    with readable(path):
        table = pd.read_csv(path, sep="\t", low_memory=False)
    for name in COLUMNS:
        if name not in table:
            raise InputError(f"there is no column '{name}'", "Give a table of CRISPR pairs", path)
    names = COLUMNS | {name: ours for name, ours in OPTIONAL.items() if name in table}
    pairs = table[list(names)].rename(columns=names)
    counts = {name: table.get(name, np.nan) for name in READ_COUNTS}
    ubiquitous = pairs.get("ubiquitous", pd.Series(np.nan, pairs.index))
    return pairs.assign(
        regulated=truth(pairs.regulated) == 1,
        ubiquitous=truth(ubiquitous),
        weight=pairs.get("weight", 1.0),
        effect=pairs.get("effect", np.nan),
        dataset=pairs.get("dataset", ""),
        element_class=pairs.get("element_class", ""),
        **counts,
    )


def read_predictions(path: Path) -> pd.DataFrame:
    """Published predictions: chrom, start, end, gene, score; raises `InputError` as `read_crispr`
    does.
    """
    with readable(path):
        table = pd.read_csv(path, sep="\t", low_memory=False)
    for name in PREDICTED:
        if name not in table:
            raise InputError(f"there is no column '{name}'", "Give a table of predictions", path)
    return table[list(PREDICTED)].rename(columns=PREDICTED)


def truth(values: pd.Series) -> pd.Series:
    """TRUE and FALSE, as text or as Booleans, as 1.0 and 0.0; NaN for anything else."""
    return values.astype(str).str.upper().map({"TRUE": 1.0, "FALSE": 0.0})


def lifted(pairs: pd.DataFrame, lift: Lift) -> pd.DataFrame:
    """The pairs with the middle of the element in another assembly, `element_mid` (NaN where no
    chain holds it).

    The middle is lifted itself; where it lies in a gap it is the middle of both lifted ends. Names
    of rows mix assemblies, so every row goes by the chain.
    """
    chroms, start, end = (pairs[name].to_numpy() for name in ("chrom", "start", "end"))
    middle = lift.positions(chroms, (start + end) // 2)
    in_gap = np.flatnonzero(np.isnan(middle))
    ends = [lift.positions(chroms[in_gap], at[in_gap]) for at in (start, end - 1)]
    middle[in_gap] = np.floor(np.mean([ends[0], ends[1] + 1], axis=0))
    return pairs.assign(element_mid=middle)


def with_tss(pairs: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """The pairs with the gene's `tss` by symbol, NaN where the gene is unknown or lies on another
    chromosome.

    The tables' own `startTSS` is not what their distances were computed from: it is up to 12.7 Mb
    off.
    """
    gene = genes.set_index("gene")
    tss = pairs.gene.map(gene.tss)
    return pairs.assign(tss=tss.where(pairs.gene.map(gene.chrom) == pairs.chrom))


def placed(pairs: pd.DataFrame, lift: Lift, genes: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a place on both ends, `element_mid` and `tss` whole numbers, and the row
    of the file as index.
    """
    both = with_tss(lifted(pairs, lift), genes)
    known = both[both.element_mid.notna() & both.tss.notna()]
    return known.astype({"element_mid": np.int64, "tss": np.int64})

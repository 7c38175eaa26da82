"""Tables of element-gene pairs tested by CRISPR interference, in the format of CRISPR_comparison
(Gschwind 2026). Coordinates are 0-based and half-open.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..files.text import decimals_or_unknown, intervals_of, read_headed, require_equal_rows
from .chains import Lift
from .genes import check_dates

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
# Columns of numbers that may be unknown, by our names.
NUMBERS = ["effect", "weight", *READ_COUNTS]
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
    `ubiquitous` float and `READ_COUNTS` (NaN where unknown). Raises `InputError` for a table
    without rows or without one of the columns, and for the first row with a wrong value.
    """
    text = _read_text(path, COLUMNS, OPTIONAL | {name: name for name in READ_COUNTS})
    none = pd.Series("", index=text.index)
    regulated = truth(text.regulated)
    for line in text.index[regulated.isna()][:1]:
        problem = f"Regulated is '{text.regulated[line]}'"
        raise InputError(problem, "Give TRUE or FALSE", path, line)
    numbers = {
        name: decimals_or_unknown(text.get(name, none.rename(name)), path) for name in NUMBERS
    }
    pairs = text.assign(
        **intervals_of(text, path),
        **numbers,
        regulated=regulated == 1,
        ubiquitous=truth(text.get("ubiquitous", none)),
        dataset=text.get("dataset", none),
        element_class=text.get("element_class", none),
    )
    pairs = pairs if "weight" in text else pairs.assign(weight=1.0)
    return pairs.reset_index(drop=True)


def read_predictions(path: Path) -> pd.DataFrame:
    """Published predictions: chrom, start, end, gene, score; raises `InputError` as `read_crispr`
    does.
    """
    text = _read_text(path, PREDICTED, {})
    score = decimals_or_unknown(text.score, path)
    return text.assign(**intervals_of(text, path), score=score).reset_index(drop=True)


def _read_text(path: Path, wanted: dict[str, str], optional: dict[str, str]) -> pd.DataFrame:
    """Columns of a table by our names, as text; at least one row."""
    rows = read_headed(path, [list(wanted)], list(optional))
    text = require_equal_rows(rows, path).rename(columns=wanted | optional)
    if text.empty:
        raise InputError("this table has no rows", "Give a table of CRISPR pairs", path)
    check_dates(text.gene, path)
    return text


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

"""Tables of many rows, held in little memory and looked through part by part."""

from collections.abc import Iterator, Sequence
from math import gcd

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from .batch_sizes import PAIRS_PER_BLOCK

# Coordinates below this have a sum and a difference in int32.
SMALL = 2**30


def narrowed(pairs: pd.DataFrame) -> pd.DataFrame:
    """The same pairs in less memory: text as categories, labels as int8, other whole numbers as
    int32 where all of a column are below `SMALL`, so that the sum of two has room.
    """
    kinds = {name: "category" for name in pairs if pairs[name].dtype == "str"}
    for name in pairs.columns.difference([*kinds, "label"]):
        if pairs[name].dtype == "int64" and pairs[name].abs().max() < SMALL:
            kinds[name] = "int32"
    return pairs.astype({**kinds, "label": "int8"})


def stacked(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables of the same columns, one below the other, rows numbered anew. Their columns move over
    one by one, so that no more than one of them is held twice; the tables are left empty.
    """
    columns = {name: _joined([table.pop(name) for table in tables]) for name in tables[0].columns}
    return pd.DataFrame(columns, copy=False)


def _joined(parts: Sequence[pd.Series]) -> np.ndarray | pd.Categorical:
    """Parts of a column as one."""
    if isinstance(parts[0].dtype, pd.CategoricalDtype):
        return union_categoricals(parts)
    return np.concatenate([part.to_numpy() for part in parts])


def repeated(pairs: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Which pairs equal an earlier one in some columns, `chrom` and `enhancer_start` among them;
    bool (n,).
    """
    found = np.zeros(len(pairs), dtype=bool)
    compared = pairs[columns]
    for rows in parts_of(pairs.chrom, pairs.enhancer_start):
        found[rows] = compared.iloc[rows].duplicated()
    return found


def parts_of(chrom: pd.Series, place: pd.Series) -> Iterator[np.ndarray]:
    """The numbers of rows in parts, in order in each: those of one chromosome and place share one.
    A table of what was seen is larger than the rows, so that it is made of few at a time.
    """
    count = 1 + len(chrom) // PAIRS_PER_BLOCK
    # Places may lie on a grid of round numbers, which would leave most parts empty.
    while gcd(count, 10) > 1:
        count += 1
    codes = chrom.astype("category").cat.codes.to_numpy()
    part = ((place.to_numpy() + codes) % count).astype(np.min_scalar_type(count))
    yield from _rows_by_code(part, count)


def rows_by_chromosome(chrom: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    """Every chromosome with the numbers of its rows, in order. A groupby gives the same in four
    times the memory.
    """
    of_row = chrom.astype("category").cat
    names = of_row.categories
    for name, rows in zip(names, _rows_by_code(of_row.codes, len(names)), strict=True):
        if len(rows):
            yield name, rows


def _rows_by_code(codes: np.ndarray | pd.Series, count: int) -> Iterator[np.ndarray]:
    """For each number below `count` the rows that have it as their code, in order."""
    order = np.argsort(np.asarray(codes), kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=count))
    yield from (order[start:end] for start, end in zip([0, *ends], ends, strict=False))

"""The null of a probe: labels that keep what blocks and strata hold, permuted; p = (1 + #{null >=
observed}) / (1 + B).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Exchangeable:
    """What may be exchanged under the null: whole blocks (n,) of rows with one label, within strata
    (n,).
    """

    blocks: np.ndarray
    strata: np.ndarray


def codes(*columns: np.ndarray) -> np.ndarray:
    """One integer (n,) per distinct combination of the columns' values."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values = np.unique(column, return_inverse=True)[1]
        code = np.unique(code * (values.max() + 1) + values, return_inverse=True)[1]
    return code


def permuted(c: np.ndarray, units: Exchangeable, rng: np.random.Generator) -> np.ndarray:
    """Labels c (n,) with those of the blocks of each stratum shuffled; all rows of a block get the
    same label.

    Rows of a block are one observation: pairs of a line that share a promoter share half of z, so
    that shuffling rows would make the null too narrow.
    """
    _, first, block = np.unique(units.blocks, return_index=True, return_inverse=True)
    strata = np.unique(units.strata, return_inverse=True)[1][first]
    shuffled = np.lexsort((rng.random(len(first)), strata))
    label = np.empty_like(c[first])
    label[np.argsort(strata, kind="stable")] = c[first][shuffled]
    return label[block]


def p_value(observed: float, null: list[float]) -> float:
    """Share of null and observation that is at least the observation; NaN without a null."""
    if not null:
        return float("nan")
    return (1 + sum(value >= observed for value in null)) / (1 + len(null))

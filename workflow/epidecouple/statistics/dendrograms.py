"""Dendrograms of the lines, and how faithful and how alike they are. The only module that uses
scipy's hierarchical clustering.
"""

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import cophenet, dendrogram, linkage

from .mantel import mantel, upper_triangle

COLUMNS = [
    "tree",
    "label",
    "group",
    "cophenetic",
    *(f"{axis}{k}" for axis in "xy" for k in range(4)),
]


def average_linkage(matrix: np.ndarray) -> np.ndarray:
    """Average-linkage tree (UPGMA) of distances (C, C), in scipy's form."""
    return linkage(upper_triangle(matrix), method="average")


def cophenetic_distances(matrix: np.ndarray) -> np.ndarray:
    """Height (C, C) at which two lines meet in their tree."""
    heights = np.zeros(matrix.shape)
    heights[np.triu_indices(len(matrix), 1)] = cophenet(average_linkage(matrix))
    return heights + heights.T


def cophenetic_correlation(matrix: np.ndarray) -> float:
    """Pearson correlation of distances with the heights at which lines meet: 1 where the tree says
    it all (Sokal & Rohlf 1962).
    """
    return float(
        np.corrcoef(upper_triangle(matrix), upper_triangle(cophenetic_distances(matrix)))[0, 1]
    )


def tree_agreement(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Rank correlation of the heights of two trees over the same lines (cf. Baker 1974), and its
    exact p over line permutations.
    """
    return mantel(cophenetic_distances(a), cophenetic_distances(b))


def tree_table(
    matrices: dict[str, np.ndarray], lines: list[str], groups: list[list[int]]
) -> pd.DataFrame:
    """What draws the trees: a row per leaf (label, its group, x0) and per fork (x0..x3, y0..y3,
    foot to foot), heights over the highest.
    """
    group_of = {lines[line]: k for k, group in enumerate(groups) for line in group}
    rows = []
    for name, matrix in matrices.items():
        drawn = dendrogram(average_linkage(matrix), no_plot=True, labels=lines)
        faithful = cophenetic_correlation(matrix)
        highest = max(max(fork) for fork in drawn["dcoord"])
        rows += [
            (name, label, group_of.get(label, np.nan), faithful, 5 + 10 * k, *7 * [np.nan])
            for k, label in enumerate(drawn["ivl"])
        ]
        forks = zip(drawn["icoord"], drawn["dcoord"], strict=True)
        rows += [
            (name, "", np.nan, faithful, *x, *(height / highest for height in y)) for x, y in forks
        ]
    return pd.DataFrame(rows, columns=COLUMNS)

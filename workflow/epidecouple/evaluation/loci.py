"""Scores of the elements around a few genes, beside the experiment: gene by gene, and all together.

A score finds an element when it is among the best of its gene, as many as the gene has regulated
ones.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..statistics.bootstrap import interval, row_counts
from ..statistics.precision_recall import Ranking

ALL_GENES = "all three"
DRAWS = 500


def best(pairs: pd.DataFrame, score: str) -> np.ndarray:
    """Whether each pair (gene, regulated) is among the best of its gene by a score, bool (n,): as
    many as are regulated, of equal ones those that come first.
    """
    place = pairs.groupby("gene")[score].rank(ascending=False, method="first")
    return (place <= pairs.groupby("gene").regulated.transform("sum")).to_numpy()


def locus_table(pairs: pd.DataFrame, scores: list[str], seed: int) -> pd.DataFrame:
    """One row per gene, and all genes, and score: pairs, regulated, found among the best, average
    precision and its interval over rows; pairs that a score does not know are left out of its row.
    """
    marked = {score: best(pairs, score) for score in scores}
    return pd.DataFrame(
        [
            {"gene": gene, "score": score} | _measured(rows, score, marked[score][position], seed)
            for gene, position, rows in _by_gene(pairs)
            for score in scores
            if rows[score].notna().all()
        ]
    )


def _by_gene(pairs: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, pd.DataFrame]]:
    """Name, positions and rows of each gene, in the order of the table, then of all."""
    for gene, position in pairs.groupby("gene", sort=False).indices.items():
        yield str(gene), position, pairs.iloc[position]
    yield ALL_GENES, np.arange(len(pairs)), pairs


def _measured(rows: pd.DataFrame, score: str, marked: np.ndarray, seed: int) -> dict[str, float]:
    labels = rows.regulated.to_numpy(dtype=float)
    ranking = Ranking(labels, rows[score].to_numpy(dtype=float))
    drawn = [
        ranking.curve(counts).average_precision
        for counts in row_counts(np.arange(len(rows)), DRAWS, seed)
    ]
    lower, upper = interval(drawn)
    return {
        "pairs": len(rows),
        "regulated": int(labels.sum()),
        "found": int(labels[marked].sum()),
        "ap": ranking.curve(np.ones(len(rows))).average_precision,
        "lower": lower,
        "upper": upper,
    }

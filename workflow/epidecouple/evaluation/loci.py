"""Scores of the elements around a few genes, beside the experiment: gene by gene, and all together.

A score finds an element when it is among the best of its gene, as many as the gene has regulated
ones.
"""

import numpy as np
import pandas as pd

from ..statistics.precision_recall import Ranking, interval, row_counts

ALL_GENES = "all three"
DRAWS = 500
ENDS = ("lower", "upper")


def best(pairs: pd.DataFrame, score: str) -> np.ndarray:
    """Whether each pair (gene, regulated) is among the best of its gene by a score, bool (n,): as
    many as are regulated, of equal ones those that come first.
    """
    place = pairs.groupby("gene")[score].rank(ascending=False, method="first")
    return (place <= pairs.groupby("gene").regulated.transform("sum")).to_numpy()


def locus_table(pairs: pd.DataFrame, scores: list[str], seed: int) -> pd.DataFrame:
    """One row per gene, then all genes, and score that knows all its pairs: pairs, regulated, found
    among the best, average precision, and by how much that is above the last score's; with
    intervals over rows.
    """
    marked = {score: best(pairs, score) for score in scores}
    tables = []
    for gene, position in _positions(pairs).items():
        rows = pairs.iloc[position]
        known = [score for score in scores if rows[score].notna().all()]
        found = [int(rows.regulated[marked[score][position]].sum()) for score in known]
        counts = {"pairs": len(rows), "regulated": int(rows.regulated.sum()), "found": found}
        columns = {"gene": gene, "score": known, **counts, **_precision(rows, known, seed)}
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def _positions(pairs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Rows of each gene, in the order of the table, and of all."""
    of_gene = pairs.groupby("gene", sort=False).indices
    return {str(gene): rows for gene, rows in of_gene.items()} | {ALL_GENES: np.arange(len(pairs))}


def _precision(rows: pd.DataFrame, scores: list[str], seed: int) -> dict[str, np.ndarray]:
    """Average precision of each score and what it gains on the last one, with their intervals over
    the same bootstraps of rows.
    """
    labels = rows.regulated.to_numpy(dtype=float)
    rankings = [Ranking(labels, rows[score].to_numpy(dtype=float)) for score in scores]
    every = np.arange(len(rows))
    samples = [np.ones(len(rows)), *row_counts(every, DRAWS, seed)]
    values = np.array([[r.curve(counts).average_precision for r in rankings] for counts in samples])
    columns = {}
    for name, of_sample in (("ap", values), ("gain", values - values[:, -1:])):
        ends = [interval(of_score) for of_score in of_sample[1:].T]
        columns[name] = of_sample[0]
        columns |= {f"{name}_{end}": x for end, x in zip(ENDS, np.transpose(ends), strict=True)}
    return columns

"""How well every score finds the interacting pairs of a line: average precision with intervals
over chromosomes, as it is and at matched distance, beside the share of interacting pairs.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..evaluation.loop_benchmark import Auc, mean_of
from ..statistics.jackknife import interval
from ..statistics.precision_recall import Ranking
from .arms import KINDS, OURS

MEAN = "mean"
# A part of the pairs with fewer positive ones has no figure.
FEWEST_POSITIVES = 5
BOUNDS = ("", "_lower", "_upper")
COLUMNS = [
    "line",
    "score",
    "kind",
    "pairs",
    "positives",
    "base_rate",
    *(f"{name}{end}" for name in ("aupr", "matched", "gain", "matched_gain") for end in BOUNDS),
    "times_base_rate",
]


def matched_weights(labels: np.ndarray, distance: np.ndarray, bins: int) -> np.ndarray:
    """Weights (n,) of pairs under which every bin of distance has the same share of positives, that
    of all pairs: 1 for a positive, so that each counts as it is.

    The bins hold equally many positives. A pair of a bin that lacks one of the labels counts 0.
    """
    positive = labels == 1
    edges = np.quantile(distance[positive], np.linspace(0, 1, bins + 1)[1:-1])
    place = np.searchsorted(edges, distance)
    positives = np.bincount(place, positive, bins)
    negatives = np.bincount(place, ~positive, bins)
    odds = (~positive).sum() / positive.sum()
    of_bin = np.divide(positives, negatives, out=np.zeros(bins), where=negatives > 0) * odds
    return np.where(positive, negatives[place] > 0, of_bin[place])


class LineRanking:
    """Average precision of scores on the pairs of one line, whole and without each chromosome.

    Chromosomes that the line lacks, of all `names`, leave a figure as it is: NaN in `left_out`.
    """

    def __init__(self, pairs: pd.DataFrame, names: np.ndarray, bins: int) -> None:
        self.labels = pairs.label.to_numpy()
        self.chrom = pairs.chrom.to_numpy(dtype=str)
        self.distance = pairs.distance.to_numpy()
        self.names = names
        self.bins = bins

    def aupr(self, scores: np.ndarray, matched: bool = False) -> Auc:
        """Average precision of scores (n,), at matched distance or as it is."""
        ranking = Ranking(self.labels, scores)
        everything = np.ones(len(self.labels), dtype=bool)
        value = self._of(ranking, everything, matched)
        left_out = [
            self._of(ranking, self.chrom != name, matched) if name in self.chrom else np.nan
            for name in self.names
        ]
        return Auc(value, np.array(left_out))

    def _of(self, ranking: Ranking, kept: np.ndarray, matched: bool) -> float:
        """Average precision on some rows, NaN where none of them is positive."""
        if not self.labels[kept].any():
            return float("nan")
        weights = kept.astype(float)
        if matched:
            weights[kept] = matched_weights(self.labels[kept], self.distance[kept], self.bins)
        return ranking.curve(weights).average_precision


Figures = dict[str, dict[str, tuple[Auc, Auc]]]


def figures_of(pairs: pd.DataFrame, scores: pd.DataFrame, config: Config) -> Figures:
    """By line and score the average precision, as it is and at matched distance; under `MEAN` the
    mean over the lines that all scores have.

    scores : columns by score, NaN where a line has none; the index is that of the pairs
    """
    names = np.unique(pairs.chrom.to_numpy(dtype=str))
    figures: Figures = {}
    for line, rows in pairs.groupby("line", sort=False):
        ranking = LineRanking(rows, names, config.bengi.matched_bins)
        own = scores.loc[rows.index].dropna(axis=1)
        figures[str(line)] = {
            name: (ranking.aupr(values), ranking.aupr(values, matched=True))
            for name, values in zip(own.columns, own.to_numpy().T, strict=True)
        }
    return figures | {MEAN: _means(figures, list(scores.columns))}


def lines_of_all(figures: Figures) -> list[str]:
    """The lines that have our score, over which means are taken."""
    return [line for line, of_line in figures.items() if OURS in of_line and line != MEAN]


def _means(figures: Figures, names: list[str]) -> dict[str, tuple[Auc, Auc]]:
    lines = lines_of_all(figures)
    shared = [name for name in names if lines and all(name in figures[line] for line in lines)]
    return {
        name: (
            mean_of([figures[line][name][0] for line in lines]),
            mean_of([figures[line][name][1] for line in lines]),
        )
        for name in shared
    }


def score_table(pairs: pd.DataFrame, figures: Figures) -> pd.DataFrame:
    """One row per line and score: `COLUMNS`. Gain: ours minus the score, NaN without ours."""
    rows = [
        (line, name, KINDS[name], *_counts(pairs, line, figures), *_cells(name, of_line))
        for line, of_line in figures.items()
        for name in of_line
    ]
    table = pd.DataFrame(rows, columns=COLUMNS[:-1])
    return table.assign(times_base_rate=table.aupr / table.base_rate)


def _counts(pairs: pd.DataFrame, line: str, figures: Figures) -> tuple[int, int, float]:
    """Pairs, positives, and the share of positives, of lines' shares the mean."""
    lines = lines_of_all(figures) if line == MEAN else [line]
    own = pairs[pairs.line.isin(lines)]
    return len(own), int(own.label.sum()), float(own.groupby("line").label.mean().mean())


def _cells(name: str, of_line: dict[str, tuple[Auc, Auc]]) -> Iterator[float]:
    """Both figures and both gains of ours, each with its interval."""
    yield from (end for figure in of_line[name] for end in figure.summary)
    for kind in (0, 1):
        ours = of_line.get(OURS)
        none = (np.nan,) * len(BOUNDS)
        yield from ours[kind].minus(of_line[name][kind]).summary if ours else none


def distance_strata(pairs: pd.DataFrame, scores: pd.DataFrame, config: Config) -> pd.DataFrame:
    """line, group (of distance), pairs, positives, base_rate, score, aupr, lower, upper."""
    edges = [0, *config.loop_panel.distances_bp, np.inf]
    rows: list[tuple[Any, ...]] = []
    for (line, code), own in pairs.groupby(["line", np.digitize(pairs.distance, edges)], sort=True):
        low, high = edges[code - 1], edges[code]
        group = f"{low / 1000:.0f} kb and more" if np.isinf(high) else _span(low, high)
        ranking = LineRanking(own, np.unique(own.chrom.to_numpy(dtype=str)), 1)
        for name in scores.columns if own.label.sum() >= FEWEST_POSITIVES else []:
            values = scores.loc[own.index, name].to_numpy()
            if np.isfinite(values).all():
                auc = ranking.aupr(values)
                ends = interval(auc.value, auc.left_out, auc.within)
                counts = (len(own), int(own.label.sum()), float(own.label.mean()))
                rows.append((line, group, *counts, name, auc.value, *ends))
    names = ["line", "group", "pairs", "positives", "base_rate", "score", "aupr", "lower", "upper"]
    return pd.DataFrame(rows, columns=names)


def _span(low: float, high: float) -> str:
    return f"{low / 1000:.0f} to {high / 1000:.0f} kb"


def bengi_metrics(pairs: pd.DataFrame, table: pd.DataFrame) -> dict[str, float]:
    """Counts, and the means over lines: our figure, and by how much each rival is behind it."""
    metrics: dict[str, float] = {
        "bengi_pairs": len(pairs),
        "bengi_positives": int(pairs.label.sum()),
    }
    for row in table[table.line == MEAN].to_dict("records"):
        ours = row["score"] == OURS
        name = "bengi_aupr" if ours else f"bengi_gain_over: {row['score']}"
        read = "aupr" if ours else "gain"
        metrics |= {f"{name}{end}": row[f"{read}{end}"] for end in BOUNDS}
        metrics |= {} if ours else {f"bengi_aupr: {row['score']}": row["aupr"]}
    return metrics

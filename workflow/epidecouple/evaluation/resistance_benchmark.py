"""How well R says in which line a pair loops, beside its rivals: within-pair AUC with intervals,
and what bounds it.

Two things bound it. The pairs of the panel were chosen by the lines' own tables, so the line that
lists a pair is favoured; comparisons between lines of which neither lists the pair are free of
that. And a line may have a loop just beside the elements, which the label calls none.
"""

import dataclasses
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..files.intervals import joined
from ..statistics.jackknife import ANYTHING, SHARE, interval, weighted_means, weights_without_each
from ..statistics.ranking import comparisons, mean_of_couples, within_pair_auc
from .baselines import BOOSTING
from .scores import ALL_LINES, Arm, Kind, R, Scores, in_setting

# Ends of the names of a figure and of its interval.
BOUNDS = ("", "_lower", "_upper")
COLUMNS = [
    "setting",
    "arm",
    "kind",
    "balanced",
    "balanced_lower",
    "balanced_upper",
    "auc",
    "lower",
    "upper",
    "gain",
    "gain_lower",
    "gain_upper",
    "unlisted",
    "unlisted_lower",
    "unlisted_upper",
    "disagree",
    "disagree_lower",
    "disagree_upper",
]


def neither_listed(listed: np.ndarray) -> np.ndarray:
    """Comparisons (n, C, C) between two lines of which neither lists the pair; listed : bool (n,
    C).
    """
    return ~listed[:, :, None] & ~listed[:, None, :]


def listing_disagrees(listed: np.ndarray) -> np.ndarray:
    """Comparisons (n, C, C) in which the line without the loop, the second one, lists the pair and
    the other does not; listed : bool (n, C).
    """
    return ~listed[:, :, None] & listed[:, None, :]


def involving(line: int, n_lines: int) -> np.ndarray:
    """Comparisons (1, C, C) that one line takes part in."""
    takes_part = np.arange(n_lines) == line
    return (takes_part[:, None] | takes_part[None, :])[None]


def near_misses(
    pairs: pd.DataFrame, loops: dict[str, pd.DataFrame], labels: np.ndarray, bp: int
) -> np.ndarray:
    """Bool (n, C): the line has no loop that joins the elements, and one that would if its anchors
    reached `bp` further.
    """
    reached = []
    for anchors in loops.values():
        starts = {name: (anchors[name] - bp).clip(lower=0) for name in ("start1", "start2")}
        wider = anchors.assign(**starts, end1=anchors.end1 + bp, end2=anchors.end2 + bp)
        reached.append(joined(pairs, wider))
    return np.column_stack(reached) & (labels == 0)


class Ranking:
    """Within-pair AUCs of all arms on the same pairs, with intervals over chromosomes."""

    def __init__(
        self, labels: np.ndarray, listed: np.ndarray, chrom: np.ndarray, config: Config
    ) -> None:
        self.labels = labels
        self.listed = listed
        self.near_bp = config.crossfit.near_bp
        self.chrom = chrom
        self.without = weights_without_each(chrom)
        self.members = [np.flatnonzero(chrom == name) for name in np.unique(chrom)]

    def summary(
        self, values: np.ndarray, within: tuple[float, float] = ANYTHING
    ) -> tuple[float, float, float]:
        """Mean over pairs of a figure per pair (n,), NaN left out, and its interval, which lies
        `within` bounds.
        """
        mean = float(np.nanmean(values))
        return mean, *interval(mean, weighted_means(values, self.chrom, self.without), within)

    def balanced(
        self, score: np.ndarray, counted: np.ndarray | None = None
    ) -> tuple[float, float, float]:
        """`balanced_auc` over the comparisons that count, and its interval."""
        sums = [
            np.stack([each[rows].sum(0) for rows in self.members])
            for each in comparisons(self.labels, score, counted)
        ]
        total = float(mean_of_couples(*(each.sum(0) for each in sums)))
        kept = range(len(self.without))
        without = (float(mean_of_couples(*(each.sum(0) - each[k] for each in sums))) for k in kept)
        return total, *interval(total, without, SHARE)

    def aucs(self, score: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
        """AUC of each pair (n,) over the comparisons that count."""
        return within_pair_auc(self.labels, score, counted)

    def rows(self, scores: Scores, lines: np.ndarray | None = None) -> list[tuple[Any, ...]]:
        """One row per arm of one setting: `COLUMNS`.

        lines : bool (1, C, C), narrows the comparisons
        """
        every_line = np.ones((1, 1, 1), dtype=bool) if lines is None else lines
        unlisted = neither_listed(self.listed) & every_line
        disagree = listing_disagrees(self.listed) & every_line
        (of_r,) = (self.aucs(score, lines) for arm, score in scores.items() if arm.name == R)
        rows = []
        for arm, score in scores.items():
            auc = self.aucs(score, lines)
            narrowed = [self.aucs(score, counted) for counted in (unlisted, disagree)]
            figures = (auc, SHARE), (of_r - auc, ANYTHING), *((each, SHARE) for each in narrowed)
            summaries = chain(
                self.balanced(score, lines), *(self.summary(*figure) for figure in figures)
            )
            rows.append((arm.setting, arm.name, arm.kind.value, *summaries))
        return rows


def ranking_of(labels: np.ndarray, pairs: pd.DataFrame, config: Config) -> Ranking:
    """The ranking of discordant pairs: labels (n, C), and the panel's rows of the same pairs."""
    listed = pairs[[f"published_{line}" for line in config.all_lines]].to_numpy() >= 0
    return Ranking(labels, listed, pairs.chrom.to_numpy(dtype=str), config)


def benchmark_metrics(
    table: pd.DataFrame,
    scores: Scores,
    ranking: Ranking,
    pairs: pd.DataFrame,
    loops: dict[str, pd.DataFrame],
    shares: list[float],
) -> dict[str, float]:
    """Headline figures, what bounds them, and the residual's share of R.

    table : of `arm_table`; loops : line -> its loops; shares : the residual's share of R's variance
    in every fold
    """
    near = {bp: near_misses(pairs, loops, ranking.labels, bp) for bp in ranking.near_bp}
    metrics = headline(table) | ceiling(ranking, scores[Arm(ALL_LINES, R, Kind.OF_R)], near)
    counts = {"discordant_pairs": len(pairs), "lines": len(loops)}
    return metrics | counts | {"residual_share": float(np.mean(shares))}


def arm_table(scores: Scores, ranking: Ranking, lines: list[str]) -> pd.DataFrame:
    """All arms in all lines, then per left-out line those that never saw its labels: `COLUMNS`.

    An untrained rival never sees labels, so that its scores serve every setting.
    """
    rows = ranking.rows(in_setting(scores, ALL_LINES))
    untrained = {arm: score for arm, score in scores.items() if arm.kind is Kind.UNTRAINED}
    for c, line in enumerate(lines):
        here = {dataclasses.replace(arm, setting=line): s for arm, s in untrained.items()}
        rows += ranking.rows(in_setting(scores, line) | here, involving(c, len(lines)))
    return pd.DataFrame(rows, columns=COLUMNS)


def unseen_line(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over the left-out lines of each arm: arm -> balanced, auc, gain, unlisted."""
    return (
        table[table.setting != ALL_LINES]
        .groupby("arm", sort=False)[["balanced", "auc", "gain", "unlisted"]]
        .mean()
    )


def ceiling(ranking: Ranking, score: np.ndarray, near: dict[int, np.ndarray]) -> dict[str, float]:
    """AUC of R without the comparisons that a near miss spoils, and how many negative labels are
    near misses.

    score : (n, C), -R; near : distance (bp) -> bool (n, C), as `near_misses` gives it
    """
    metrics = {}
    for bp, missed in near.items():
        name = f"near_{bp // 1000}kb"
        metrics[f"{name}_share_of_negatives"] = missed.sum() / (ranking.labels == 0).sum()
        counted = np.broadcast_to(~missed[:, None, :], (*missed.shape, missed.shape[1]))
        figures = ranking.summary(ranking.aucs(score, counted), SHARE)
        names = [f"crossfit_auc_without_{name}{bound}" for bound in BOUNDS]
        metrics |= dict(zip(names, figures, strict=True))
    return metrics


def headline(table: pd.DataFrame) -> dict[str, float]:
    """The figures of R in all lines and in an unseen line, of every rival, and the gain over
    gradient boosting.
    """
    arms = table[table.setting == ALL_LINES].set_index("arm")
    r = arms.loc[R]
    metrics = {f"crossfit_balanced_auc{bound}": r[f"balanced{bound}"] for bound in BOUNDS}
    metrics |= {f"crossfit_balanced_auc: {name}": x for name, x in arms.balanced.drop(R).items()}
    metrics |= {
        "crossfit_auc": r.auc,
        "crossfit_auc_lower": r.lower,
        "crossfit_auc_upper": r.upper,
    }
    for part in ("unlisted", "disagree"):
        metrics |= {f"crossfit_auc_{part}{bound}": r[f"{part}{bound}"] for bound in BOUNDS}
    metrics |= {f"crossfit_auc: {name}": auc for name, auc in arms.auc.drop(R).items()}
    boosting = arms.loc[BOOSTING]
    metrics |= {f"gain_over_boosting{bound}": boosting[f"gain{bound}"] for bound in BOUNDS}
    metrics[f"crossfit_auc_disagree: {BOOSTING}"] = boosting.disagree
    return metrics | {f"unseen line: {name}": auc for name, auc in unseen_line(table).auc.items()}

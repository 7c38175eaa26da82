"""How well R says in which line a pair loops, beside its rivals: within-pair AUC with intervals,
and what bounds it.

Two things bound it. The pairs of the panel were chosen by the lines' own tables, so the line that
lists a pair is favoured; comparisons between lines of which neither lists the pair are free of
that. And a line may have a loop just beside the elements, which the label calls none.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..files.intervals import joined
from ..statistics.bootstrap import bootstrap_groups, interval
from ..statistics.ranking import within_pair_auc
from .cross_fitting import ALL_LINES

OURS = "R"
COLUMNS = [
    "auc",
    "lower",
    "upper",
    "gain",
    "gain_lower",
    "gain_upper",
    "unlisted",
    "unlisted_lower",
    "unlisted_upper",
]


def pooled_scores(folds: list[Path], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of every arm on all discordant pairs, (n, C) in the order of `rows`, each from the
    fold that tested the pair.
    """
    parts = [np.load(path) for path in folds]
    order = np.argsort(np.concatenate([part["pairs"] for part in parts]))
    found = {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0].files}
    if not np.array_equal(found.pop("pairs"), rows):
        raise ValueError("the folds do not hold every discordant pair once")
    return found


def neither_listed(listed: np.ndarray) -> np.ndarray:
    """Comparisons (n, C, C) between two lines of which neither lists the pair; listed : bool (n,
    C).
    """
    return ~listed[:, :, None] & ~listed[:, None, :]


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
    found = []
    for anchors in loops.values():
        starts = {name: (anchors[name] - bp).clip(lower=0) for name in ("start1", "start2")}
        found.append(
            joined(pairs, anchors.assign(**starts, end1=anchors.end1 + bp, end2=anchors.end2 + bp))
        )
    return np.column_stack(found) & (labels == 0)


class Ranking:
    """Within-pair AUCs of all arms on the same pairs, with intervals over chromosomes."""

    def __init__(
        self, labels: np.ndarray, listed: np.ndarray, chrom: np.ndarray, config: Config
    ) -> None:
        self.labels, self.listed, self.near_bp = labels, listed, config.crossfit.near_bp
        self.draws = bootstrap_groups(chrom, config.crossfit.bootstrap, config.seed)

    def summary(self, values: np.ndarray) -> tuple[float, float, float]:
        """Mean over pairs of a figure per pair (n,), NaN left out, and its interval."""
        return float(np.nanmean(values)), *interval(
            [np.nanmean(values[draw]) for draw in self.draws]
        )

    def aucs(self, score: np.ndarray, counted: np.ndarray | None = None) -> np.ndarray:
        """AUC of each pair (n,) over the comparisons that count."""
        return within_pair_auc(self.labels, score, counted)

    def rows(
        self, setting: str, scores: dict[str, np.ndarray], lines: np.ndarray | None = None
    ) -> list[tuple]:
        """One row per arm: setting, arm and `COLUMNS`; `lines` (1, C, C) narrows the
        comparisons.
        """
        free, ours = neither_listed(self.listed), self.aucs(scores[OURS], lines)
        free = free if lines is None else free & lines
        found = []
        for name, score in scores.items():
            auc = self.aucs(score, lines)
            found.append(
                (
                    setting,
                    name,
                    *self.summary(auc),
                    *self.summary(ours - auc),
                    *self.summary(self.aucs(score, free)),
                )
            )
        return found


def ranking_of(labels: np.ndarray, pairs: pd.DataFrame, config: Config) -> Ranking:
    """The ranking of discordant pairs: labels (n, C), and the panel's rows of the same pairs."""
    listed = pairs[[f"published_{line}" for line in config.all_lines]].to_numpy() >= 0
    return Ranking(labels, listed, pairs.chrom.to_numpy(dtype=str), config)


def benchmark_metrics(
    table: pd.DataFrame,
    scores: dict[str, np.ndarray],
    ranking: Ranking,
    pairs: pd.DataFrame,
    loops: dict,
    shares: list[float],
) -> dict[str, float]:
    """Headline figures, what bounds them, and the residual's share of R.

    table : of `arm_table`; loops : line -> its loops; shares : the residual's share of R's variance
    in every fold
    """
    near = {bp: near_misses(pairs, loops, ranking.labels, bp) for bp in ranking.near_bp}
    metrics = headline(table) | ceiling(ranking, scores[f"{ALL_LINES}|{OURS}"], near)
    counts = {"discordant_pairs": len(pairs), "lines": len(loops)}
    return metrics | counts | {"residual_share": float(np.mean(shares))}


def arm_table(scores: dict[str, np.ndarray], ranking: Ranking, lines: list[str]) -> pd.DataFrame:
    """All arms in all lines, then per left-out line those that never saw its labels: setting, arm
    and `COLUMNS`.
    """
    of = {
        setting: {
            name.split("|")[1]: s for name, s in scores.items() if name.startswith(f"{setting}|")
        }
        for setting in (ALL_LINES, *lines)
    }
    rows = ranking.rows(ALL_LINES, of[ALL_LINES])
    trained = set(of[lines[0]])
    untrained = {
        name: s
        for name, s in of[ALL_LINES].items()
        if name not in trained and not name.startswith(OURS)
    }
    for c, line in enumerate(lines):
        rows += ranking.rows(line, of[line] | untrained, involving(c, len(lines)))
    return pd.DataFrame(rows, columns=["setting", "arm", *COLUMNS])


def unseen_line(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over the left-out lines of each arm: arm -> auc, gain, unlisted."""
    return (
        table[table.setting != ALL_LINES]
        .groupby("arm", sort=False)[["auc", "gain", "unlisted"]]
        .mean()
    )


def ceiling(ranking: Ranking, score: np.ndarray, near: dict[int, np.ndarray]) -> dict[str, float]:
    """AUC of R without the comparisons that a near miss spoils, and how many negative labels are
    near misses.
    """
    found = {}
    for bp, missed in near.items():
        name = f"near_{bp // 1000}kb"
        found[f"{name}_share_of_negatives"] = missed.sum() / (ranking.labels == 0).sum()
        figures = ranking.summary(
            ranking.aucs(
                score, np.broadcast_to(~missed[:, None, :], (*missed.shape, missed.shape[1]))
            )
        )
        found |= dict(
            zip(
                (f"crossfit_auc_without_{name}{end}" for end in ("", "_lower", "_upper")),
                figures,
                strict=True,
            )
        )
    return found


def headline(table: pd.DataFrame) -> dict[str, float]:
    """The figures of R in all lines and in an unseen line, of every rival, and the gain over
    gradient boosting.
    """
    arms = table[table.setting == ALL_LINES].set_index("arm")
    ours, boosting = arms.loc[OURS], arms.loc["gradient boosting"]
    found = {
        f"crossfit_auc{end}": ours[column]
        for end, column in (("", "auc"), ("_lower", "lower"), ("_upper", "upper"))
    }
    found |= {
        f"crossfit_auc_unlisted{end}": ours[f"unlisted{end}"] for end in ("", "_lower", "_upper")
    }
    found |= {f"crossfit_auc: {name}": row.auc for name, row in arms.iterrows() if name != OURS}
    found |= {
        f"gain_over_boosting{end}": boosting[f"gain{end}"] for end in ("", "_lower", "_upper")
    }
    return found | {f"unseen line: {name}": row.auc for name, row in unseen_line(table).iterrows()}

"""In which line does a pair loop? R on discordant pairs beside what a user would otherwise try."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..data.labels import discordant
from ..data.panel import Panel
from ..statistics.jackknife import SHARE, interval
from ..statistics.ranking import balanced_auc, within_pair_auc, without_levels

ACTIVITY_MARK = "H3K27ac"


class Fitting(NamedTuple):
    """Pairs a rival is fitted on and pairs it scores, both rows of the panel, and the lines it may
    learn from.
    """

    fitted: np.ndarray
    scored: np.ndarray
    lines: list[int]


def activity(panel: Panel, pairs: np.ndarray, mark: int) -> np.ndarray:
    """Normalised signal of a mark at enhancer plus promoter."""
    return np.column_stack(
        [shard.signal[pairs][:, :2, mark].astype(np.float32).sum(1) for shard in panel.shards]
    )


def line_offsets(panel: Panel, task: Fitting) -> np.ndarray:
    """Log mean label of each line on the fitted pairs, the mean over the lines for a line that is
    not among them.
    """
    offsets = np.log(panel.labels_of(task.fitted, task.lines).mean(0))
    score = np.full(len(panel.lines), offsets.mean())
    score[task.lines] = offsets
    return np.tile(score, (len(task.scored), 1))


@dataclass(frozen=True)
class Discordant:
    """The pairs that loop in some lines and not in others, and what stays of them when each unit of
    an interval is left out.

    labels : (n, C); without : row numbers among them
    """

    labels: np.ndarray
    without: list[np.ndarray]

    @classmethod
    def among(cls, labels: np.ndarray, without: list[np.ndarray]) -> "Discordant":
        """Those among all pairs; labels : (m, C), without : row numbers among all m. Units without
        such pairs leave nothing out and do not count.
        """
        keep = discordant(labels)
        among = [_among(rows, keep) for rows in without]
        return cls(labels[keep], [rows for rows in among if len(rows) < keep.sum()])

    def figures(self, rival: str, score: np.ndarray) -> dict[str, float]:
        """Every figure of a score (n, C), under names that end in `rival`."""
        return (
            self.balanced(f"balanced_auc{rival}", score)
            | self.balanced(f"balanced_auc_levels_removed{rival}", without_levels(score))
            | self.within_pairs(f"within_pair_auc{rival}", score)
        )

    def balanced(self, name: str, score: np.ndarray) -> dict[str, float]:
        """`balanced_auc` of a score (n, C) under a name, with its interval."""
        auc = balanced_auc(self.labels, score)
        each = (balanced_auc(self.labels[rows], score[rows]) for rows in self.without)
        return _with_interval(name, auc, interval(auc, each, SHARE))

    def balanced_gain(self, score: np.ndarray, rival: np.ndarray) -> dict[str, float]:
        """What a score (n, C) has in `balanced_auc` over a rival (n, C), with its interval."""
        auc, beside = (balanced_auc(self.labels, x) for x in (score, rival))
        each = (
            balanced_auc(self.labels[rows], score[rows])
            - balanced_auc(self.labels[rows], rival[rows])
            for rows in self.without
        )
        return _with_interval("balanced_gain", auc - beside, interval(auc - beside, each))

    def within_pairs(self, name: str, score: np.ndarray) -> dict[str, float]:
        """Mean `within_pair_auc` of a score (n, C) under a name, with its interval."""
        aucs = within_pair_auc(self.labels, score)
        auc = float(aucs.mean())
        each = (aucs[rows].mean() for rows in self.without)
        return _with_interval(name, auc, interval(auc, each, SHARE))


def _with_interval(name: str, value: float, bounds: tuple[float, float]) -> dict[str, float]:
    return {name: value, f"{name}_lower": bounds[0], f"{name}_upper": bounds[1]}


def within_pair(
    panel: Panel, resistance: np.ndarray, without: list[np.ndarray], marks: list[str]
) -> dict[str, float]:
    """In which line does a pair loop: -R (n, C) on discordant test pairs, beside H3K27ac at both
    ends and the lines' label rates in training.

    The headline is balanced over couples of lines; the same without each line's mean score over
    these pairs; and the mean over pairs, which the label rates reach without looking at a pair.
    without : the test pairs that stay when each unit is left out, as row numbers among them
    """
    rows = panel.rows("test")
    keep = rows[discordant(panel.labels[rows])]
    pairs = Discordant.among(panel.labels[rows], without)
    of_r = -resistance[keep]
    metrics = {"within_pair_pairs": len(keep)} | pairs.figures("", of_r)
    rates = _label_rates(panel, keep)
    metrics |= pairs.balanced("balanced_auc_label_rate", rates)
    metrics |= pairs.within_pairs("within_pair_auc_label_rate", rates)
    if ACTIVITY_MARK in marks:
        of_activity = activity(panel, keep, marks.index(ACTIVITY_MARK))
        metrics |= pairs.figures("_activity", of_activity)
        metrics |= pairs.balanced_gain(of_r, of_activity)
    return metrics


def _label_rates(panel: Panel, pairs: np.ndarray) -> np.ndarray:
    """A score (n, C) that knows no pair: how often the line's training pairs loop."""
    return line_offsets(panel, Fitting(panel.rows("train"), pairs, panel.training))


def _among(rows: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Those of the rows that are to `keep` (bool (n,)), as row numbers among these."""
    return (np.cumsum(keep) - 1)[rows[keep[rows]]]

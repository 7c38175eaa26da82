"""Does R follow the marks as it should? Rank correlations in every line, GC and distance regressed
out, with intervals over chromosomes.
"""

from typing import Any

import numpy as np
import pandas as pd

from ..core.dna import gc_content
from ..data.panel import Panel
from ..data.signal import places
from ..model.energy import EnergyModel
from ..model.scoring import score_resistance
from ..statistics.jackknife import CORRELATION, interval
from ..statistics.partial_covariance import GroupMoments, correlation_of, partialled
from ..statistics.ranking import ranks

# Sign that the resistance should have against a mark at the two ends: open chromatin lowers it,
# silenced raises it.
EXPECTED_SIGNS = {
    "DNase": -1,
    "H3K27ac": -1,
    "H3K4me1": -1,
    "H3K4me3": -1,
    "H3K9ac": -1,
    "H3K27me3": 1,
    "H3K9me3": 1,
}
# CTCF between the ends insulates them. (Its orientation is DNA and belongs to U.)
EXPECTED_IN_WINDOW = {"CTCF": 1}
GATED_MARKS = ("DNase", "H3K27ac", "H3K27me3", "H3K9me3")
ENDS = "both ends"
POSITIONS = ("enhancer", "promoter", "window")
COLUMNS = [
    "line",
    "mark",
    "position",
    "rho",
    "lower",
    "upper",
    "held_out",
    "held_out_lower",
    "held_out_upper",
    "expected",
]


def resistance_without_marks(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> np.ndarray:
    """R (M, n, C) of a model that is not shown one mark, for each mark in turn."""
    lines = list(range(len(panel.lines)))
    return np.stack(
        [
            score_resistance(model, panel.without(mark), pairs, lines)
            for mark in range(panel.present.shape[1])
        ]
    )


def partial_spearman(
    values: np.ndarray, covariates: np.ndarray, units: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Spearman correlations of the columns of values (n, d) with ranked covariates (n, k) regressed
    out of their ranks.

    units : int (n,), unit of each row; weights : (B, G), how often each of G units counts.
    Returns (B, d, d). Ranks are taken once, over all rows: weights do not rank them again.
    """
    ranked = ranks(np.column_stack([values, covariates]), axis=0)
    covariance = GroupMoments.of(ranked, units, weights.shape[1]).covariance(weights)
    return correlation_of(partialled(covariance, covariates.shape[1]))


def resistance_against_marks(
    resistance: np.ndarray,
    without: np.ndarray,
    panel: Panel,
    pairs: np.ndarray,
    marks: list[str],
    units: np.ndarray,
    without_each: np.ndarray,
    bins: int,
) -> pd.DataFrame:
    """Partial Spearman of R with each mark at each position and, as the mean of two, at both ends:
    a row per line, mark, position.

    resistance : (n, C); without : (M, n, C), R that did not read the mark (columns `held_out`);
    units : int (n,), unit of the intervals that each pair is in; without_each : (G, G), how often
    each unit stays when each is left out. Marks that a line lacks have no row there.
    """
    covariates = np.column_stack(
        [
            gc_content(panel.codes, panel.enhancer[pairs], panel.promoter[pairs]),
            panel.log_distance[pairs],
        ]
    )
    whole_first = np.vstack([np.ones((1, without_each.shape[1]), dtype=int), without_each])
    rows = []
    for c, line in enumerate(panel.lines):
        signal = panel.shards[c].signal[pairs].astype(np.float32)
        at = places(signal.shape[1], bins, panel.way_slots)
        ends = [signal[:, at[end]][:, 0] for end in POSITIONS[:2]]
        read = np.stack([*ends, signal[:, at["window"]].mean(1)], axis=1)
        values = np.column_stack(
            [resistance[:, c], without[:, :, c].T, read.reshape(len(pairs), -1)]
        )
        correlations = partial_spearman(values, covariates, units, whole_first)
        with_marks = correlations[:, :, 1 + len(marks) :]
        by_place = with_marks.reshape(len(whole_first), -1, len(POSITIONS), len(marks))
        rows += _rows_of_line(line, by_place, panel.present[c], marks)
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows_of_line(
    line: str, by_place: np.ndarray, present: np.ndarray, marks: list[str]
) -> list[tuple[Any, ...]]:
    """by_place : (1 + G, 1 + M, 3, M): the correlations of R, and of R without each mark, with the
    marks at three places; all pairs first.
    """
    rows = []
    for m in np.flatnonzero(present):
        full, held_out = (_with_ends(by_place[:, version, :, m]) for version in (0, 1 + m))
        for k, position in enumerate((*POSITIONS, ENDS)):
            both = [(x[0, k], *interval(x[0, k], x[1:, k], CORRELATION)) for x in (full, held_out)]
            rows.append(
                (line, marks[m], position, *both[0], *both[1], _expected(marks[m], position))
            )
    return rows


def _with_ends(three: np.ndarray) -> np.ndarray:
    """Correlations (B, 3) at enhancer, promoter, window, and the mean of the first two: (B, 4)."""
    return np.column_stack([three, three[:, :2].mean(1)])


def _expected(mark: str, position: str) -> int:
    return (EXPECTED_IN_WINDOW if position == "window" else EXPECTED_SIGNS).get(mark, 0)


def sign_failures(signs: pd.DataFrame) -> dict[str, int]:
    """For each gated mark that is present, in how many lines its correlation with R at both ends is
    on the wrong side.

    wrong_sign_<mark> : of the value itself; unclear_sign_<mark> : of its interval, which may also
    hold 0; ..._held_out_<mark> : the same where R did not read the mark.
    """
    ends = signs[(signs.position == ENDS) & signs.mark.isin(GATED_MARKS)]
    counts: dict[str, int] = {}
    for suffix, column in (("", "rho"), ("_held_out", "held_out")):
        bounds = ("lower", "upper") if column == "rho" else (f"{column}_lower", f"{column}_upper")
        nearest = np.where(ends.expected < 0, ends[bounds[1]], ends[bounds[0]])
        for kind, values in (("wrong", ends[column]), ("unclear", nearest)):
            wrong = (np.sign(values) != ends.expected).groupby(ends.mark).sum()
            counts |= {f"{kind}_sign{suffix}_{mark}": int(count) for mark, count in wrong.items()}
    return counts

"""What is measured of every arm on test chromosomes: skill, what the code of U leaks, and recovery
of the true energies.
"""

from dataclasses import dataclass

import numpy as np

from ..data.panel import Panel
from ..simulation.energy_recovery import (
    correlation,
    lineage_leak,
    share_above,
    within_pair_centred,
)
from ..statistics.probes import LinearProbe, v_information
from ..statistics.ranking import balanced_auc, macro_aupr, without_levels
from .world import Known

# Folds of whole chromosomes in which the probe of the line is fitted.
FOLDS = 4


@dataclass(frozen=True)
class Energies:
    """What an arm gives for n pairs in C lines, in logit units.

    score : (n, C), by which loops are ranked
    potential, resistance : (n, C), None for a rival that has no energies
    code : (n, C, d), what U is read from; in the design it is the same in every line
    """

    score: np.ndarray
    potential: np.ndarray | None = None
    resistance: np.ndarray | None = None
    code: np.ndarray | None = None


def measured(panel: Panel, rows: np.ndarray, known: Known, found: Energies) -> dict[str, float]:
    """All figures of an arm on pairs `rows` (n,); known, found : of these pairs in their order."""
    figures = skill(panel, rows, known, found.score)
    if found.potential is not None and found.resistance is not None:
        figures |= recovery(panel, known, found.potential, found.resistance)
    if found.code is not None:
        figures["z_line_linear"] = line_in_code(panel, rows, found.code)
    return figures


def skill(panel: Panel, rows: np.ndarray, known: Known, score: np.ndarray) -> dict[str, float]:
    """How well a score (n, C) ranks loops, beside the true energies and what can be known of
    them.

    AUPR is the mean over lines. The shares count from the base rate: 0 for a score that knows
    nothing, 1 for the true R and what DNA tells of the true U.
    """
    lines = np.arange(len(panel.lines))
    seen, unseen = np.array(panel.training), np.setdiff1d(lines, panel.training)
    labels = panel.labels[rows]
    oracle = known.potential[:, None] - known.resistance
    knowable = known.of_dna[:, None] - known.resistance
    base, best = labels[:, unseen].mean(), macro_aupr(labels[:, unseen], knowable[:, unseen])
    aupr = macro_aupr(labels[:, unseen], score[:, unseen])
    return {
        "aupr_seen": macro_aupr(labels[:, seen], score[:, seen]),
        "aupr_unseen": aupr,
        "aupr_unseen_oracle": macro_aupr(labels[:, unseen], oracle[:, unseen]),
        "aupr_unseen_dna_oracle": best,
        "aupr_unseen_share_of_dna_oracle": share_above(aupr, best, base),
        "balanced_auc": balanced_auc(labels, score),
        "balanced_auc_levels_removed": balanced_auc(labels, without_levels(score)),
    }


def recovery(
    panel: Panel, known: Known, potential: np.ndarray, resistance: np.ndarray
) -> dict[str, float]:
    """How well U and R (n, C) agree with the truth, and what one holds of the other.

    potential_line_share : of the variance of U, the share that lies between the lines of a pair
    """
    unseen = np.setdiff1d(np.arange(len(panel.lines)), panel.training)
    u = potential.mean(1)
    between = within_pair_centred(potential)
    true_r = known.resistance
    return {
        "potential_corr": correlation(u, known.potential),
        "potential_dna_corr": correlation(u, known.of_dna),
        "potential_line_share": float(between.var() / max(potential.var(), 1e-12)),
        "resistance_within_pair_corr": correlation(
            within_pair_centred(resistance), within_pair_centred(true_r)
        ),
        "resistance_unseen_corr": _mean_corr(resistance[:, unseen], true_r[:, unseen]),
        "resistance_potential_corr": _mean_corr(
            resistance, np.repeat(known.potential[:, None], len(panel.lines), 1)
        ),
        "lineage_leak": lineage_leak(u, known.lineage),
    }


def _mean_corr(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean([correlation(a[:, c], b[:, c]) for c in range(a.shape[1])]))


def line_in_code(panel: Panel, rows: np.ndarray, code: np.ndarray) -> float:
    """Share of H(line) that a linear probe reads from the code of U (n, C, d), on the pairs of
    `rows` (n,) that the training lines' own tables list.
    """
    pairs, columns = np.nonzero(panel.published[rows][:, panel.training] >= 0)
    x = code[pairs, columns]
    return v_information(x, columns, panel.chrom[rows][pairs], LinearProbe, FOLDS).fraction

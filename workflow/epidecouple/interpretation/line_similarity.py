"""Representational similarity: are lines whose prototypes are alike also alike in loops, and in a
mark the prototypes never read?

Distances between the lines' prototypes are held against distances between the lines in other
modalities (Kriegeskorte 2008), beside controls that learned nothing. Prototypes are made from
marks, so that a mark is compared with prototypes that were computed without it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from ..data.panel import Panel
from ..decoupling.representations import line_states
from ..model.energy import EnergyModel
from ..model.initialise import equal_parameters
from ..statistics.dendrograms import cophenetic_correlation, tree_agreement, tree_table
from ..statistics.jackknife import CORRELATION, interval
from ..statistics.mantel import (
    distances,
    group_contrast,
    holm,
    joint_mantel,
    mantel,
    rank_correlations,
    upper_triangle,
)
from ..statistics.partial_covariance import GroupMoments

REPRESENTATIONS = ("trained", "plain", "untrained", "offsets")
CONTROLS = ("untrained", "offsets", "plain")
JOINT = "joint"


def line_distances(model: EnergyModel, panel: Panel) -> np.ndarray:
    """Distances (C, C) between the states g of all lines on all reference loci."""
    lines = list(range(len(panel.lines)))
    loci = [np.arange(panel.n_reference)]
    return distances(line_states(model, panel, lines, loci, scrub=False))


@torch.no_grad()
def plain_distances(model: EnergyModel, panel: Panel) -> np.ndarray:
    """Distances of the lines' mean e over all reference loci: one prototype per line, without
    states.
    """
    means = [
        model.resistance.encoder(panel.reference_tensor(line)).mean(0)
        for line in range(len(panel.lines))
    ]
    return distances(torch.stack(means).numpy())


def offset_distances(panel: Panel) -> np.ndarray:
    """Distances of the lines' mean mark levels before normalisation, over the marks that all lines
    have: the offset-only control.
    """
    levels = np.array(
        [[mark["mean"] for mark in shard.manifest["marks"].values()] for shard in panel.shards]
    )
    return distances(levels[:, panel.present.all(0)])


def representations(
    model: EnergyModel, untrained: EnergyModel, panel: Panel
) -> dict[str, np.ndarray]:
    """Distances (C, C) of the trained prototypes and of what is simpler: no states, no training, no
    encoder.
    """
    return {
        "trained": line_distances(model, panel),
        "plain": plain_distances(model, panel),
        "untrained": line_distances(untrained, panel),
        "offsets": offset_distances(panel),
    }


@dataclass(frozen=True)
class Target:
    """A modality that prototypes are held against.

    role : loops; mark (read by prototypes without it); circular (marks that the prototypes are made
    from)
    moments : of the profiles of `lines` (columns of the lines that have the modality), grouped by
    the units of the intervals
    left_out : the mark that the prototypes must not have read
    """

    name: str
    role: str
    moments: GroupMoments
    lines: np.ndarray
    left_out: int | None = None

    def distances(self, weights: np.ndarray) -> np.ndarray:
        """1 - correlation of the lines' profiles when groups count so often (B, G): (B, C, C)."""
        return 1 - self.moments.correlation(weights)

    def whole(self) -> np.ndarray:
        """Distances (C, C) with every group counted once."""
        return self.distances(np.ones((1, len(self.moments.count))))[0]


def targets(panel: Panel, pairs: np.ndarray, units: np.ndarray, marks: list[str]) -> list[Target]:
    """Loops, every mark by itself and all marks together, over the pairs (n,).

    units : int (n,), which unit of the intervals a pair is in. Loops: labels of the pairs that loop
    in some line. Marks: normalised signal at both ends.
    """
    everyone = np.arange(len(panel.lines))
    some = panel.labels[pairs].any(1)
    labels = GroupMoments.of(panel.labels[pairs[some]].astype(float), units[some], units.max() + 1)
    modalities = [Target("loops", "loops", labels, everyone)]
    ends = np.stack([shard.signal[pairs][:, :2].astype(np.float64) for shard in panel.shards])
    for m, mark in enumerate(marks):
        lines = np.flatnonzero(panel.present[:, m])
        profiles = _profiles(ends[lines, ..., m : m + 1], units)
        modalities.append(Target(mark, "mark", profiles, lines, m))
    return [*modalities, Target("epigenome", "circular", _profiles(ends, units), everyone)]


def _profiles(ends: np.ndarray, units: np.ndarray) -> GroupMoments:
    """Moments of the lines' signal (C, n, 2, k), each value a row."""
    return GroupMoments.of(
        ends.reshape(len(ends), -1).T, np.repeat(units, ends[0, 0].size), units.max() + 1
    )


@dataclass(frozen=True)
class Agreement:
    """Mantel correlation of a representation with a target, its exact p, and the correlation
    when each unit is left out (G,).
    """

    target: str
    role: str
    representation: str
    rho: float
    p: float
    without: np.ndarray


def agreements(
    modalities: list[Target],
    of_lines: dict[int | None, dict[str, np.ndarray]],
    without_each: np.ndarray,
) -> list[Agreement]:
    """Every representation against every target, and against loops and all marks together: the one
    primary test.

    of_lines : mark left out -> representation -> distances (C, C); without_each : (G, G), how
    often each unit stays when each is left out. The joint test
    averages the correlations with the loops and with each mark that all lines have, each mark
    against prototypes without it, and permutes the lines once for all of them.
    """
    n_lines = len(of_lines[None][REPRESENTATIONS[0]])
    joint = [
        target
        for target in modalities
        if target.role != "circular" and len(target.lines) == n_lines
    ]
    rows = []
    for name in REPRESENTATIONS:
        each = {
            target.name: _agreement(target, name, of_lines[target.left_out][name], without_each)
            for target in modalities
        }
        couples = [(target.whole(), of_lines[target.left_out][name]) for target in joint]
        rho, p = joint_mantel(couples)
        without = np.mean([each[target.name].without for target in joint], axis=0)
        rows += [Agreement(JOINT, "primary", name, rho, p, without), *each.values()]
    return rows


def _agreement(
    target: Target, name: str, matrix: np.ndarray, without_each: np.ndarray
) -> Agreement:
    """Of one target with the distances (C, C) of one representation."""
    matrix = matrix[np.ix_(target.lines, target.lines)]
    distances_without = upper_triangle(target.distances(without_each))
    without = rank_correlations(upper_triangle(matrix), distances_without)
    rho, p = mantel(target.whole(), matrix)
    return Agreement(target.name, target.role, name, rho, p, without)


def agreement_table(agreed: list[Agreement]) -> pd.DataFrame:
    """One row per agreement: target, role, representation, rho with its interval, exact p, and p of
    the marks after Holm.
    """
    rows = [
        (
            a.target,
            a.role,
            a.representation,
            a.rho,
            *interval(a.rho, a.without, CORRELATION),
            a.p,
        )
        for a in agreed
    ]
    table = pd.DataFrame(
        rows, columns=["target", "role", "representation", "rho", "lower", "upper", "p"]
    )
    marks = table[table.role == "mark"]
    return table.assign(p_holm=marks.groupby("representation").p.transform(holm))


def agreement_metrics(agreed: list[Agreement]) -> dict[str, float]:
    """Correlation and p of every agreement, what the trained prototypes have over each control, and
    whether that is more than chance.

    A gain is the difference of two correlations with the same target, its interval that of the same
    units left out.
    """
    named = {(a.target, a.representation): a for a in agreed}
    metrics: dict[str, float] = {}
    for (target, name), a in named.items():
        metrics |= {f"mantel_rho_{target}_{name}": a.rho, f"mantel_p_{target}_{name}": a.p}
    for target, suffix in ((JOINT, ""), ("loops", "_loops")):
        for control in CONTROLS:
            metrics |= _gain(
                f"mantel_gain_over_{control}{suffix}",
                named[target, "trained"],
                named[target, control],
            )
    beyond = all(
        metrics[f"mantel_gain_over_{control}_lower"] > 0 for control in ("untrained", "offsets")
    )
    return metrics | {"prototypes_beyond_controls": int(beyond)}


def _gain(name: str, trained: Agreement, control: Agreement) -> dict[str, float]:
    gain = trained.rho - control.rho
    lower, upper = interval(gain, trained.without - control.without)
    return {name: gain, f"{name}_lower": lower, f"{name}_upper": upper}


def compare_lines(
    model: EnergyModel,
    untrained: EnergyModel,
    panel: Panel,
    modalities: list[Target],
    without_each: np.ndarray,
    groups: list[list[int]],
) -> tuple[dict[str, float], pd.DataFrame, pd.DataFrame]:
    """Prototypes against loops and marks: metrics, the table of Mantel tests, and the trees.

    without_each : (G, G), how often each unit stays when each is left out
    """
    of_lines = {
        left_out: representations(model, untrained, _seen(panel, left_out))
        for left_out in {target.left_out for target in modalities}
    }
    agreed = agreements(modalities, of_lines, without_each)
    trees = {"prototypes": of_lines[None]["trained"]}
    trees |= {target.name: target.whole() for target in modalities if target.role != "mark"}
    table = agreement_table(agreed)
    metrics = agreement_metrics(agreed) | tree_metrics(trees, groups)
    metrics["floor_equal_parameters"] = equal_parameters(model, untrained)
    trained = table[(table.representation == "trained") & (table.role == "mark")]
    metrics |= {
        f"mantel_p_holm_{mark}_trained": p
        for mark, p in zip(trained.target, trained.p_holm, strict=True)
    }
    return metrics, table, tree_table(trees, panel.lines, groups)


def _seen(panel: Panel, left_out: int | None) -> Panel:
    return panel if left_out is None else panel.without(left_out)


def groups_of(names: list[list[str]], lines: list[str]) -> list[list[int]]:
    """Groups as columns of the lines; lines that the run does not have are left out, and groups of
    which fewer than two are left.
    """
    known = [[lines.index(line) for line in group if line in lines] for group in names]
    return [group for group in known if len(group) > 1]


def tree_metrics(matrices: dict[str, np.ndarray], groups: list[list[int]]) -> dict[str, float]:
    """How faithful each tree is, how well that of the prototypes agrees with the others, and how
    the groups hold together in each.
    """
    metrics: dict[str, float] = {}
    for name, matrix in matrices.items():
        metrics[f"cophenetic_correlation_{name}"] = cophenetic_correlation(matrix)
        if name != "prototypes":
            agreed = tree_agreement(matrices["prototypes"], matrix)
            metrics |= dict(
                zip((f"tree_agreement_{name}", f"tree_agreement_p_{name}"), agreed, strict=True)
            )
        if len(groups) > 1:
            contrast = group_contrast(matrix, groups)
            metrics |= dict(
                zip((f"group_contrast_{name}", f"group_contrast_p_{name}"), contrast, strict=True)
            )
    return metrics

"""Figures of the loop panel."""

from pathlib import Path

import numpy as np
import pandas as pd

from .evaluation import KIND_COLOURS
from .style import COLOURS, MUTED, colour_of, plt


def loops(path: Path) -> None:
    """Balanced AUC of every arm of the loop panel in all lines, the best on top, with its null:
    columns of evaluation/loop_benchmark.py.
    """
    table = pd.read_csv(path, sep="\t")
    table = table[table.setting == table.setting.iloc[0]].sort_values("auc", ignore_index=True)
    _, axes = plt.subplots(figsize=(8, 0.27 * len(table) + 1), layout="constrained")
    for row, arm in table.iterrows():
        colour = COLOURS[0] if arm.arm == "R" else KIND_COLOURS[arm.kind]
        axes.plot([arm.lower, arm.upper], [row, row], color=colour, linewidth=1.5)
        axes.plot(arm.auc, row, "o", color=colour, markersize=7 if arm.arm == "R" else 4)
        axes.plot(arm.centred, row, "o", color=colour, markersize=6, markerfacecolor="none")
        axes.plot(max(arm.null, arm.null_centred), row, "x", color=KIND_COLOURS["null model"])
        right = max(arm.upper, arm.centred)
        axes.annotate(
            f"{arm.auc:.3f}", (right, row), (6, 0), "data", "offset points", va="center", fontsize=7
        )
    axes.axvline(0.5, color=MUTED, linewidth=0.7, linestyle=":")
    axes.set(title="Which of two lines loops?", xlabel="balanced AUC")
    axes.set_yticks(range(len(table)), table.arm)


def loop_strata(path: Path) -> None:
    """Balanced AUC of R and its closest rivals in parts of the loop panel (stratum, group,
    comparisons, arm, auc, lower, upper).
    """
    table = pd.read_csv(path, sep="\t")
    groups = list(table.groupby(["stratum", "group"], sort=False).groups)
    arms = sorted(table.arm.unique(), key=lambda arm: arm != "R")
    colours = colour_of(arms)
    _, axes = plt.subplots(figsize=(9, 0.32 * len(groups) + 1), layout="constrained")
    for number, arm in enumerate(arms):
        rows = table[table.arm == arm]
        at = np.array([groups.index(key) for key in zip(rows.stratum, rows.group, strict=True)])
        at = at + 0.2 * (number - (len(arms) - 1) / 2)
        spread = np.abs(rows[["lower", "upper"]].to_numpy().T - rows.auc.to_numpy())
        axes.errorbar(rows.auc, at, xerr=spread, fmt="o", ms=4, color=colours[arm], label=arm)
    axes.axvline(0.5, color=MUTED, linewidth=0.7, linestyle=":")
    axes.set(xlabel="balanced AUC", ylim=(len(groups) - 0.5, -0.5))
    axes.set_yticks(range(len(groups)), [f"{stratum}: {group}" for stratum, group in groups])
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(arms))

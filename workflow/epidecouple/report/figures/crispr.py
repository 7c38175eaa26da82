"""Figures of the target crispr."""

from pathlib import Path

import pandas as pd

from .style import COLOURS, INK, MUTED, Axes, colour_of, plt

# Kinds of ours, and the questions that the two panels answer.
OURS = ("zero-shot", "with a head")
PANELS = {
    "no CRISPR label": ("zero-shot", "rival without labels"),
    "labels of other chromosomes": ("with a head", "rival with labels"),
}


def crispr_curves(path: Path) -> None:
    """Precision over recall with bands (score, recall, precision, lower, upper)."""
    table = pd.read_csv(path, sep="\t")
    names = list(table.score.unique())
    colours = colour_of(names)
    _, axes = plt.subplots(figsize=(7, 4.2))
    for name in names:
        curve = table[table.score == name]
        axes.fill_between(
            curve.recall, curve.lower, curve.upper, color=colours[name], alpha=0.15, lw=0
        )
        axes.plot(curve.recall, curve.precision, color=colours[name], label=name)
    axes.axvline(0.7, color=MUTED, lw=0.7, ls=":")
    axes.annotate("70 % recall", (0.7, 1.0), color=MUTED, fontsize=7, ha="center", va="bottom")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def crispr_scores(path: Path) -> None:
    """Weighted area of every score with its interval, the best on top (score, kind, auprc, ...)."""
    table = pd.read_csv(path, sep="\t").sort_values("auprc")
    parts = {title: table[table.kind.isin(kinds)] for title, kinds in PANELS.items()}
    _, axes = plt.subplots(
        2,
        1,
        figsize=(7.5, 0.3 * len(table) + 1.4),
        sharex=True,
        layout="constrained",
        height_ratios=[len(rows) for rows in parts.values()],
    )
    for ax, (title, rows) in zip(axes, parts.items(), strict=True):
        _score_panel(ax, rows.reset_index(drop=True), title)
    axes[-1].set_xlabel("weighted AUPRC")


def _score_panel(axes: Axes, table: pd.DataFrame, title: str) -> None:
    for row, score in table.iterrows():
        colour = COLOURS[0] if score.kind in OURS else MUTED
        ends = [score.auprc_chromosomes_lower, score.auprc_chromosomes_upper]
        axes.plot(ends, [row, row], color=colour, linewidth=1.5)
        axes.plot(score.auprc, row, "o", color=colour, markersize=5)
        axes.annotate(
            f"{score.auprc:.3f}",
            (ends[1], row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=INK,
        )
    axes.set_yticks(range(len(table)), table.score)
    axes.set(title=title, ylim=(-0.6, len(table) - 0.4))

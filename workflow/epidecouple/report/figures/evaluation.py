"""Figures of the evaluation."""

from pathlib import Path

import numpy as np
import pandas as pd

from .style import COLOURS, INK, MUTED, Axes, colour_of, plt

POINTS_SHOWN = 1500
# Kind of an arm -> its colour; R itself is blue.
KIND_COLOURS = {
    "R or a variant": INK,
    "trained rival": MUTED,
    "untrained rival": MUTED,
    "null model": COLOURS[5],
}


def recovery(path: Path) -> None:
    """Known against estimated energies on test chromosomes (energy, line, estimate, truth)."""
    points = pd.read_csv(path, sep="\t")
    _, axes = plt.subplots(1, 2, figsize=(8, 3.8))
    titles = {
        "potential": "U: potential of the DNA",
        "resistance": "R: resistance, minus the pair's mean",
    }
    for ax, (energy, title) in zip(axes, titles.items(), strict=True):
        _recovery_panel(ax, points[points.energy == energy], title)


def _recovery_panel(axes: Axes, points: pd.DataFrame, title: str) -> None:
    lines = list(points.line.unique())
    colours = colour_of(lines)
    for line, rows in points.groupby("line", sort=False):
        shown = rows.iloc[:: max(1, len(rows) * len(lines) // POINTS_SHOWN)]
        axes.plot(
            shown.estimate,
            shown.truth,
            ".",
            ms=2.5,
            alpha=0.5,
            color=colours[line],
            label=line,
            rasterized=True,
        )
    low, high = points.truth.quantile([0.001, 0.999])
    axes.plot([low, high], [low, high], color=INK, lw=0.8)
    corr = np.corrcoef(points.estimate, points.truth)[0, 1]
    axes.set(
        title=title,
        xlabel="estimated, logit units",
        ylabel="true, logit units",
        xlim=(low, high),
        ylim=(low, high),
    )
    axes.annotate(f"correlation {corr:.2f}", (0.04, 0.92), xycoords="axes fraction", weight="bold")
    if len(lines) > 1:
        axes.legend(frameon=False, fontsize=7, markerscale=3, loc="lower right", ncols=2)


def comparison(path: Path) -> None:
    """Arms side by side: a dot per seed for every figure that is compared (arm, seed, metric, text,
    value, needed).
    """
    table = pd.read_csv(path, sep="\t")
    texts, arms = list(table.text.unique()), list(table.arm.unique())
    colours = colour_of(arms)
    _, axes = plt.subplots(figsize=(8, 0.42 * len(texts) + 1.2))
    for k, arm in enumerate(arms):
        rows = table[table.arm == arm]
        at = np.array([texts.index(text) for text in rows.text]) + 0.22 * (k - (len(arms) - 1) / 2)
        axes.plot(rows.value, at, "o", ms=5, color=colours[arm], alpha=0.85, label=arm)
    for text, rows in table.dropna(subset="needed").groupby("text", sort=False):
        row, needed = texts.index(text), rows.needed.iloc[0]
        axes.plot([needed, needed], [row - 0.35, row + 0.35], color=INK, lw=1.2)
        axes.annotate("gate", (needed, row - 0.38), ha="center", va="bottom", fontsize=7)
    axes.set_yticks(range(len(texts)), texts)
    axes.set(
        title=f"The arms side by side, one dot per seed ({table.seed.nunique()} seeds)",
        xlim=(min(-0.05, table.value.min() - 0.05), 1.02),
        ylim=(len(texts) - 0.4, -0.7),
    )
    axes.grid(axis="x", color="#DDDDDD", lw=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), title="arm")


def resistance(path: Path) -> None:
    """AUC between lines of every arm with its interval, the best on top: all comparisons, and those
    free of the panel's selection (setting, arm, kind, balanced, ..., unlisted_upper).
    """
    table = pd.read_csv(path, sep="\t")
    table = table[table.setting == table.setting.iloc[0]].sort_values("balanced", ignore_index=True)
    parts = {
        "all comparisons, couples of lines balanced": (
            "balanced",
            "balanced_lower",
            "balanced_upper",
        ),
        "neither line lists the pair": ("unlisted", "unlisted_lower", "unlisted_upper"),
    }
    _, axes = plt.subplots(
        1, 2, figsize=(9, 0.27 * len(table) + 1), sharey=True, layout="constrained"
    )
    for ax, (title, (middle, lower, upper)) in zip(axes, parts.items(), strict=True):
        for row, arm in table.iterrows():
            colour = COLOURS[0] if arm.arm == "R" else KIND_COLOURS[arm.kind]
            ax.plot([arm[lower], arm[upper]], [row, row], color=colour, linewidth=1.5)
            ax.plot(arm[middle], row, "o", color=colour, markersize=7 if arm.arm == "R" else 4)
            ax.annotate(
                f"{arm[middle]:.3f}",
                (arm[upper], row),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
            )
        ax.axvline(0.5, color=MUTED, linewidth=0.7, linestyle=":")
        ax.set(title=title, xlabel="AUC")
    axes[0].set_yticks(range(len(table)), table.arm)


LABELLED = (
    "design",
    "A2 additive",
    "A3 soft 10",
    "plain likelihood for R",
    "A3 soft 0",
    "A4 soft 10 homogeneous",
    "A7 conditional likelihood",
    "A8 concatenation",
    "shuffled DNA",
    "untrained",
)


def ablation(path: Path) -> None:
    """Skill against what U holds of the line and what R holds of the true U, an arm a dot, larger
    where U is recovered better; soft arms are joined (arm, aupr_unseen, potential_line_share,
    resistance_potential_corr, potential_dna_corr, aupr_unseen_dna_oracle).
    """
    runs = pd.read_csv(path, sep="\t")
    world = runs[runs.world == runs.world.iloc[0]]
    means = world.groupby("arm", sort=False).mean(numeric_only=True)
    means = means.dropna(subset=["potential_line_share", "resistance_potential_corr"])
    means["taken"] = means.resistance_potential_corr.abs()
    _, axes = plt.subplots(1, 2, figsize=(11, 5), sharey=True)
    _leak_panel(axes[0], means, "potential_line_share")
    _leak_panel(axes[1], means, "taken")
    axes[0].set(
        title=f"World “{world.world.iloc[0]}”: what U holds of the line",
        xlabel="share of U's variance between the lines of a pair",
        ylabel="AUPR, unseen lines",
    )
    axes[1].set(title="What R holds of U", xlabel="|correlation| of R with the true U")


def _leak_panel(axes: Axes, means: pd.DataFrame, leak: str) -> None:
    soft = means[means.index.str.startswith("A3 soft")]
    axes.plot(soft[leak], soft.aupr_unseen, color=MUTED, lw=1, zorder=1)
    for arm, row in means.iterrows():
        colour = COLOURS[0] if arm == "design" else MUTED if arm in soft.index else COLOURS[5]
        size = 20 + 160 * max(row.potential_dna_corr, 0) ** 2
        axes.scatter(row[leak], row.aupr_unseen, s=size, color=colour, alpha=0.7)
    known = means.aupr_unseen_dna_oracle.mean()
    axes.axhline(known, color=INK, lw=0.8, ls=":")
    axes.set_xlim(right=1.3 * axes.get_xlim()[1])
    right = axes.get_xlim()[1]
    axes.annotate("what can be known", (right, known), ha="right", va="bottom", fontsize=7)
    _label_arms(axes, means.loc[means.index.isin(LABELLED)], leak)


def _label_arms(axes: Axes, arms: pd.DataFrame, leak: str) -> None:
    """Names of arms to the right of their dots, in the order of `LABELLED`; where names would cover
    each other the first stays.
    """
    written: list[tuple[float, float]] = []
    for arm in arms.index[np.argsort([LABELLED.index(arm) for arm in arms.index])]:
        place = arms.loc[arm, [leak, "aupr_unseen"]].to_numpy(dtype=float)
        x, y = axes.transAxes.inverted().transform(axes.transData.transform(place))
        if all(abs(y - other_y) > 0.04 or abs(x - other_x) > 0.35 for other_x, other_y in written):
            written.append((x, y))
            axes.annotate(arm, place, (8, 0), textcoords="offset points", va="center", fontsize=8)

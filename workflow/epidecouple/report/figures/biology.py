"""Figures of the biology checks: prototypes against other modalities, trees of the lines, R against
marks, chromatin states.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from .style import COLOURS, DIVERGING, INK, MUTED, Axes, colour_of, plt

# Representation of the lines -> its name and its colour.
REPRESENTATIONS = {
    "trained": ("trained prototypes", COLOURS[0]),
    "untrained": ("untrained encoder", COLOURS[1]),
    "plain": ("mean of e, no states", COLOURS[2]),
    "offsets": ("levels of the marks", MUTED),
}


def prototypes(path: Path) -> None:
    """Mantel correlations with their intervals, a row per target (target, role, representation,
    rho, lower, upper, p, p_holm).
    """
    table = pd.read_csv(path, sep="\t")
    labels = {
        target: _target_label(target, role)
        for target, role in zip(table.target, table.role, strict=True)
    }
    at = {target: k for k, target in enumerate(labels)}
    _, axes = plt.subplots(figsize=(7, 0.42 * len(at) + 1.1))
    for k, (representation, (name, colour)) in enumerate(REPRESENTATIONS.items()):
        rows = table[table.representation == representation]
        heights = [at[target] + 0.17 * (k - 1.5) for target in rows.target]
        axes.hlines(heights, rows.lower, rows.upper, color=colour, lw=1.2)
        axes.plot(rows.rho, heights, "o", ms=4.5, color=colour, label=name)
    for _, row in table[table.representation == "trained"].iterrows():
        axes.annotate(
            _shown_p(row), (1.04, at[row.target]), va="center", fontsize=7, annotation_clip=False
        )
    axes.axvline(0, color=INK, lw=0.8)
    axes.set(
        title="Do lines with similar prototypes have similar loops and marks?",
        xlabel="Mantel correlation of distances (rank)",
        xlim=(-0.8, 1.02),
    )
    axes.set_yticks(range(len(at)), labels.values())
    axes.invert_yaxis()
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.25, 0.5))


def _target_label(target: str, role: str) -> str:
    return {
        "primary": "loops and all marks",
        "circular": "all marks, prototypes with them",
        "mark": f"{target}, prototypes without it",
    }.get(role, target)


def _shown_p(row: pd.Series) -> str:
    return f"p {row.p:.2g}" + (f", Holm {row.p_holm:.2g}" if row.role == "mark" else "")


def trees(path: Path) -> None:
    """A tree of the lines per representation (tree, label, group, cophenetic, x0..x3, y0..y3)."""
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""])
    names = list(table.tree.unique())
    _, axes = plt.subplots(
        1,
        len(names),
        figsize=(2.9 * len(names), 0.24 * table.label.nunique() + 1.2),
        layout="constrained",
    )
    for ax, name in zip(np.atleast_1d(axes), names, strict=True):
        _tree(ax, name, table[table.tree == name])


def _tree(axes: Axes, name: str, rows: pd.DataFrame) -> None:
    leaves, forks = rows.dropna(subset="label"), rows[rows.label.isna()]
    for _, fork in forks.iterrows():
        axes.plot(
            [fork[f"y{k}"] for k in range(4)], [fork[f"x{k}"] for k in range(4)], color=INK, lw=1.2
        )
    axes.set(title=f"{name}: r = {rows.cophenetic.iloc[0]:.2f}", xlabel="height", xticks=[])
    axes.yaxis.tick_right()
    axes.tick_params(axis="y", length=0)
    axes.set_yticks(leaves.x0, leaves.label)
    for text, group in zip(axes.get_yticklabels(), leaves.group, strict=True):
        text.set_color(INK if pd.isna(group) else COLOURS[int(group) % len(COLOURS)])
    axes.invert_xaxis()
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def signs(path: Path) -> None:
    """Partial correlation of R with each mark, a point with its interval per line; hollow where R
    did not read the mark.
    """
    table = pd.read_csv(path, sep="\t")
    marks, lines = list(table.mark.unique()), list(table.line.unique())
    positions = [position for position in table.position.unique() if position != "both ends"]
    colours = colour_of(lines)
    _, axes = plt.subplots(
        1, len(positions), figsize=(10, 0.62 * len(marks) + 1.2), sharey=True, layout="constrained"
    )
    for ax, position in zip(axes, positions, strict=True):
        for k, line in enumerate(lines):
            rows = table[(table.position == position) & (table.line == line)]
            at = [marks.index(mark) + 0.8 * ((k + 0.5) / len(lines) - 0.5) for mark in rows.mark]
            ax.hlines(at, rows.lower, rows.upper, color=colours[line], lw=1.2)
            ax.plot(rows.rho, at, "o", ms=3, color=colours[line], label=line)
            ax.plot(rows.held_out, at, "o", ms=3, mfc="white", mew=0.7, color=colours[line])
        _expected_sides(ax, table[table.position == position], marks)
        ax.axvline(0, color=INK, lw=0.8)
        ax.set(
            title=f"at the {position}" if position != "window" else "between the ends",
            xlim=(-1, 1),
            xlabel="partial correlation with R",
        )
    axes[0].set_yticks(range(len(marks)), marks)
    axes[0].invert_yaxis()
    axes[-1].legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))


def _expected_sides(axes: Axes, rows: pd.DataFrame, marks: list[str]) -> None:
    """Shade the side on which a mark's correlations are expected."""
    for mark, expected in rows.groupby("mark").expected.first().items():
        axes.barh(marks.index(mark), expected, height=0.9, color="#EEEEEE", zorder=0)


def states(path: Path) -> None:
    """The chromatin states, lowest resistance first: resistance, marks, and share in each line (one
    row per state).
    """
    table = pd.read_csv(path, sep="\t", index_col="state")
    parts = {
        "resistance": "adds to R, logit",
        "mark": "mean marks, sd",
        "share": "share of the line's reference loci",
    }
    columns = {part: [name for name in table if name.startswith(f"{part}_")] for part in parts}
    table = table.loc[table[columns["resistance"]].mean(axis=1).sort_values().index]
    widths = [len(names) for names in columns.values()]
    _, axes = plt.subplots(
        1, 3, figsize=(9, 0.25 * len(table) + 1.6), width_ratios=widths, layout="constrained"
    )
    for ax, (part, names) in zip(axes, columns.items(), strict=True):
        values = table[names].to_numpy()
        top = np.abs(values).max()
        scale = (
            {"cmap": "Greys", "vmin": 0, "vmax": top}
            if part == "share"
            else {"cmap": DIVERGING, "vmin": -top, "vmax": top}
        )
        image = ax.imshow(values, aspect="auto", interpolation="nearest", **scale)
        ax.set_xticks(
            range(len(names)),
            [name.removeprefix(f"{part}_") for name in names],
            rotation=60,
            ha="right",
        )
        ax.set(title=parts[part])
        ax.set_yticks(
            range(len(table)) if part == "resistance" else [],
            table.index if part == "resistance" else None,
        )
        plt.colorbar(image, ax=ax, shrink=0.7)
    axes[0].set_ylabel("chromatin state")

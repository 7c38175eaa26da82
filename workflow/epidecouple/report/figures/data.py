"""Figures of the data: what was left after each filter, and what each chromosome was used for."""

from pathlib import Path

import numpy as np
import pandas as pd

from .style import COLOURS, INK, Line2D, Rectangle, plt

# (the line trains, split of the chromosome) -> what its pairs are used for, and its colour.
ROLES = {
    (True, "train"): ("training", COLOURS[0]),
    (True, "validation"): ("validation", COLOURS[4]),
    (True, "test"): ("test, seen lines", COLOURS[5]),
    (False, "train"): ("unseen line, seen chromosome", "#D9D9D9"),
    (False, "validation"): ("unseen line, validation chromosome", "#EDEDED"),
    (False, "test"): ("test, unseen lines", COLOURS[1]),
}


def funnel(path: Path) -> None:
    """Rows left after each filter (step, rows)."""
    table = pd.read_csv(path, sep="\t")
    _, axes = plt.subplots(figsize=(6.5, 0.4 * len(table) + 0.8))
    axes.barh(table.step, table.rows, color=COLOURS[0])
    for row, count in enumerate(table.rows):
        axes.annotate(f" {count:,}", (count, row), va="center")
    axes.invert_yaxis()
    axes.set(title="Rows left after each filter", xticks=[])
    axes.spines["bottom"].set_visible(False)


def splits(path: Path) -> None:
    """What each chromosome was used for in each line, with its positives (chrom, split, line,
    trained, pairs, positives).
    """
    table = pd.read_csv(path, sep="\t")
    order = {"train": 0, "validation": 1, "test": 2}
    chroms = sorted(
        table.chrom.unique(),
        key=lambda chrom: (order[table.split[table.chrom == chrom].iloc[0]], natural_key(chrom)),
    )
    lines = list(table.line.unique())
    figure, axes = plt.subplots(
        figsize=(max(6.5, 0.42 * len(chroms) + 1.8), 0.3 * len(lines) + 1.3), layout="constrained"
    )
    for row in table.itertuples():
        x, y, (role, colour) = (
            chroms.index(row.chrom),
            lines.index(row.line),
            ROLES[row.trained, row.split],
        )
        axes.add_patch(Rectangle((x, y), 0.96, 0.92, color=colour, lw=0))
        shade = "white" if role in ("training", "test, seen lines") else INK
        axes.annotate(
            short_count(row.positives),
            (x + 0.48, y + 0.46),
            ha="center",
            va="center",
            fontsize=6.5,
            color=shade,
        )
    axes.set_xlabel("chromosome", loc="right")
    axes.set(
        xlim=(0, len(chroms)),
        ylim=(len(lines), 0),
        title="Use of each chromosome, and its number of pairs that loop",
    )
    axes.set_xticks(np.arange(len(chroms)) + 0.48, [chrom.removeprefix("chr") for chrom in chroms])
    axes.set_yticks(np.arange(len(lines)) + 0.46, lines)
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    present = {ROLES[key] for key in zip(table.trained, table.split, strict=True)}
    handles = [
        Line2D([], [], marker="s", ls="", ms=8, color=colour, label=role)
        for role, colour in ROLES.values()
        if (role, colour) in present
    ]
    figure.legend(handles=handles, frameon=False, fontsize=8, loc="outside lower left", ncols=3)


def natural_key(name: str) -> tuple[int, str]:
    """Sort key by which chr2 comes before chr10."""
    digits = name.removeprefix("chr")
    return (int(digits), "") if digits.isdigit() else (10**6, name)


def short_count(count: int) -> str:
    """A count in at most four characters."""
    return (
        f"{count}"
        if count < 1000
        else f"{count / 1000:.1f}k"
        if count < 10_000
        else f"{count / 1000:.0f}k"
    )

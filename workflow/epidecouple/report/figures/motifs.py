"""Figures of what U reads: logos of seqlets, effects of inserted motifs, interactions. The only
module that imports logomaker.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from logomaker import Logo

from .style import COLOURS, DIVERGING, INK, MUTED, Axes, plt

BASE_COLOURS = {"A": COLOURS[2], "C": COLOURS[0], "G": COLOURS[1], "T": COLOURS[5]}
LOGOS_SHOWN, LOGOS_PER_ROW, MOTIFS_SHOWN = 12, 3, 30


def logos(path: Path) -> None:
    """The strongest seqlet of each motif, each base as high as what it adds to U (seqlet, motif,
    position, base, contribution).
    """
    table = pd.read_csv(path, sep="\t")
    alike = table.groupby("motif").seqlet.nunique()
    first = table[table.seqlet == table.groupby("motif").seqlet.transform("min")]
    shown = [rows for _, rows in first.groupby("seqlet")][:LOGOS_SHOWN]
    n_rows = -(-len(shown) // LOGOS_PER_ROW)
    _, axes = plt.subplots(
        n_rows,
        LOGOS_PER_ROW,
        figsize=(9, 1.25 * n_rows),
        squeeze=False,
        sharey=True,
        layout="constrained",
    )
    low, high = min(0, table.contribution.min()), table.contribution.max()
    for ax in axes.flat[len(shown) :]:
        ax.set_visible(False)
    for ax, rows in zip(axes.flat, shown, strict=False):
        _logo(ax, rows)
        ax.set(xlim=(-0.5, len(rows) - 0.5), ylim=(1.05 * low, 1.05 * high), xticks=[])
        count = alike[rows.motif.iloc[0]]
        ax.set_title(f"{count} of {alike.sum()} stretches", fontsize=8)
        ax.spines["bottom"].set_visible(False)
    for ax in axes[:, 0]:
        ax.set_ylabel("adds to U, logit")


def _logo(axes: Axes, rows: pd.DataFrame) -> None:
    """Letters as high as their contribution, upside down where it is negative; N is not drawn."""
    heights = rows.pivot(index="position", columns="base", values="contribution")
    Logo(
        heights.reindex(columns=list(BASE_COLOURS)).fillna(0),
        ax=axes,
        color_scheme=BASE_COLOURS,
        font_name="DejaVu Sans",
        font_weight="bold",
        width=0.9,
    )


def motif_effects(path: Path) -> None:
    """Change of U by each motif at either end beyond shuffled motifs; the band holds most of those
    (motif, end, beyond_shuffled, ...).
    """
    table = pd.read_csv(path, sep="\t")
    largest = (
        table.groupby("motif")
        .beyond_shuffled.agg(lambda x: x.abs().max())
        .nlargest(MOTIFS_SHOWN)
        .index
    )
    table = table[table.motif.isin(largest)]
    names = table.drop_duplicates("motif").set_index("motif").name
    at = {motif: k for k, motif in enumerate(names.index)}
    ends = list(table.end.unique())
    _, axes = plt.subplots(
        1,
        len(ends),
        figsize=(8, 0.2 * len(at) + 1.2),
        sharex=True,
        sharey=True,
        layout="constrained",
    )
    for ax, end in zip(axes, ends, strict=True):
        rows = table[table.end == end]
        ax.axvspan(-2 * rows.null_sd.iloc[0], 2 * rows.null_sd.iloc[0], color="#E4E4E4", lw=0)
        heights = np.array([at[motif] for motif in rows.motif])
        called = (rows.called == 1).to_numpy()
        ax.hlines(heights, 0, rows.beyond_shuffled, color=MUTED, lw=1)
        ax.plot(
            rows.beyond_shuffled[~called],
            heights[~called],
            "o",
            ms=4.5,
            mfc="white",
            color=MUTED,
            label="not called",
        )
        ax.plot(
            rows.beyond_shuffled[called],
            heights[called],
            "o",
            ms=4.5,
            color=COLOURS[0],
            label="called, q ≤ 0.05",
        )
        ax.axvline(0, color=INK, lw=0.8)
        ax.set(title=f"inserted into the {end}", xlabel="change of U beyond shuffled motifs, logit")
    axes[0].set_yticks(range(len(at)), names)
    axes[0].invert_yaxis()
    axes[-1].legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))


def interactions(path: Path) -> None:
    """Change of U by a motif at both ends beyond the sum of single changes (enhancer_motif,
    promoter_motif, interaction, q).
    """
    table = pd.read_csv(path, sep="\t")
    rows, columns = (list(table[f"{end}_motif"].unique()) for end in ("enhancer", "promoter"))
    _, axes = plt.subplots(figsize=(0.75 * len(columns) + 2.4, 0.36 * len(rows) + 1.4))
    axes.set(
        title="Two motifs together, minus their single effects",
        xlabel="motif at the promoter",
        ylabel="motif at the enhancer",
    )
    if table.empty:
        axes.annotate(
            "no motif is called at both ends", (0.5, 0.5), xycoords="axes fraction", ha="center"
        )
        axes.set(xticks=[], yticks=[])
        return
    values = table.interaction.to_numpy().reshape(len(rows), len(columns))
    top = np.abs(values).max()
    image = axes.imshow(values, cmap=DIVERGING, vmin=-top, vmax=top, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        ink = "white" if abs(value) > 0.6 * top else INK
        axes.annotate(
            f"{value:.2f}", (column, row), ha="center", va="center", fontsize=7, color=ink
        )
    axes.set_xticks(range(len(columns)), columns, rotation=30, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    plt.colorbar(image, ax=axes, label="change of U, logit")

"""A locus whose elements were silenced one by one: arcs of the measured effects above, of the
scores below, genes and peaks between them, and the parts of R under the arcs.

Coordinates are 0-based, in bp.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .style import COLOURS, DIVERGING, INK, MUTED, Axes, Figure, Line2D, SubFigure, plt

FOUND, MISSED, WRONG = COLOURS[0], COLOURS[5], MUTED
KINDS = {
    FOUND: "changes the gene, found",
    MISSED: "changes the gene, missed",
    WRONG: "predicted, no change measured",
}
NOTE = "Rows at the bottom, parts of R: red resists more than the gene's median element, blue less"
# The score, a logit, whose best elements are `predicted`.
SCORE = "with a head"
TRACKS = ("DNase", "H3K27ac", "CTCF")
# Rows below the arcs: parts of the score, whether a larger one resists, and what they are called.
PARTS = {
    "activity": (-1, "R: inactivity"),
    "competition": (1, "R: competition"),
    "resistance_of_way": (1, "R: way between"),
}
# Room on either side of the arcs, of their width; and the narrowest picture, in bp.
MARGIN, NARROWEST_BP = 0.08, 100_000
# Smallest width of a peak, of the picture's width, and the width of a letter of a gene's name.
THINNEST, LETTER = 0.0012, 0.0095
LEVELS = 3
# Names of clones in place of a gene's.
CLONE = r"[-.]|^LOC"
# In inches.
WIDTH, LOCUS_HEIGHT, LEGEND_HEIGHT = 8.6, 3.4, 0.6
ROWS = (1.3, 1.05, *[0.28] * len(TRACKS), 1.1, *[0.16] * len(PARTS))


@dataclass(frozen=True)
class Locus:
    """What one picture shows: tested pairs of one gene with their scores, peaks (chrom, start, end,
    signal) by mark, and genes (chrom, tss, gene, strand, coding).
    """

    pairs: pd.DataFrame
    peaks: dict[str, pd.DataFrame]
    genes: pd.DataFrame

    @property
    def gene(self) -> str:
        """The gene whose elements were tested."""
        return str(self.pairs.gene.iloc[0])

    @property
    def tss(self) -> int:
        """Its TSS."""
        return int(self.pairs.tss.iloc[0])

    @property
    def arcs(self) -> pd.DataFrame:
        """The pairs that have an arc: regulated or predicted ones."""
        return self.pairs[self.pairs.regulated | self.pairs.predicted]

    @property
    def window(self) -> tuple[float, float]:
        """Ends of what is shown: every arc with some room around."""
        ends = np.append(self.arcs.element_mid, self.tss)
        room = max(MARGIN * np.ptp(ends), (NARROWEST_BP - np.ptp(ends)) / 2)
        return ends.min() - room, ends.max() + room

    @property
    def shown(self) -> pd.DataFrame:
        """The pairs whose element lies in the window."""
        return self.pairs[self.pairs.element_mid.between(*self.window)]


def draw_loci(loci: list[Locus]) -> None:
    """Several loci below each other, with one legend."""
    figure = plt.figure(figsize=(WIDTH, LOCUS_HEIGHT * len(loci) + LEGEND_HEIGHT))
    heights = [LEGEND_HEIGHT, *[LOCUS_HEIGHT] * len(loci)]
    legend, *rows = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for row, locus in zip(rows, loci, strict=True):
        draw_locus(row, locus)
    handles = [Line2D([], [], color=colour, lw=3) for colour in KINDS]
    names = list(KINDS.values())
    legend.legend(handles, names, ncols=len(KINDS), frameon=False, loc="upper center", fontsize=10)
    legend.text(0.5, 0.12, NOTE, ha="center", fontsize=8)


def draw_locus(figure: Figure | SubFigure, locus: Locus) -> None:
    """One locus: a row of axes for each thing that is shown."""
    axes = figure.subplots(len(ROWS), 1, sharex=True, height_ratios=ROWS)
    figure.subplots_adjust(left=0.14, right=0.975, top=0.9, bottom=0.14, hspace=0.08)
    measured, genes, *tracks, scored = axes[: -len(PARTS)]
    arcs(measured, locus, "regulated", -locus.pairs.effect.clip(upper=0))
    arcs(scored, locus, "predicted", 1 / (1 + np.exp(-locus.pairs[SCORE])))
    scored.invert_yaxis()
    draw_genes(genes, locus)
    for ax, mark in zip(tracks, TRACKS, strict=True):
        draw_peaks(ax, locus, mark)
    for ax, part in zip(axes[-len(PARTS) :], PARTS, strict=True):
        draw_part(ax, locus, part)
    for ax in axes:
        ax.axvline(locus.tss, color=MUTED, lw=0.6, ls=":", zorder=0)
    _name(measured, "measured")
    _name(scored, "predicted")
    _places(axes[-1], locus)
    figure.suptitle(headline(locus), x=0.012, y=0.99, ha="left", fontsize=11, weight="bold")


def headline(locus: Locus) -> str:
    """What the picture shows, in one line."""
    pairs = locus.pairs
    regulated = int(pairs.regulated.sum())
    found = int((pairs.regulated & pairs.predicted).sum())
    nearest = pairs.distance_bp.rank(method="first") <= regulated
    near = int((pairs.regulated & nearest).sum())
    return (
        f"{locus.gene}: {found} of {regulated} regulating elements found among {len(pairs)} tested"
        f" (nearest first: {near})"
    )


def kind(pairs: pd.DataFrame) -> np.ndarray:
    """The colour of each pair that is regulated or predicted, (n,)."""
    both = pairs.regulated & pairs.predicted
    return np.where(both, FOUND, np.where(pairs.regulated, MISSED, WRONG))


def arcs(axes: Axes, locus: Locus, flag: str, strength: pd.Series) -> None:
    """Half ellipses from the TSS to the elements with a flag, as thick as the strength (n,) in 0 to
    1; all tested elements are ticks.
    """
    shown = locus.shown
    axes.plot(shown.element_mid, np.zeros(len(shown)), "|", color=MUTED, ms=4, mew=0.6)
    drawn = locus.pairs[locus.pairs[flag]]
    angle = np.linspace(0, np.pi, 60)
    furthest = (locus.arcs.element_mid - locus.tss).abs().max()
    order = np.argsort(kind(drawn) == FOUND, kind="stable")
    for k in order:
        row, colour = drawn.iloc[k], kind(drawn)[k]
        middle, radius = (row.element_mid + locus.tss) / 2, (row.element_mid - locus.tss) / 2
        height = np.sqrt(2 * abs(radius) / furthest)
        axes.plot(
            middle + radius * np.cos(angle),
            height * np.sin(angle),
            color=colour,
            lw=1 + 3 * float(strength[row.name]),
            solid_capstyle="round",
        )
    axes.set_ylim(-0.06, 1.05)
    _bare(axes)


def draw_genes(axes: Axes, locus: Locus) -> None:
    """Every TSS with its direction; names of coding genes where there is room, the gene itself
    first.
    """
    left, right = locus.window
    width = right - left
    genes = locus.genes[locus.genes.tss.between(left, right)]
    taken: list[list[tuple[float, float]]] = [[] for _ in range(LEVELS)]
    own = genes.gene == locus.gene
    named = genes[genes.coding | ~genes.gene.str.contains(CLONE)]
    for gene in pd.concat([genes[own], named.drop(genes.index[own])]).itertuples():
        half = (len(gene.gene) + 1.5) * LETTER * width / 2
        middle = min(max(gene.tss, left + half), right - half)
        level = _free(taken, middle - half, middle + half)
        if level is not None:
            _gene_name(axes, gene.gene, (middle, level), gene.gene == locus.gene)
    for gene in genes.itertuples():
        colour = INK if gene.gene == locus.gene else MUTED
        head = gene.tss + (1 if gene.strand == "+" else -1) * 0.012 * width
        axes.plot([gene.tss, gene.tss], [-0.1, 0.25], color=colour, lw=1)
        axes.annotate(
            "",
            (head, 0.25),
            (gene.tss, 0.25),
            arrowprops={"arrowstyle": "->", "color": colour, "lw": 1, "shrinkA": 0, "shrinkB": 0},
        )
    axes.axhline(-0.1, color=MUTED, lw=0.6)
    axes.set_ylim(-0.15, 0.55 + 0.5 * LEVELS)
    _bare(axes)


def _gene_name(axes: Axes, name: str, place: tuple[float, int], own: bool) -> None:
    middle, level = place
    axes.text(
        middle,
        0.4 + 0.5 * level,
        name,
        ha="center",
        fontsize=8.5 if own else 7.5,
        weight="bold" if own else "normal",
        style="italic",
        color=INK,
    )


def _free(taken: list[list[tuple[float, float]]], left: float, right: float) -> int | None:
    """The first level without a name in between, which is then taken; None where there is none."""
    for level, names in enumerate(taken):
        if all(right < start or left > end for start, end in names):
            names.append((left, right))
            return level
    return None


def draw_peaks(axes: Axes, locus: Locus, mark: str) -> None:
    """Peaks of a mark, as high as their quantile."""
    left, right = locus.window
    table = locus.peaks[mark]
    chrom = locus.pairs.chrom.iloc[0]
    peaks = table[(table.chrom == chrom) & (table.end > left) & (table.start < right)]
    end = np.maximum(peaks.end, peaks.start + THINNEST * (right - left))
    # One outline that falls to 0 between peaks: a small file.
    places = np.column_stack([peaks.start, peaks.start, end, end]).ravel()
    heights = np.column_stack([peaks.signal, peaks.signal]) @ [[0, 1, 0, 0], [0, 0, 1, 0]]
    axes.fill(places, heights.ravel(), color=INK, lw=0)
    axes.set_ylim(0, 1.1)
    _bare(axes)
    _name(axes, mark)


def draw_part(axes: Axes, locus: Locus, part: str) -> None:
    """One part of R as ticks at the tested elements: red resists more than the gene's median
    element, blue less.
    """
    sign, name = PARTS[part]
    resists = sign * locus.pairs[part]
    centred = (resists - resists.median())[locus.shown.index]
    bound = max(float(np.quantile(np.abs(resists - resists.median()), 0.9)), 0.05)
    axes.scatter(
        locus.shown.element_mid,
        np.zeros(len(centred)),
        c=centred,
        cmap=DIVERGING,
        vmin=-bound,
        vmax=bound,
        marker="|",
        s=40,
        linewidths=2,
    )
    _bare(axes)
    _name(axes, name)


def _name(axes: Axes, name: str) -> None:
    axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)


def _bare(axes: Axes) -> None:
    axes.set_yticks([])
    axes.tick_params(bottom=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _places(axes: Axes, locus: Locus) -> None:
    """The axis of places, in Mb."""
    axes.set_xlim(*locus.window)
    axes.spines["bottom"].set_visible(True)
    axes.tick_params(bottom=True, labelsize=8)
    axes.xaxis.set_major_formatter(lambda place, _: f"{place / 1e6:g}")
    axes.set_xlabel(f"{locus.pairs.chrom.iloc[0]}, Mb (hg19)", fontsize=8, labelpad=1)

"""The locus of a prediction: a gene, the elements that were scored for it, and how they rank."""

from pathlib import Path

import numpy as np
import pandas as pd

from .style import COLOURS, INK, MUTED, STYLE, Axes, plt

# So many of a gene's elements are drawn in colour, and others up to REACH times as far from the TSS
# as the farthest of these, or up to LEAST_BP.
BEST = 5
REACH = 3
LEAST_BP = 30_000
ANGLE = np.linspace(0, np.pi, 60)
MARGIN = 0.05


def best_gene(predictions: pd.DataFrame) -> pd.DataFrame:
    """The scored rows of the gene that has the highest score, the best first; empty where no row
    has one.

    predictions : of `predictions.tsv`; adds `score`, that with a head or else the zero-shot one, in
    logit units
    """
    scored = predictions[predictions.reason == ""]
    scored = scored.assign(score=scored["head"].fillna(scored.zero_shot))
    ordered = scored.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    return of_gene(ordered, ordered.head(1))


def of_gene(rows: pd.DataFrame, best: pd.DataFrame) -> pd.DataFrame:
    """The rows with the gene and the TSS of `best`."""
    return rows[rows.gene.isin(best.gene) & rows.tss.isin(best.tss)]


def draw_locus(rows: pd.DataFrame, path: Path) -> None:
    """Arcs from the TSS to the elements of `best_gene`, the best ones in colour; scores below, with
    their spread where a head has one. The same bytes for the same rows.
    """
    with plt.rc_context(STYLE):
        _, (above, below) = plt.subplots(
            2, sharex=True, figsize=(7, 4), height_ratios=(2, 1), layout="constrained"
        )
        if rows.empty:
            above.set_title("No pair has a score")
        else:
            near = near_best(rows)
            draw_arcs(above, near)
            draw_scores(below, near)
            above.set_title(title(rows, near))
        plt.savefig(path, metadata={"Date": None})
        plt.close()


def near_best(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the rows of `best_gene` the best, and the others that lie about as near to the TSS."""
    distance = (rows.element_mid - rows.tss).abs()
    return rows[distance <= max(REACH * distance.head(BEST).max(), LEAST_BP)]


def title(rows: pd.DataFrame, near: pd.DataFrame) -> str:
    """Gene, line, how many elements are in colour, and how many are not drawn."""
    first, farther = rows.iloc[0], len(rows) - len(near)
    count = f"the {min(BEST, len(rows))} best of {len(rows)} elements"
    left_out = f" ({farther} farther away)" if farther else ""
    return f"{first.gene or 'promoter'} in {first.cell_line}: {count}{left_out}"


def draw_arcs(axes: Axes, rows: pd.DataFrame) -> None:
    """Half circles between TSS and elements, positions in kb of hg19."""
    tss, middle = rows.tss.iloc[0] / 1e3, rows.element_mid.to_numpy() / 1e3
    axes.plot(middle, np.zeros(len(rows)), "|", color=MUTED, ms=5)
    axes.plot(tss, 0, "v", color=INK, ms=7)
    for k in reversed(range(len(rows))):
        radius = (middle[k] - tss) / 2
        across, up = tss + radius * (1 + np.cos(ANGLE)), abs(radius) * np.sin(ANGLE)
        colour, width = (COLOURS[0], 2.5 - 0.4 * k) if k < BEST else (MUTED, 0.4)
        axes.plot(across, up, color=colour, lw=width)
    axes.set_ylim(bottom=-MARGIN * max(np.abs(middle - tss).max(), 1))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def draw_scores(axes: Axes, rows: pd.DataFrame) -> None:
    """Score of each element over its position, with one standard error."""
    spread, place = rows.head_spread.fillna(0.0), rows.element_mid / 1e3
    colour = [COLOURS[0] if k < BEST else MUTED for k in range(len(rows))]
    axes.vlines(place, rows.score - spread, rows.score + spread, colors=colour, lw=1)
    axes.scatter(place, rows.score, s=10, c=colour)
    axes.set_ylabel("score, logit")
    axes.set_xlabel(f"{rows.chrom.iloc[0]}, kb (hg19)")
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)

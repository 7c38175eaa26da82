"""Figures of the decoupling."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from .style import COLOURS, DIVERGING, INK, Axes, Line2D, plt

log = logging.getLogger(__name__)

# Rows of the information figure: representation -> how it is called.
REPRESENTATIONS = {
    "kmers": "6-mers of the DNA",
    "gc": "GC of the DNA",
    "z": "z, encoded DNA",
    "U": "U",
    "epigenome raw": "marks of the pair",
    "epigenome scrubbed": "marks of the pair, ranks only",
    "e raw": "e, encoded marks",
    "e scrubbed": "e, ranks only",
    "g raw": "g, states of the line",
    "g scrubbed": "g, ranks only",
}
TABLES = {"natural": "published table", "panel": "crossed panel"}


def correlation(path: Path) -> None:
    """Cross-correlation of z and e: a matrix without header."""
    matrix = pd.read_csv(path, sep="\t", header=None).to_numpy()
    _, axes = plt.subplots(figsize=(4.6, 3.8))
    image = axes.imshow(
        matrix, cmap=DIVERGING, vmin=-0.3, vmax=0.3, aspect="auto", interpolation="nearest"
    )
    axes.set(
        title="z against e, within lines",
        xlabel="dimension of e",
        ylabel="dimension of z",
    )
    plt.colorbar(image, ax=axes, label="correlation, mean over lines")


def information(path: Path) -> None:
    """How much each representation tells about the line, by both probes, on both tables, with
    interval and untrained floor.
    """
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""])
    table = table[(table.about == "line") & table.condition.isna()]
    names = [name for name in REPRESENTATIONS if name in set(table.representation)]
    tables = [name for name in TABLES if name in set(table.table)]
    _, axes = plt.subplots(
        1,
        len(tables),
        figsize=(4.4 * len(tables) + 1, 0.36 * len(names) + 1.4),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for ax, name in zip(axes[0], tables, strict=True):
        shown = table[table.table.isin((name, "reference loci") if name == "natural" else (name,))]
        for k, (probe, colour) in enumerate((("linear", COLOURS[0]), ("boosted", COLOURS[5]))):
            _information_dots(ax, shown[shown.probe == probe], names, 0.14 * (2 * k - 1), colour)
        ax.axvline(0, color=INK, lw=0.8)
        ax.set(
            title=TABLES[name],
            xlabel=f"share of H = {table.entropy[table.table == name].iloc[0]:.2f} bits",
            xlim=(-0.05, 1.02),
        )
        ax.grid(axis="y", color="#eeeeee")
        ax.set_axisbelow(True)
    axes[0, 0].set_yticks(range(len(names)), [REPRESENTATIONS[name] for name in names])
    axes[0, 0].invert_yaxis()
    _information_key(axes[0, -1])
    axes[0, 0].figure.suptitle(
        "How much does each tell about the cell line?", x=0.01, ha="left", weight="bold"
    )


def _information_dots(
    axes: Axes, rows: pd.DataFrame, names: list[str], shift: float, colour: str
) -> None:
    at = np.array([names.index(name) for name in rows.representation]) + shift
    axes.plot(rows.floor, at, "|", color=colour, ms=9, mew=1.2, alpha=0.6)
    axes.hlines(at, rows.fraction_lower, rows.fraction_upper, color=colour, lw=2)
    axes.plot(rows.fraction, at, "o", color=colour, ms=4.5)


def _information_key(axes: Axes) -> None:
    handles = [
        Line2D([], [], marker="o", ls="-", color=colour, ms=4.5)
        for colour in (COLOURS[0], COLOURS[5])
    ]
    handles.append(Line2D([], [], marker="|", ls="", color=INK, ms=9))
    names = ["linear probe, 95 % interval", "boosted trees", "untrained encoder"]
    axes.legend(
        handles, names, frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5)
    )


def estimators(path: Path) -> None:
    """Estimates of known mutual information against the number of rows: a panel per case (case,
    rows, estimator, bits, truth).
    """
    table = pd.read_csv(path, sep="\t")
    cases, names = list(table.case.unique()), list(table.estimator.unique())
    _, axes = plt.subplots(
        1, len(cases), figsize=(2.9 * len(cases) + 1.6, 3.2), layout="constrained"
    )
    for ax, case in zip(axes, cases, strict=True):
        rows = table[table.case == case]
        ax.axhline(rows.truth.iloc[0], color=INK, lw=1.2)
        ax.annotate(
            f"truth {rows.truth.iloc[0]:.2f}",
            (0.02, rows.truth.iloc[0]),
            xycoords=("axes fraction", "data"),
            va="bottom",
            fontsize=7,
        )
        for name, colour in zip(
            names, (COLOURS[0], COLOURS[5], COLOURS[3], COLOURS[4]), strict=True
        ):
            mean = rows[rows.estimator == name].groupby("rows").bits.agg(["mean", "min", "max"])
            ax.fill_between(mean.index, mean["min"], mean["max"], color=colour, alpha=0.15, lw=0)
            ax.plot(mean.index, mean["mean"], "o-", ms=3.5, color=colour, label=name)
        ax.set(title=case, xscale="log", xlabel="rows")
        ax.set_xticks(
            sorted(rows.rows.unique()), [f"{n:,}" for n in sorted(rows.rows.unique())], minor=False
        )
        ax.minorticks_off()
    axes[0].set_ylabel("bits")
    axes[-1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))

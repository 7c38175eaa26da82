"""Figures, each drawn from one table that a stage wrote. The only module that uses matplotlib; nothing is computed here."""

import argparse
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

# Okabe & Ito's colour-blind-safe colours; a line keeps its colour in every figure.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6D1F", "#000000")
INK, MUTED = "#333333", "#999999"
DIVERGING = "RdBu_r"
STYLE = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
    "svg.hashsalt": "epidecouple", "svg.fonttype": "none", "font.family": "sans-serif",
}  # fmt: skip
POINTS_SHOWN = 1500
STAGE_TITLES = {
    "resistance": "R and τ alone",
    "potential": "U with offset −R̂",
    "fine_tuning": "both, each by its losses",
    "record22": "record 22",
}


def colour_of(names: list[str]) -> dict[str, str]:
    """A colour per name, in the order given."""
    return {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(names)}


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


def learning_curve(path: Path) -> None:
    """A panel per stage of training that ran, with the validation figure that decides (stage, epoch, train_loss, ...)."""
    history = pd.read_csv(path, sep="\t")
    stages = list(history.stage.unique())
    _, axes = plt.subplots(1, len(stages), figsize=(3.6 * len(stages), 2.8), squeeze=False, layout="constrained")
    for number, (ax, stage) in enumerate(zip(axes[0], stages, strict=True), start=1):
        rows = history[history.stage == stage]
        {"resistance": _loss_curve}.get(stage, _aupr_curve if "validation_aupr" in history else _unvalidated_curve)(ax, rows)
        ax.set(title=f"{number}  {STAGE_TITLES[stage]}", xlabel="epoch")
        ax.xaxis.get_major_locator().set_params(integer=True)


def _loss_curve(axes: Axes, history: pd.DataFrame) -> None:
    axes.plot(history.epoch, history.train_loss, color=MUTED, label="training, all terms")
    axes.plot(history.epoch, history.validation_loss, color=COLOURS[0], label="validation")
    _mark_best(axes, history.epoch, history.validation_loss, history.validation_loss.idxmin(), above=True)
    axes.set(ylabel="nats per discordant pair")
    axes.legend(frameon=False)


def _aupr_curve(axes: Axes, history: pd.DataFrame) -> None:
    axes.plot(history.epoch, history.train_aupr, color=MUTED, label="training")
    axes.plot(history.epoch, history.validation_aupr, color=COLOURS[0], label="validation")
    _mark_best(axes, history.epoch, history.validation_aupr, history.validation_aupr.idxmax())
    axes.set(ylabel="AUPR, mean over lines", ylim=(0, None))
    axes.legend(frameon=False, loc="lower right")


def _unvalidated_curve(axes: Axes, history: pd.DataFrame) -> None:
    axes.plot(history.epoch, history.train_loss, color=COLOURS[5])
    axes.set(ylabel="training loss; nothing was validated")


def _mark_best(axes: Axes, epoch: pd.Series, value: pd.Series, best: int, above: bool = False) -> None:
    axes.plot(epoch[best], value[best], "o", color=COLOURS[5])
    place = {"xytext": (0, 10 if above else -16), "textcoords": "offset points", "ha": "center", "color": COLOURS[5]}
    axes.annotate(f"kept: epoch {epoch[best]}", (epoch[best], value[best]), **place)


def recovery(path: Path) -> None:
    """Known against estimated energies on test chromosomes (energy, line, estimate, truth)."""
    points = pd.read_csv(path, sep="\t")
    _, axes = plt.subplots(1, 2, figsize=(8, 3.8))
    titles = {"potential": "U: potential of the DNA", "resistance": "R: resistance, difference from the pair's mean"}
    for ax, (energy, title) in zip(axes, titles.items(), strict=True):
        _recovery_panel(ax, points[points.energy == energy], title)


def _recovery_panel(axes: Axes, points: pd.DataFrame, title: str) -> None:
    lines = list(points.line.unique())
    colours = colour_of(lines)
    for line, rows in points.groupby("line", sort=False):
        shown = rows.iloc[:: max(1, len(rows) * len(lines) // POINTS_SHOWN)]
        axes.plot(shown.estimate, shown.truth, ".", ms=2.5, alpha=0.5, color=colours[line], label=line, rasterized=True)
    low, high = points.truth.quantile([0.001, 0.999])
    axes.plot([low, high], [low, high], color=INK, lw=0.8)
    corr = np.corrcoef(points.estimate, points.truth)[0, 1]
    axes.set(title=title, xlabel="estimated, logit units", ylabel="true, logit units", xlim=(low, high), ylim=(low, high))
    axes.annotate(f"correlation {corr:.2f}", (0.04, 0.92), xycoords="axes fraction", weight="bold")
    if len(lines) > 1:
        axes.legend(frameon=False, fontsize=7, markerscale=3, loc="lower right", ncols=2)


def comparison(path: Path) -> None:
    """Arms side by side: a dot per seed for every figure that is compared (arm, seed, metric, text, value, needed)."""
    table = pd.read_csv(path, sep="\t")
    texts, arms = list(table.text.unique()), list(table.arm.unique())
    colours = colour_of(arms)
    _, axes = plt.subplots(figsize=(8, 0.42 * len(texts) + 1.2))
    for k, arm in enumerate(arms):
        rows = table[table.arm == arm]
        at = np.array([texts.index(text) for text in rows.text]) + 0.22 * (k - (len(arms) - 1) / 2)
        axes.plot(rows.value, at, "o", ms=5, color=colours[arm], alpha=0.85, label=arm)
    for text, rows in table.dropna(subset="needed").groupby("text", sort=False):
        at = texts.index(text)
        axes.plot(2 * [rows.needed.iloc[0]], [at - 0.35, at + 0.35], color=INK, lw=1.2)
        axes.annotate("gate", (rows.needed.iloc[0], at - 0.38), ha="center", va="bottom", fontsize=7)
    axes.set_yticks(range(len(texts)), texts)
    axes.set(
        title=f"A dot per seed ({table.seed.nunique()})", xlim=(min(-0.05, table.value.min() - 0.05), 1.02), ylim=(len(texts) - 0.4, -0.7)
    )
    axes.grid(axis="x", color="#DDDDDD", lw=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), title="arm")


def correlation(path: Path) -> None:
    """Cross-correlation of z and e: a matrix without header."""
    matrix = pd.read_csv(path, sep="\t", header=None).to_numpy()
    _, axes = plt.subplots(figsize=(4.6, 3.8))
    image = axes.imshow(matrix, cmap=DIVERGING, vmin=-0.3, vmax=0.3, aspect="auto", interpolation="nearest")
    axes.set(title=f"z and e: largest |r| {np.abs(matrix).max():.2f}", xlabel="dimension of e", ylabel="dimension of z")
    plt.colorbar(image, ax=axes, label="correlation, mean over lines")


def prototypes(path: Path) -> None:
    """Mantel correlations of the lines' prototypes with loops and epigenome (target, representation, rho, p)."""
    table = pd.read_csv(path, sep="\t")
    targets, kinds = list(table.target.unique()), list(table.representation.unique())
    _, axes = plt.subplots(figsize=(6.5, 3))
    for k, kind in enumerate(kinds):
        rows = table[table.representation == kind]
        at = np.arange(len(targets)) + 0.27 * (k - 1)
        axes.bar(at, rows.rho, width=0.25, color=(COLOURS[0], COLOURS[4], MUTED)[k], label=kind)
        for x, rho, p in zip(at, rows.rho, rows.p, strict=True):
            axes.annotate(f"p {p:.2g}", (x, max(rho, 0)), ha="center", va="bottom", fontsize=7)
    axes.axhline(0, color=INK, lw=0.8)
    axes.set(title="Do lines with similar prototypes have similar loops and marks?", ylabel="Mantel correlation (rank)")
    axes.set_xticks(range(len(targets)), [f"against {target}" for target in targets])
    axes.legend(frameon=False, title="prototypes", loc="center left", bbox_to_anchor=(1, 0.5))


def signs(path: Path) -> None:
    """Correlation of R with each mark at each position: a point per line (line, mark, position, rho, expected)."""
    table = pd.read_csv(path, sep="\t")
    marks, positions = list(table.mark.unique()), list(table.position.unique())
    colours = colour_of(list(table.line.unique()))
    _, axes = plt.subplots(1, len(positions), figsize=(9, 0.32 * len(marks) + 1.2), sharey=True)
    for ax, position in zip(axes, positions, strict=True):
        for line, rows in table[table.position == position].groupby("line", sort=False):
            ax.plot(rows.rho, [marks.index(mark) for mark in rows.mark], "o", ms=4, color=colours[line], label=line)
        ax.axvline(0, color=INK, lw=0.8)
        ax.set(title=f"at the {position}", xlim=(-1, 1), xlabel="correlation with R")
    axes[0].set_yticks(range(len(marks)), marks)
    axes[0].invert_yaxis()
    axes[-1].legend(frameon=False, fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))


def states(path: Path) -> None:
    """The chromatin states, lowest resistance first: resistance, marks, and share in each line (one row per state)."""
    table = pd.read_csv(path, sep="\t", index_col="state")
    parts = {"resistance": "resistance, logit", "mark": "marks, sd from reference", "share": "share of loci"}
    columns = {part: [name for name in table if name.startswith(f"{part}_")] for part in parts}
    table = table.loc[table[columns["resistance"]].mean(axis=1).sort_values().index]
    widths = [len(names) for names in columns.values()]
    _, axes = plt.subplots(1, 3, figsize=(9, 0.25 * len(table) + 1.6), width_ratios=widths, layout="constrained")
    for ax, (part, names) in zip(axes, columns.items(), strict=True):
        values = table[names].to_numpy()
        top = np.abs(values).max()
        scale = {"cmap": "Greys", "vmin": 0, "vmax": top} if part == "share" else {"cmap": DIVERGING, "vmin": -top, "vmax": top}
        image = ax.imshow(values, aspect="auto", interpolation="nearest", **scale)
        ax.set_xticks(range(len(names)), [name.removeprefix(f"{part}_") for name in names], rotation=60, ha="right")
        ax.set(title=parts[part])
        ax.set_yticks(range(len(table)) if part == "resistance" else [], table.index if part == "resistance" else None)
        plt.colorbar(image, ax=ax, shrink=0.7)
    axes[0].set_ylabel("chromatin state")


def resistance(path: Path) -> None:
    """Within-pair AUC of every arm with its interval, best first: all comparisons, and those free of the panel's selection."""
    table = pd.read_csv(path, sep="\t")
    table = table[table.setting == table.setting.iloc[0]].sort_values("auc", ignore_index=True)
    parts = {"all comparisons": ("auc", "lower", "upper"), "neither line lists the pair": ("unlisted", "unlisted_lower", "unlisted_upper")}
    _, axes = plt.subplots(1, 2, figsize=(9, 0.27 * len(table) + 1), sharey=True, layout="constrained")
    for ax, (title, (middle, lower, upper)) in zip(axes, parts.items(), strict=True):
        for row, arm in table.iterrows():
            colour = COLOURS[0] if arm.arm == "R" else INK if arm.arm.startswith("R,") else MUTED
            ax.plot([arm[lower], arm[upper]], [row, row], color=colour, linewidth=1.5)
            ax.plot(arm[middle], row, "o", color=colour, markersize=7 if arm.arm == "R" else 4)
            ax.annotate(f"{arm[middle]:.3f}", (arm[upper], row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7)
        ax.axvline(0.5, color=MUTED, linewidth=0.7, linestyle=":")
        ax.set(title=title, xlabel="within-pair AUC")
    axes[0].set_yticks(range(len(table)), table.arm)


FIGURES: dict[str, Callable[[Path], None]] = {
    "funnel": funnel,
    "learning_curve": learning_curve,
    "learning_curve_subset": learning_curve,
    "recovery": recovery,
    "comparison": comparison,
    "correlation": correlation,
    "prototypes": prototypes,
    "signs": signs,
    "states": states,
    "resistance": resistance,
}


def main() -> None:
    """Draw one figure as SVG, the same bytes for the same table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", choices=sorted(FIGURES))
    parser.add_argument("table", type=Path)
    parser.add_argument("svg", type=Path)
    arguments = parser.parse_args()
    with plt.rc_context(STYLE):
        FIGURES[arguments.figure](arguments.table)
        plt.savefig(arguments.svg, bbox_inches="tight", metadata={"Date": None}, dpi=150)


if __name__ == "__main__":
    main()

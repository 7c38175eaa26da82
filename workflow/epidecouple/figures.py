"""Figures, each drawn from one table that a stage wrote; nothing is computed here."""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from .biology_figures import prototypes, signs, states, trees
from .canvas import COLOURS, DIVERGING, INK, MUTED, STYLE, Axes, Line2D, colour_of, plt
from .data_figures import funnel, splits
from .motif_figures import interactions, logos, motif_effects

POINTS_SHOWN = 1500
STAGE_TITLES = {
    "resistance": "R and τ alone",
    "potential": "U with offset −R̂",
    "fine_tuning": "both, each by its losses",
    "record22": "record 22",
}

TRAJECTORIES = {"z_line": ("z about the line", COLOURS[0]), "e_line": ("e about the line", COLOURS[1]), "z_e": ("z with e", COLOURS[3])}
# Rows of the information figure: representation -> how it is called.
REPRESENTATIONS = {
    "kmers": "6-mers of the DNA",
    "gc": "GC of the DNA",
    "z": "z",
    "U": "U",
    "epigenome raw": "marks at the pair",
    "epigenome scrubbed": "marks, ranks only",
    "e raw": "e",
    "e scrubbed": "e, ranks only",
    "g raw": "g, reference loci",
    "g scrubbed": "g, ranks only",
}
TABLES = {"natural": "published table", "panel": "crossed panel"}


def learning_curve(path: Path) -> None:
    """A column per stage of training that ran: the validation figure that decides, and below it what z and e know by then.

    Columns: stage, epoch, train_loss, ...; z_line, e_line, z_e of the trajectory where it was watched.
    """
    history = pd.read_csv(path, sep="\t")
    stages, watched = list(history.stage.unique()), "z_line" in history
    size = (3.6 * len(stages), 4.8 if watched else 2.8)
    _, axes = plt.subplots(1 + watched, len(stages), figsize=size, squeeze=False, layout="constrained", sharex="col")
    for number, (ax, stage) in enumerate(zip(axes[0], stages, strict=True), start=1):
        rows = history[history.stage == stage]
        {"resistance": _loss_curve}.get(stage, _aupr_curve if "validation_aupr" in history else _unvalidated_curve)(ax, rows)
        ax.set(title=f"{number}  {STAGE_TITLES[stage]}")
        ax.xaxis.get_major_locator().set_params(integer=True)
    if watched:
        _trajectories(axes[1], history, stages)
    for ax in axes[-1]:
        ax.set_xlabel("epoch")


def _trajectories(axes: np.ndarray, history: pd.DataFrame, stages: list[str]) -> None:
    top = max(0.05, 1.15 * history[list(TRAJECTORIES)].to_numpy().max())
    low = min(-0.01, 1.15 * history[list(TRAJECTORIES)].to_numpy().min())
    for ax, stage in zip(axes, stages, strict=True):
        rows = history[history.stage == stage]
        for name, (text, colour) in TRAJECTORIES.items():
            ax.axhline(history[name].iloc[0], color=colour, lw=0.8, ls=":")
            ax.plot(rows.epoch, rows[name], color=colour, marker=".", label=text)
        ax.set(ylim=(low, top))
    axes[0].set_ylabel("share of H(line); correlation")
    axes[-1].annotate("dotted: before training", (1, 1.01), xycoords="axes fraction", ha="right", va="bottom", fontsize=7, color=MUTED)
    axes[0].legend(frameon=False, fontsize=7, loc="upper left", bbox_to_anchor=(0, 1.22), ncols=3, columnspacing=1)


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
    side = {epoch.iloc[0]: "left", epoch.iloc[-1]: "right"}.get(epoch[best], "center")
    place = {"xytext": (0, 10 if above else -16), "textcoords": "offset points", "ha": side, "color": COLOURS[5]}
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


def information(path: Path) -> None:
    """What each representation tells about the line, by both probes, on both tables, with interval and untrained floor."""
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""])
    table = table[(table.about == "line") & table.given.isna()]
    names = [name for name in REPRESENTATIONS if name in set(table.representation)]
    tables = [name for name in TABLES if name in set(table.table)]
    _, axes = plt.subplots(
        1, len(tables), figsize=(4.4 * len(tables) + 1, 0.36 * len(names) + 1.4), sharey=True, squeeze=False, layout="constrained"
    )
    for ax, name in zip(axes[0], tables, strict=True):
        shown = table[table.table.isin((name, "reference loci") if name == "natural" else (name,))]
        for k, (probe, colour) in enumerate((("linear", COLOURS[0]), ("boosted", COLOURS[5]))):
            _information_dots(ax, shown[shown.probe == probe], names, 0.14 * (2 * k - 1), colour)
        ax.axvline(0, color=INK, lw=0.8)
        ax.set(title=TABLES[name], xlabel=f"share of H(line) = {table.entropy[table.table == name].iloc[0]:.2f} bits", xlim=(-0.05, 1.02))
        ax.grid(axis="y", color="#eeeeee")
        ax.set_axisbelow(True)
    axes[0, 0].set_yticks(range(len(names)), [REPRESENTATIONS[name] for name in names])
    axes[0, 0].invert_yaxis()
    _information_key(axes[0, -1])
    axes[0, 0].figure.suptitle("What tells the cell line?", x=0.01, ha="left", weight="bold")


def _information_dots(axes: Axes, rows: pd.DataFrame, names: list[str], shift: float, colour: str) -> None:
    at = np.array([names.index(name) for name in rows.representation]) + shift
    axes.plot(rows.floor, at, "|", color=colour, ms=9, mew=1.2, alpha=0.6)
    axes.hlines(at, rows.fraction_lower, rows.fraction_upper, color=colour, lw=2)
    axes.plot(rows.fraction, at, "o", color=colour, ms=4.5)


def _information_key(axes: Axes) -> None:
    handles = [Line2D([], [], marker="o", ls="-", color=colour, ms=4.5) for colour in (COLOURS[0], COLOURS[5])]
    handles.append(Line2D([], [], marker="|", ls="", color=INK, ms=9))
    names = ["linear probe, 95 % interval", "boosted trees", "untrained encoder"]
    axes.legend(handles, names, frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def estimators(path: Path) -> None:
    """Estimates of known mutual information against the number of rows: a panel per case (case, rows, estimator, bits, truth)."""
    table = pd.read_csv(path, sep="\t")
    cases, names = list(table.case.unique()), list(table.estimator.unique())
    _, axes = plt.subplots(1, len(cases), figsize=(2.9 * len(cases) + 1.6, 3.2), layout="constrained")
    for ax, case in zip(axes, cases, strict=True):
        rows = table[table.case == case]
        ax.axhline(rows.truth.iloc[0], color=INK, lw=1.2)
        ax.annotate(
            f"truth {rows.truth.iloc[0]:.2f}", (0.02, rows.truth.iloc[0]), xycoords=("axes fraction", "data"), va="bottom", fontsize=7
        )
        for name, colour in zip(names, (COLOURS[0], COLOURS[5], COLOURS[3], COLOURS[4]), strict=True):
            mean = rows[rows.estimator == name].groupby("rows").bits.agg(["mean", "min", "max"])
            ax.fill_between(mean.index, mean["min"], mean["max"], color=colour, alpha=0.15, lw=0)
            ax.plot(mean.index, mean["mean"], "o-", ms=3.5, color=colour, label=name)
        ax.set(title=case, xscale="log", xlabel="rows")
        ax.set_xticks(sorted(rows.rows.unique()), [f"{n:,}" for n in sorted(rows.rows.unique())], minor=False)
        ax.minorticks_off()
    axes[0].set_ylabel("bits")
    axes[-1].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


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
    "splits": splits,
    "funnel": funnel,
    "learning_curve": learning_curve,
    "learning_curve_subset": learning_curve,
    "recovery": recovery,
    "comparison": comparison,
    "information": information,
    "correlation": correlation,
    "estimators": estimators,
    "prototypes": prototypes,
    "trees": trees,
    "signs": signs,
    "states": states,
    "logos": logos,
    "motif_effects": motif_effects,
    "interactions": interactions,
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

"""Figures, each drawn from one table that a stage wrote; nothing is computed here."""

from pathlib import Path

import numpy as np
import pandas as pd

from .style import COLOURS, MUTED, Axes, plt

PHASE_TITLES = {
    "resistance": "R and τ alone",
    "potential": "U, with R kept fixed",
    "fine_tuning": "U and R, each by its own losses",
    "record22": "record 22",
}

# Shares of a panel: nearer to a side a name goes inwards, lower than this it stands above its mark.
EDGE, LOW = 0.3, 0.3
TRAJECTORIES = {
    "z_line": ("line read from z", COLOURS[0]),
    "e_line": ("line read from e", COLOURS[1]),
    "z_e": ("z against e", COLOURS[3]),
}


def learning_curve(path: Path) -> None:
    """A column per phase of training that ran: the validation figure that decides, and below it
    what z and e know by then.

    Columns: phase, epoch, train_loss, ...; z_line, e_line, z_e of the trajectory where it was
    watched.
    """
    history = pd.read_csv(path, sep="\t")
    phases, watched = list(history.phase.unique()), "z_line" in history
    size = (3.6 * len(phases), 4.8 if watched else 2.8)
    _, axes = plt.subplots(
        1 + watched, len(phases), figsize=size, squeeze=False, layout="constrained", sharex="col"
    )
    for number, (ax, phase) in enumerate(zip(axes[0], phases, strict=True), start=1):
        rows = history[history.phase == phase]
        {"resistance": _loss_curve}.get(
            phase, _aupr_curve if "validation_aupr" in history else _unvalidated_curve
        )(ax, rows)
        ax.set(title=f"{number}  {PHASE_TITLES[phase]}")
        ax.xaxis.get_major_locator().set_params(integer=True)
    if watched:
        _trajectories(axes[1], history, phases)
    for ax in axes[-1]:
        ax.set_xlabel("epoch")


def _trajectories(axes: np.ndarray, history: pd.DataFrame, phases: list[str]) -> None:
    top = max(0.05, 1.15 * history[list(TRAJECTORIES)].to_numpy().max())
    low = min(-0.01, 1.15 * history[list(TRAJECTORIES)].to_numpy().min())
    for ax, phase in zip(axes, phases, strict=True):
        rows = history[history.phase == phase]
        for name, (text, colour) in TRAJECTORIES.items():
            ax.axhline(history[name].iloc[0], color=colour, lw=0.8, ls=":")
            ax.plot(rows.epoch, rows[name], color=colour, marker=".", label=text)
        ax.set(ylim=(low, top))
    axes[0].set_ylabel("share of H; correlation")
    axes[-1].annotate(
        "dotted: before training",
        (1, 1.01),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        fontsize=7,
        color=MUTED,
    )
    axes[0].legend(
        frameon=False,
        fontsize=7,
        loc="upper left",
        bbox_to_anchor=(0, 1.22),
        ncols=3,
        columnspacing=1,
    )


def _loss_curve(axes: Axes, history: pd.DataFrame) -> None:
    axes.plot(history.epoch, history.train_loss, color=MUTED, label="training, all loss terms")
    axes.plot(history.epoch, history.validation_loss, color=COLOURS[0], label="validation")
    best = history.validation_loss.idxmin()
    _mark_best(axes, history.epoch, history.validation_loss, best, above=True)
    axes.set(ylabel="loss, nats per discordant pair")
    axes.legend(frameon=False)


def _aupr_curve(axes: Axes, history: pd.DataFrame) -> None:
    axes.plot(history.epoch, history.train_aupr, color=MUTED, label="training")
    axes.plot(history.epoch, history.validation_aupr, color=COLOURS[0], label="validation")
    axes.set(ylabel="AUPR, mean over lines", ylim=(0, None))
    best = history.validation_aupr.idxmax()
    low = history.validation_aupr[best] < LOW * axes.get_ylim()[1]
    _mark_best(axes, history.epoch, history.validation_aupr, best, above=low)
    axes.legend(frameon=False, loc="lower right")


def _unvalidated_curve(axes: Axes, history: pd.DataFrame) -> None:
    axes.plot(history.epoch, history.train_loss, color=COLOURS[5])
    axes.set(ylabel="training loss (no validation)")


def _mark_best(
    axes: Axes, epoch: pd.Series, value: pd.Series, best: int, above: bool = False
) -> None:
    """Mark the epoch that was kept, with its name inside the panel."""
    axes.plot(epoch[best], value[best], "o", color=COLOURS[5], clip_on=False, zorder=3)
    at = (epoch[best] - epoch.min()) / max(epoch.max() - epoch.min(), 1)
    axes.annotate(
        f"kept: epoch {epoch[best]}",
        (epoch[best], value[best]),
        xytext=(0, 10 if above else -16),
        textcoords="offset points",
        ha="left" if at < EDGE else "right" if at > 1 - EDGE else "center",
        color=COLOURS[5],
    )

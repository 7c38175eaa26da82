"""The world of R of loops, and its mutants."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from epidecouple.core.config import Config
from epidecouple.data.labels import discordant
from epidecouple.data.loop_signal import positions_of
from epidecouple.evaluation import loop_arms
from epidecouple.evaluation.loop_arms import LoopFold, LoopPanel
from epidecouple.model.loop_resistance import FIRST_LEVEL, LoopResistance
from epidecouple.training import loop_evidence, loop_fitting
from toy_panel import toy_config

from .registry import mutant


@dataclass
class LoopWorld:
    """Discordant loci of a loop panel, and the configuration that R is fitted by."""

    panel: LoopPanel
    config: Config


def new_loop_world() -> LoopWorld:
    """Loci that loop in lines with H3K27ac at both anchors, in some lines more often than in
    others.
    """
    own = {"widths": [200], "bins": 2, "states": 3, "locus_size": 4, "encoder_hidden": 6}
    fitted = {"hidden": 5, "batch_loci": 32, "epochs": 5, "learning_rate": 0.03}
    marks = ["CTCF", "H3K27ac"]
    config = toy_config(loop_panel={"marks": marks, **own, **fitted})
    rng = np.random.default_rng(0)
    lines = config.all_lines
    places = len(positions_of(config.loop_panel))
    signal = rng.normal(size=(300, len(lines), places, len(marks))).astype(np.float32)
    drive = 2 * signal[:, :, :2, 1].sum(2) + np.arange(len(lines))
    labels = (drive + rng.normal(size=drive.shape) > 1).astype(np.int8)
    rows = discordant(labels)
    chrom = rng.choice([name for fold in config.splits.folds for name in fold], 300)
    return LoopWorld(LoopPanel(signal[rows], labels[rows], chrom[rows], lines), config)


def fit(world: LoopWorld) -> None:
    """Fit R on all chromosomes but those of one fold, as the target resistance does."""
    fold = LoopFold(world.panel, 1, world.config)
    fold.by_resistance(fold.every_line, fold.inputs(0, null=False), 0)


@mutant
def plain_likelihood_of_loops(world, patch):
    """R of loops is fitted by the likelihood of the labels, one by one"""

    def plain(resistance, labels, weights):
        return nn.functional.binary_cross_entropy_with_logits(-resistance, labels)

    patch.setattr(loop_fitting, "line_pair_nll", plain)


@mutant
def lines_with_many_loops_weigh_more(world, patch):
    """every comparison of two lines weighs the same, not every pair of lines"""
    patch.setattr(
        loop_fitting,
        "line_pair_weights",
        lambda labels: torch.ones(labels.shape[1], labels.shape[1]),
    )


@mutant
def loop_marks_not_centred(world, patch):
    """R of loops reads the marks as they are, beside their mean over the lines"""

    def as_they_are(signal, donors=None):
        mean = np.broadcast_to(signal.mean(1, keepdims=True), signal.shape)
        return np.concatenate([signal, mean], axis=3)

    patch.setattr(loop_arms, "centred_inputs", as_they_are)


@mutant
def loop_states_not_read(world, patch):
    """every position belongs to all states alike"""
    assign = LoopResistance.assign
    patch.setattr(
        LoopResistance,
        "assign",
        lambda network, encoded: torch.full_like(assign(network, encoded), 1 / 3),
    )


@mutant
def loop_residual_not_read(world, patch):
    """R of loops is what the states add alone"""
    parts = LoopResistance.parts
    patch.setattr(
        LoopResistance,
        "parts",
        lambda network, inputs: (parts(network, inputs)[0], torch.zeros(inputs.shape[:-2])),
    )


@mutant
def loop_softplus_dropped(world, patch):
    """R of loops is not passed through the softplus, so that it may be negative"""
    patch.setattr(
        LoopResistance,
        "forward",
        lambda network, inputs: sum(network.parts(inputs)) + network.level - FIRST_LEVEL,
    )


@mutant
def loop_scored_in_one_order(world, patch):
    """loops are scored with their anchors in one order"""

    @torch.no_grad()
    def one_order(network, data):
        return -network(data.inputs).numpy()

    for module in (loop_arms, loop_evidence):
        patch.setattr(module, "loop_scores", one_order)

"""Whether R of loops is what was designed, measured on the network that was fitted."""

import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian

from ..model.loop_resistance import LoopResistance
from ..verification.design import LOOPS, require
from .loop_fitting import PAIRS, LoopData, likelihood, loop_scores

# Loci that are looked at: a broken guarantee shows on a few.
LOCI = 64


def hold(network: LoopResistance, data: LoopData) -> None:
    """Raise `DesignViolation` unless a network fitted on all lines is what was designed.

    data : what it was fitted on
    """
    require(LOOPS, loop_evidence(network, data))


@torch.no_grad()
def loop_evidence(network: LoopResistance, data: LoopData) -> dict[str, float]:
    """The evidence of the design, by its names."""
    some = LoopData(data.inputs[:LOCI], data.labels[:LOCI], data.swap)
    turned = LoopData(some.inputs[:, :, torch.from_numpy(data.swap)], some.labels, data.swap)
    resistance = network(some.inputs)
    scores, other = (torch.from_numpy(loop_scores(network, each)) for each in (some, turned))
    marks = some.inputs.shape[3] // 2
    weight = next(network.residual.parameters())
    return {
        "loop_loss_shift_by_locus": loss_shift(resistance, some.labels, data.labels),
        "couple_weight_error": couple_weight_error(data.labels),
        "mean_of_centred_marks": float(some.inputs[..., :marks].mean(1).abs().max()),
        "loop_change_when_states_are_swapped": _without(
            network, some.inputs, network.states, network.states.flip(0)
        ),
        "loop_change_when_the_residual_is_hidden": _without(
            network, some.inputs, weight, torch.zeros(1)
        ),
        "smallest_loop_resistance": float(resistance.min()),
        "loop_change_when_anchors_change_places": float((scores - other).abs().max()),
    }


def loss_shift(resistance: Tensor, labels: Tensor, learned: Tensor) -> float:
    """|change of the loss| when an arbitrary u_i is added to R of all lines at locus i.

    learned : labels of all loci that were learned from, from which couples have their weights
    """
    nll = likelihood(PAIRS, learned, torch.zeros(labels.shape[1]))
    shift = torch.linspace(-3, 3, len(labels))[:, None]
    return float((nll(resistance + shift, labels) - nll(resistance, labels)).abs())


def couple_weight_error(labels: Tensor) -> float:
    """Largest relative difference between the weights of two ordered pairs of lines in the loss.

    The curvature of the loss where every line has the same R: between the levels of lines i and j
    it is the weight of the loci that loop in one of them, over all loci, in both directions.
    """
    nll = likelihood(PAIRS, labels, torch.zeros(labels.shape[1]))
    level = torch.zeros(labels.shape[1])
    curvature = hessian(lambda levels: nll(levels.expand(labels.shape), labels), level)
    compared = (labels.T @ (1 - labels) > 0).float().fill_diagonal_(0)
    directions = compared + compared.T
    weight = curvature[directions > 0] / directions[directions > 0]
    return float((weight.max() - weight.min()) / weight.mean().abs())


def _without(network: nn.Module, inputs: Tensor, parameter: Tensor, value: Tensor) -> float:
    """max |change of R| while a parameter has another value."""
    before, kept = network(inputs), parameter.clone()
    parameter.copy_(value.expand_as(kept))
    after = network(inputs)
    parameter.copy_(kept)
    return float((before - after).abs().max())

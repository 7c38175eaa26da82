"""How a network learns R from the loop panel: which of two lines loops at a locus.

Every epoch is run and the last one kept, so that no validation loci are needed and nothing is
chosen on loci that are tested later.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from ..core.sections.targets import LoopPanelConfig
from ..model.losses import conditional_nll, line_pair_nll, line_pair_weights

Loss = Literal["pairs of lines", "conditional"]
PAIRS: Loss = "pairs of lines"
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class LoopData:
    """Loci that a network learns from or scores.

    inputs : float32 (n, C, P, F); labels : float32 (n, C)
    swap : where each position (P,) lies when the anchors change places
    """

    inputs: Tensor
    labels: Tensor
    swap: np.ndarray

    def at(self, rows: np.ndarray, turned: bool) -> Tensor:
        """Inputs of some loci, turned with the anchors in each other's place."""
        inputs = self.inputs[torch.from_numpy(rows)]
        return inputs[:, :, torch.from_numpy(self.swap)] if turned else inputs


def fit_loops(
    network: Callable[[], Network],
    data: LoopData,
    config: LoopPanelConfig,
    seed: int,
    loss: Loss = PAIRS,
) -> Network:
    """Train a network that gives R (n, C) of inputs (n, C, P, F), on loci with both labels.

    network : makes it, from torch's random numbers, which `seed` starts
    Ends are swapped at random, batch by batch. AdamW with a one-cycle learning rate.
    """
    torch.manual_seed(seed)
    made = network().train()
    offset = nn.Parameter(torch.zeros(data.labels.shape[1]))
    nll = likelihood(loss, data.labels, offset)
    steps = list(_steps(len(data.labels), config, np.random.default_rng(seed)))
    optimiser, schedule = _optimiser([*made.parameters(), offset], len(steps), config)
    for rows, turned in steps:
        optimiser.zero_grad()
        nll(made(data.at(rows, turned)), data.labels[torch.from_numpy(rows)]).backward()
        optimiser.step()
        schedule.step()
    return made.eval()


def likelihood(loss: Loss, labels: Tensor, offset: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of R (n, C) and labels (n, C) of a step; labels : of all loci that are learned from.

    offset : (C,), tau of the lines, which the conditional likelihood alone needs
    """
    if loss == "conditional":
        return lambda resistance, of_step: conditional_nll(resistance, offset, of_step)
    weights = line_pair_weights(labels)
    return lambda resistance, of_step: line_pair_nll(resistance, of_step, weights)


def _optimiser(
    parameters: list[nn.Parameter], steps: int, config: LoopPanelConfig
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW, and a learning rate that rises and falls once over the steps."""
    optimiser = torch.optim.AdamW(
        parameters, lr=config.learning_rate, weight_decay=config.weight_decay
    )
    one_cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=steps + 1
    )
    return optimiser, one_cycle


def _steps(
    loci: int, config: LoopPanelConfig, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, bool]]:
    """Rows of each step, and whether the anchors change places in it."""
    for _ in range(config.epochs):
        for rows in np.array_split(rng.permutation(loci), max(1, loci // config.batch_loci)):
            yield rows, bool(rng.random() < 0.5)


@torch.no_grad()
def loop_scores(network: nn.Module, data: LoopData) -> np.ndarray:
    """-R (n, C) of all loci, the mean over both orders of the anchors."""
    rows = np.arange(len(data.labels))
    both = [network(data.at(rows, turned)) for turned in (False, True)]
    return -(both[0] + both[1]).numpy() / 2

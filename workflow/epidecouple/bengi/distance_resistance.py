"""The form of the model where no DNA is given: U of the distance minus R of the marks.

An assay such as Hi-C or ChIA-PET finds pairs of its own distances, so each has a U; R is shared.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..core.config import Config
from ..model.loop_resistance import FIRST_LEVEL, LoopResistance

SMALLEST_BP = 1.0
# Pairs of either label that each knot is given besides its own when U starts.
BESIDES = 0.5


def log_distance(distance: np.ndarray) -> np.ndarray:
    """log10 of distances (n,) in bp, float32."""
    return np.log10(np.maximum(distance, SMALLEST_BP)).astype(np.float32)


class Inputs(NamedTuple):
    """What n pairs are scored by: log10 distance float32 (n,), number of the assay int64 (n,),
    marks float32 (n, P, M).
    """

    distance: np.ndarray
    assay: np.ndarray
    marks: np.ndarray

    def of(self, rows: np.ndarray) -> "Inputs":
        """Those of some pairs."""
        return Inputs(*(values[rows] for values in self))


class DistancePotential(nn.Module):
    """U of one assay, linear in log10 distance between knots, -tau in its level.

    knots : log10 distances (K,), ascending; heights : U there (K,), at the start
    """

    knots: Tensor

    def __init__(self, knots: np.ndarray, heights: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("knots", torch.from_numpy(knots))
        self.heights = nn.Parameter(torch.from_numpy(heights))

    def forward(self, distance: Tensor) -> Tensor:
        """U (n,) at log10 distances (n,), as at the first or last knot beyond them."""
        within = distance.clamp(self.knots[0], self.knots[-1])
        right = torch.searchsorted(self.knots, within).clamp(1, len(self.knots) - 1)
        low, high = self.knots[right - 1], self.knots[right]
        # One knot alone, where all pairs are equally far, is its own neighbour on both sides.
        share = (within - low) / (high - low).clamp(min=torch.finfo().tiny)
        return self.heights[right - 1] * (1 - share) + self.heights[right] * share


class DistanceResistance(nn.Module):
    """logit (n,) = U - R: U of the distance in each assay; R >= 0 of the marks, states and
    residual, in all.
    """

    def __init__(self, resistance: LoopResistance, potentials: list[DistancePotential]) -> None:
        super().__init__()
        self.potentials = nn.ModuleList(potentials)
        self.resistance = resistance

    def potential(self, distance: Tensor, assay: Tensor) -> Tensor:
        """U (n,) at log10 distances (n,) in the assays with these numbers (n,)."""
        of_each = torch.stack([of_one(distance) for of_one in self.potentials], dim=1)
        return of_each.gather(1, assay[:, None])[:, 0]

    def forward(self, distance: Tensor, assay: Tensor, marks: Tensor) -> Tensor:
        """The logit (n,) of pairs with marks (n, P, M)."""
        return self.potential(distance, assay) - self.resistance(marks)


def knots_of(distance: np.ndarray, count: int) -> np.ndarray:
    """Knots (K,), evenly spaced in rank among log10 distances (n,), each once."""
    return np.unique(np.quantile(distance, np.linspace(0, 1, count)).astype(np.float32))


def first_heights(distance: np.ndarray, labels: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """U (K,) at the start: the log odds of the pairs nearest to each knot, plus the R that every
    pair starts with.
    """
    nearest = np.searchsorted((knots[1:] + knots[:-1]) / 2, distance)
    positive, negative = (
        np.bincount(nearest[labels == label], minlength=len(knots)) + BESIDES for label in (1, 0)
    )
    return (np.log(positive / negative) + np.log1p(np.exp(FIRST_LEVEL))).astype(np.float32)


def first_potentials(inputs: Inputs, labels: np.ndarray, knots: int) -> list[DistancePotential]:
    """U of each assay at the start, from its own pairs and their labels (n,)."""
    potentials = []
    for assay in range(inputs.assay.max() + 1):
        own = inputs.assay == assay
        at = knots_of(inputs.distance[own], knots)
        potentials.append(
            DistancePotential(at, first_heights(inputs.distance[own], labels[own], at))
        )
    return potentials


def fit_pairs(inputs: Inputs, labels: np.ndarray, config: Config) -> DistanceResistance:
    """U and R together by the likelihood of the labels (n,), every epoch run."""
    torch.manual_seed(config.seed)
    positions, features = inputs.marks.shape[1:]
    resistance = LoopResistance(positions, features, config.loop_panel)
    potentials = first_potentials(inputs, labels, config.bengi.knots)
    made = DistanceResistance(resistance, potentials).train()
    steps = _steps(len(labels), config)
    panel = config.loop_panel
    optimiser = torch.optim.AdamW(
        made.parameters(), lr=panel.learning_rate, weight_decay=panel.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, panel.learning_rate, total_steps=len(steps) + 1
    )
    for rows in steps:
        optimiser.zero_grad()
        logit = made(*map(torch.from_numpy, inputs.of(rows)))
        target = torch.from_numpy(labels[rows].astype(np.float32))
        nn.functional.binary_cross_entropy_with_logits(logit, target).backward()
        optimiser.step()
        schedule.step()
    return made.eval()


def _steps(pairs: int, config: Config) -> list[np.ndarray]:
    """Rows of every step."""
    rng = np.random.default_rng(config.seed)
    per_epoch = max(1, pairs // config.bengi.batch_pairs)
    return [
        rows
        for _ in range(config.bengi.epochs)
        for rows in np.array_split(rng.permutation(pairs), per_epoch)
    ]


@torch.no_grad()
def energies(fitted: DistanceResistance, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """U (n,) and R (n,) of pairs."""
    distance, assay, marks = map(torch.from_numpy, inputs)
    return fitted.potential(distance, assay).numpy(), fitted.resistance(marks).numpy()

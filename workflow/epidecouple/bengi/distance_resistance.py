"""The form of the model where no DNA is given: U of the distance minus R of the marks."""

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


class DistanceResistance(nn.Module):
    """logit (n,) = U - R: U linear in log10 distance between knots, -tau in its level; R >= 0 of
    the marks, states and residual.

    knots : log10 distances (K,), ascending; heights : U there (K,), at the start
    """

    knots: Tensor

    def __init__(self, resistance: LoopResistance, knots: np.ndarray, heights: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("knots", torch.from_numpy(knots))
        self.heights = nn.Parameter(torch.from_numpy(heights))
        self.resistance = resistance

    def potential(self, distance: Tensor) -> Tensor:
        """U (n,) at log10 distances (n,), as at the first or last knot beyond them."""
        within = distance.clamp(self.knots[0], self.knots[-1])
        right = torch.searchsorted(self.knots, within).clamp(1, len(self.knots) - 1)
        low, high = self.knots[right - 1], self.knots[right]
        share = (within - low) / (high - low)
        return self.heights[right - 1] * (1 - share) + self.heights[right] * share

    def forward(self, distance: Tensor, marks: Tensor) -> Tensor:
        """The logit (n,) of pairs with marks (n, P, M)."""
        return self.potential(distance) - self.resistance(marks)


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


def fit_pairs(
    distance: np.ndarray, marks: np.ndarray, labels: np.ndarray, config: Config
) -> DistanceResistance:
    """U and R together by the likelihood of the labels (n,), every epoch run; log10 distances (n,),
    marks float32 (n, P, M).
    """
    torch.manual_seed(config.seed)
    positions, features = marks.shape[1:]
    resistance = LoopResistance(positions, features, config.loop_panel)
    knots = knots_of(distance, config.bengi.knots)
    made = DistanceResistance(resistance, knots, first_heights(distance, labels, knots)).train()
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
        logit = made(torch.from_numpy(distance[rows]), torch.from_numpy(marks[rows]))
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
def energies(
    fitted: DistanceResistance, distance: np.ndarray, marks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """U (n,) and R (n,) of pairs."""
    potential = fitted.potential(torch.from_numpy(distance))
    return potential.numpy(), fitted.resistance(torch.from_numpy(marks)).numpy()

"""R of a loop: chromatin states at every position between and around the anchors, and a residual.

The states are learned with the encoder, by the labels alone: each is a point among the encoded
positions, and a position belongs to the states softly, by its distance to them.
"""

import torch
from torch import Tensor, nn

from ..core.sections.targets import LoopPanelConfig

# R starts this high before the softplus, so that it can fall and rise.
FIRST_LEVEL = 3.0
# Spread of the first states and of the first marks of position, in the units of encoded positions.
STATE_SD, PLACE_SD = 0.5, 0.1


class LoopResistance(nn.Module):
    """R >= 0 in logit units: the softplus of a level, what the states add, and a residual.

    positions : number of positions P; features : numbers read at each of them
    state_resistance : Parameter (P, K), what a state adds at a position
    """

    def __init__(self, positions: int, features: int, config: LoopPanelConfig) -> None:
        super().__init__()
        size, states = config.locus_size, config.states
        self.encoder = nn.Sequential(
            nn.Linear(features, config.encoder_hidden),
            nn.GELU(),
            nn.Linear(config.encoder_hidden, size),
        )
        self.place = nn.Parameter(PLACE_SD * torch.randn(positions, size))
        self.states = nn.Parameter(STATE_SD * torch.randn(states, size))
        self.state_resistance = nn.Parameter(torch.zeros(positions, states))
        self.level = nn.Parameter(torch.tensor(FIRST_LEVEL))
        self.residual = nn.Sequential(
            nn.Linear(positions * size, config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, 1),
        )

    def assign(self, encoded: Tensor) -> Tensor:
        """Shares of the states (..., K), softmax of -|e - state|^2, of encoded positions e."""
        closeness = 2 * encoded @ self.states.T - self.states.square().sum(1)
        return closeness.softmax(-1)

    def parts(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """What the states and what the residual add before the softplus, (...) each.

        inputs : (..., P, F)
        """
        encoded = self.encoder(inputs)
        of_states = (self.assign(encoded) * self.state_resistance).sum((-1, -2))
        return of_states, self.residual((encoded + self.place).flatten(-2))[..., 0]

    def forward(self, inputs: Tensor) -> Tensor:
        """R (...) in logit units, from the inputs (..., P, F)."""
        of_states, residual = self.parts(inputs)
        return nn.functional.softplus(self.level + of_states + residual)

"""The two energies and their sum: logit P(y_ic = 1) = U_I(DNA_i, distance_i) - R_E(epigenome_ic) - tau_c."""

import numpy as np
import torch
from torch import Tensor, nn

from ..core.config import Config
from ..data.panel import Panel
from .potential import Potential
from .record22 import LinearResistance
from .resistance import Resistance

RESISTANCES = {"states": Resistance, "linear": LinearResistance}


class EnergyModel(nn.Module):
    """Both energies; they share no parameter.

    task_offset : Parameter (C_train,), the free intercept per line of the task likelihood
    """

    def __init__(self, config: Config, n_reference: int) -> None:
        super().__init__()
        self.potential = Potential(config.model)
        self.resistance = RESISTANCES[config.model.environment](config, n_reference)
        self.task_offset = nn.Parameter(torch.zeros(len(config.cell_lines)))

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """All parameters by what they belong to; stages of the curriculum and the ledger speak of these groups."""
        potential, resistance = self.potential, self.resistance
        return {
            "sequence": [*potential.encoder.parameters(), *(potential.annotation.parameters() if potential.annotation else [])],
            "potential_head": [*potential.head.parameters(), *potential.distance.parameters()],
            "task_offset": [self.task_offset],
            "environment": list(resistance.encoder.parameters()),
            "resistance_head": [resistance.state_resistance, resistance.level, *resistance.residual.parameters()],
            "line_offset": [resistance.line_offset],
        }

    def forward(self, panel: Panel, pairs: np.ndarray, line: int) -> tuple[Tensor, Tensor]:
        """U_I and R_E, each float32 (len(pairs),), of pairs in one line."""
        return self.potential(panel, pairs), self.resistance(panel.signal_tensor(pairs, line))

"""The model: two energies of a pair i in a line c, which share no parameter and no input.

logit P(y_ic = 1) = U_I(DNA_i, distance_i) - R_E(epigenome_ic) - tau_c
"""

import torch
from torch import Tensor, nn

from ..core.config import Config
from .potential import Potential
from .resistance import Resistance


class EnergyModel(nn.Module):
    """Both energies. Each can be called alone:

    potential(enhancer_codes, promoter_codes, log_distance) : U_I (n,), see `Potential.forward`
    resistance(signal) : R_E (n,), see `Resistance.forward`

    task_offset : Parameter (C_train,), b_c, free intercept of each line in the task likelihood
    """

    potential_class: type[Potential] = Potential
    resistance_class: type[Resistance] = Resistance

    def __init__(self, config: Config, n_reference: int) -> None:
        super().__init__()
        self.potential = self.potential_class(config.model)
        self.resistance = self.resistance_class(config, n_reference)
        self.task_offset = nn.Parameter(torch.zeros(len(config.cell_lines)))

    def forward(
        self, enhancer_codes: Tensor, promoter_codes: Tensor, log_distance: Tensor, signal: Tensor
    ) -> tuple[Tensor, Tensor]:
        """U_I and R_E of n pairs in one line, each float32 (n,) in logit units.

        enhancer_codes, promoter_codes : uint8 (n, L)
        log_distance : float32 (n,), log10 of the distance in bp
        signal : float32 (n, P, 2M), normalised marks and their presence flags
        """
        return self.potential(enhancer_codes, promoter_codes, log_distance), self.resistance(signal)

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """All parameters, in the groups by which training phases and the ledger name them."""
        potential, resistance = self.potential, self.resistance
        return {
            "sequence": list(potential.encoder.parameters()),
            "potential_head": [*potential.head.parameters(), *potential.distance.parameters()],
            "task_offset": [self.task_offset],
            "environment": list(resistance.encoder.parameters()),
            "resistance_head": [
                resistance.state_resistance,
                resistance.level,
                *resistance.residual.parameters(),
                *(resistance.way.parameters() if resistance.way else ()),
            ],
            "line_offset": [resistance.line_offset],
        }

"""The two energies and their sum: logit P(y_ic = 1) = U_I(DNA_i, distance_i) - R_E(epigenome_ic) - tau_c."""

import numpy as np
import torch
from torch import Tensor, nn

from .config import Config, ModelConfig
from .dataset import Panel
from .environment import LocusEncoder
from .prototypes import StatePrototypes
from .sequence import SequenceEncoder

POSITIONS = ("enhancer", "promoter", "window")


class Potential(nn.Module):
    """U_I (n,) from DNA and distance alone."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = SequenceEncoder(config)
        self.head = nn.Sequential(nn.Linear(config.z_size, config.hidden), nn.GELU(), nn.Linear(config.hidden, 1))
        self.distance = nn.Sequential(nn.Linear(1, 16), nn.GELU(), nn.Linear(16, 1))

    def z(self, panel: Panel, pairs: np.ndarray) -> Tensor:
        """z float32 (len(pairs), d_z), each unique window encoded once."""
        enhancer_rows, enhancer = np.unique(panel.enhancer[pairs], return_inverse=True)
        promoter_rows, promoter = np.unique(panel.promoter[pairs], return_inverse=True)
        codes = [torch.from_numpy(np.ascontiguousarray(panel.codes[rows])) for rows in (enhancer_rows, promoter_rows)]
        return self.encoder(*codes, torch.from_numpy(enhancer), torch.from_numpy(promoter))

    def of_z(self, z: Tensor, log_distance: Tensor) -> Tensor:
        """U_I float32 (n,) in logit units from z (n, d_z) and log10 distance (n,)."""
        return (self.head(z) + self.distance(log_distance[:, None] - 5))[:, 0]

    def forward(self, panel: Panel, pairs: np.ndarray) -> Tensor:
        """U_I float32 (len(pairs),)."""
        return self.of_z(self.z(panel, pairs), torch.from_numpy(panel.log_distance[pairs]))


class Resistance(nn.Module):
    """R_E >= 0 from the epigenome alone: the resistance of the states at both ends and between, plus a residual.

    state_resistance : Parameter (3, K), what a state adds at enhancer, promoter and window; readable as a table
    line_offset : Parameter (C_train,), tau_c of the training lines
    """

    def __init__(self, marks: int, training_lines: int, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = LocusEncoder(marks, config)
        self.prototypes = StatePrototypes(config.states, config.locus_size)
        self.state_resistance = nn.Parameter(torch.zeros(len(POSITIONS), config.states))
        self.level = nn.Parameter(torch.ones(()))
        self.residual = nn.Sequential(
            nn.Linear(len(POSITIONS) * config.locus_size, config.hidden), nn.GELU(), nn.Dropout(config.dropout), nn.Linear(config.hidden, 1)
        )
        self.line_offset = nn.Parameter(torch.zeros(training_lines))

    def loci(self, signal: Tensor) -> Tensor:
        """Locus representations (n, P, d_locus) of signal (n, P, 2M)."""
        return self.encoder(signal)

    def e(self, signal: Tensor) -> Tensor:
        """e_ic float32 (n, 3 d_locus): enhancer, promoter and the mean over the bins between."""
        return _three_positions(self.loci(signal)).flatten(1)

    def parts(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        """What the states and what the residual add before the softplus, each float32 (n,)."""
        loci = self.loci(signal)
        states = _three_positions(self.prototypes.assign(loci))
        return (states * self.state_resistance).sum((1, 2)), self.residual(_three_positions(loci).flatten(1))[:, 0]

    def of_parts(self, from_states: Tensor, from_residual: Tensor) -> Tensor:
        """R_E float32 (n,) in logit units from what `parts` returns."""
        return nn.functional.softplus(self.level + from_states + from_residual)

    def forward(self, signal: Tensor) -> Tensor:
        """R_E float32 (n,) in logit units, from signal (n, P, 2M) of one line."""
        return self.of_parts(*self.parts(signal))


def _three_positions(x: Tensor) -> Tensor:
    """Enhancer, promoter and the mean of the bins: (n, 2 + bins, k) to (n, 3, k)."""
    return torch.cat([x[:, :2], x[:, 2:].mean(1, keepdim=True)], dim=1)


class EnergyModel(nn.Module):
    """Both energies; they share no parameter.

    locus_modules : int64 buffer (n_ref,), module of each reference locus
    task_offset : Parameter (C_train,), the free intercept per line of the task likelihood
    """

    def __init__(self, config: Config, n_reference: int) -> None:
        super().__init__()
        self.potential = Potential(config.model)
        self.resistance = Resistance(len(config.marks), len(config.cell_lines), config.model)
        self.task_offset = nn.Parameter(torch.zeros(len(config.cell_lines)))
        self.register_buffer("locus_modules", torch.zeros(n_reference, dtype=torch.int64))

    def forward(self, panel: Panel, pairs: np.ndarray, line: int) -> tuple[Tensor, Tensor]:
        """U_I and R_E, each float32 (len(pairs),), of pairs in one line."""
        return self.potential(panel, pairs), self.resistance(panel.signal_tensor(pairs, line))

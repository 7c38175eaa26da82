"""The two energies and their sum: logit P(y_ic = 1) = U_I(DNA_i, distance_i) - R_E(epigenome_ic) - tau_c."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from .config import Config, ModelConfig
from .dataset import Panel
from .deep_sequence import DeepElementEncoder
from .environment import ENVIRONMENTS
from .erasure import LineEraser
from .prototypes import LinePrototypes, StatePrototypes, line_state
from .sequence import AnnotationReader, ElementEncoder, SequenceEncoder
from .signal import positions

ENCODERS = {"cnn": ElementEncoder, "deep": DeepElementEncoder}


class Potential(nn.Module):
    """U_I (n,) from DNA and distance alone."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = SequenceEncoder(config, ENCODERS[config.encoder])
        self.annotation = AnnotationReader(config.z_size) if config.annotation else None
        self.eraser = LineEraser(config.z_size)
        self.head = nn.Sequential(nn.Linear(config.z_size, config.hidden), nn.GELU(), nn.Linear(config.hidden, 1))
        self.distance = nn.Sequential(nn.Linear(1, 16), nn.GELU(), nn.Linear(16, 1))

    def z(self, panel: Panel, pairs: np.ndarray) -> Tensor:
        """z float32 (len(pairs), d_z), after concept erasure where it is switched on."""
        return self.eraser(self.raw_z(panel, pairs))

    def raw_z(self, panel: Panel, pairs: np.ndarray) -> Tensor:
        """z before erasure; each unique window is encoded once."""
        enhancer_rows, enhancer = np.unique(panel.enhancer[pairs], return_inverse=True)
        promoter_rows, promoter = np.unique(panel.promoter[pairs], return_inverse=True)
        codes = [panel.window_tensor(rows) for rows in (enhancer_rows, promoter_rows)]
        return self.annotated(self.encoder(*codes, panel.tensor(enhancer), panel.tensor(promoter)), panel, pairs)

    def annotated(self, z: Tensor, panel: Panel, pairs: np.ndarray) -> Tensor:
        """z as the encoder gives it; with `model.annotation` the elements' annotated lengths are added to it."""
        return z if self.annotation is None else z + self.annotation(panel.tensor(panel.annotated_bp[pairs]))

    def of_z(self, z: Tensor, log_distance: Tensor) -> Tensor:
        """U_I float32 (n,) in logit units from z (n, d_z) and log10 distance (n,)."""
        return (self.head(z) + self.distance(log_distance[:, None] - 5))[:, 0]

    def forward(self, panel: Panel, pairs: np.ndarray) -> Tensor:
        """U_I float32 (len(pairs),)."""
        return self.of_z(self.z(panel, pairs), panel.distance_tensor(pairs))


class Parts(NamedTuple):
    """What R is made of, for n pairs in one line.

    states, residual : float32 (n,), added before the softplus
    e : float32 (n, positions * d_locus), e_ic: enhancer, promoter, both at further widths, and the way between
    """

    states: Tensor
    residual: Tensor
    e: Tensor


class Resistance(nn.Module):
    """R_E >= 0 from the epigenome alone: the resistance of the states at both ends and between, plus a residual.

    positions : names of what R reads: enhancer, promoter, both at further widths, the window or each of its bins
    state_resistance : Parameter (positions, K), what a state adds at each of them; readable as a table
    line_offset : Parameter (C_train,), tau_c of the training lines
    locus_modules : int64 buffer (n_ref,), module of each reference locus
    """

    def __init__(self, config: Config, n_reference: int) -> None:
        super().__init__()
        self.bins = config.windows.bins
        self.positions = positions(config.windows, config.model.window == "bins")
        n_modules, model, lines = min(config.reference.modules, n_reference), config.model, len(config.cell_lines)
        self.encoder = ENVIRONMENTS[model.environment](len(config.marks), model)
        self.prototypes = StatePrototypes(model.states, model.locus_size)
        self.state_resistance = nn.Parameter(torch.zeros(len(self.positions), model.states))
        self.level = nn.Parameter(torch.ones(()))
        self.residual = nn.Sequential(
            nn.Linear(len(self.positions) * model.locus_size, model.hidden),
            nn.GELU(),
            nn.Dropout(model.dropout),
            nn.Linear(model.hidden, 1),
        )
        self.line_offset = nn.Parameter(torch.zeros(lines))
        self.line_prototypes = LinePrototypes(lines, model.states * n_modules)
        self.register_buffer("locus_modules", torch.zeros(n_reference, dtype=torch.int64))
        self.n_modules = n_modules

    def line_state(self, signal: Tensor, loci: Tensor) -> Tensor:
        """g (n_modules * K,) of a line from the signal (n_loci, 2M) of some reference loci (n_loci,)."""
        return line_state(self.prototypes.assign(self.encoder(signal)), self.locus_modules[loci], self.n_modules)

    def loci(self, signal: Tensor) -> Tensor:
        """Locus representations (n, P, d_locus) of signal (n, P, 2M)."""
        return self.encoder(signal)

    def at_positions(self, x: Tensor) -> Tensor:
        """The positions of R from those of the signal, (n, P, k) to (n, positions, k): the bins one by one, or their mean."""
        if self.positions[-1] != "window":
            return x
        ends = len(self.positions) - 1
        return torch.cat([x[:, :ends], x[:, ends:].mean(1, keepdim=True)], dim=1)

    def parts(self, signal: Tensor) -> Parts:
        """What the states and the residual add before the softplus, and e, from signal (n, P, 2M) of one line."""
        loci = self.loci(signal)
        states, e = self.at_positions(self.prototypes.assign(loci)), self.at_positions(loci).flatten(1)
        return Parts((states * self.state_resistance).sum((1, 2)), self.residual(e)[:, 0], e)

    def of_parts(self, parts: Parts) -> Tensor:
        """R_E float32 (n,) in logit units."""
        return nn.functional.softplus(self.level + parts.states + parts.residual)

    def forward(self, signal: Tensor) -> Tensor:
        """R_E float32 (n,) in logit units, from signal (n, P, 2M) of one line."""
        return self.of_parts(self.parts(signal))


class LinearResistance(Resistance):
    """R as record 22 had it: a linear read-out of a linear e, of either sign, with no states in its path. For that arm only."""

    def __init__(self, config: Config, n_reference: int) -> None:
        super().__init__(config, n_reference)
        self.residual = nn.Linear(len(self.positions) * config.model.locus_size, 1)

    def parts(self, signal: Tensor) -> Parts:
        """Nothing from states, all from e."""
        e = self.at_positions(self.loci(signal)).flatten(1)
        return Parts(e.new_zeros(len(e)), self.residual(e)[:, 0], e)

    def of_parts(self, parts: Parts) -> Tensor:
        """R float32 (n,) in logit units."""
        return self.level + parts.residual


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

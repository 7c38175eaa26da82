"""From marks to e: one encoder for every locus, be it an end of a pair, a bin between them or a
reference locus.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..core.config import Config, ModelConfig
from .prototypes import LinePrototypes, StatePrototypes, line_state


class LocusEncoder(nn.Module):
    """Environment representation of a locus from its marks and their presence flags."""

    def __init__(self, marks: int, config: ModelConfig) -> None:
        super().__init__()
        self.network = nn.Sequential(
            *([nn.Dropout(config.signal_dropout)] if config.signal_dropout else []),
            nn.Linear(2 * marks, config.hidden),
            nn.GELU(),
            nn.Linear(config.hidden, config.locus_size),
            nn.LayerNorm(config.locus_size),
        )

    def forward(self, signal: Tensor) -> Tensor:
        """Normalised marks and flags float32 (..., 2M) to e float32 (..., d_locus)."""
        return self.network(signal)


class Parts(NamedTuple):
    """What R is made of, for n pairs in one line.

    states, residual : float32 (n,), added before the softplus
    e : float32 (n, positions * d_locus), e_ic: enhancer, promoter, both at further widths, and the
    way between
    """

    states: Tensor
    residual: Tensor
    e: Tensor


class Resistance(nn.Module):
    """R_E >= 0 from the epigenome alone: the resistance of the states at both ends and between,
    plus a residual.

    positions : names of what R reads: enhancer, promoter, both at further widths, the window or
    each of its bins
    state_resistance : Parameter (positions, K), what a state adds at each of them; readable as a
    table
    line_offset : Parameter (C_train,), tau_c of the training lines
    locus_modules : int64 buffer (n_ref,), module of each reference locus
    """

    encoder_class: type[nn.Module] = LocusEncoder

    def __init__(self, config: Config, n_reference: int) -> None:
        super().__init__()
        self.bins = config.windows.bins
        self.positions = config.windows.positions(every_bin=config.model.window == "bins")
        n_modules = min(config.reference.modules, n_reference)
        model = config.model
        lines = len(config.cell_lines)
        self.encoder = self.encoder_class(len(config.marks), model)
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
        """g (n_modules * K,) of a line from the signal (n_loci, 2M) of some reference loci
        (n_loci,).
        """
        return line_state(
            self.prototypes.assign(self.encoder(signal)), self.locus_modules[loci], self.n_modules
        )

    def loci(self, signal: Tensor) -> Tensor:
        """Locus representations (n, P, d_locus) of signal (n, P, 2M)."""
        return self.encoder(signal)

    def at_positions(self, x: Tensor) -> Tensor:
        """The positions of R from those of the signal, (n, P, k) to (n, positions, k): the bins one
        by one, or their mean.
        """
        if self.positions[-1] != "window":
            return x
        ends = len(self.positions) - 1
        return torch.cat([x[:, :ends], x[:, ends:].mean(1, keepdim=True)], dim=1)

    def parts(self, signal: Tensor) -> Parts:
        """What the states and the residual add before the softplus, and e, from signal (n, P, 2M)
        of one line.
        """
        loci = self.loci(signal)
        states = self.at_positions(self.prototypes.assign(loci))
        e = self.at_positions(loci).flatten(1)
        return Parts((states * self.state_resistance).sum((1, 2)), self.residual(e)[:, 0], e)

    def of_parts(self, parts: Parts) -> Tensor:
        """R_E float32 (n,) in logit units."""
        return nn.functional.softplus(self.level + parts.states + parts.residual)

    def forward(self, signal: Tensor) -> Tensor:
        """R_E float32 (n,) in logit units, from signal (n, P, 2M) of one line."""
        return self.of_parts(self.parts(signal))

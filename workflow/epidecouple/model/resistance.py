"""R_E, the energy of a pair that depends on the epigenome of a line alone.

One encoder reads every locus: an end of a pair, a bin between the ends, or a reference locus.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..core.config import Config, ModelConfig
from .prototypes import LinePrototypes, StatePrototypes, line_state


class LocusEncoder(nn.Module):
    """Encodes a locus from its marks and their presence flags."""

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
        """Encode normalised marks and presence flags (..., 2M) as e float32 (..., d_locus)."""
        return self.network(signal)


class Parts(NamedTuple):
    """What R is computed from, for n pairs in one line.

    states, residual : float32 (n,), added up before the softplus
    e : float32 (n, positions * d_locus), encoded loci at the positions of R, one after the other
    """

    states: Tensor
    residual: Tensor
    e: Tensor


class Resistance(nn.Module):
    """R_E >= 0 in logit units from the marks of a pair in a line.

    It is the softplus of a level, plus what the states add at each position, plus a residual of e.

    positions : names of the loci that R reads: enhancer, promoter, both at every further width, and
    the window between them, as the mean of its bins or bin by bin (`model.window`)
    state_resistance : Parameter (positions, K), what a chromatin state adds at a position
    line_offset : Parameter (C_train,), tau_c of the training lines
    locus_modules : buffer int64 (n_ref,), module of each reference locus
    """

    locus_modules: Tensor
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
        self.residual: nn.Module = nn.Sequential(
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
        """State g (n_modules * K,) of a line from some of its reference loci.

        signal : (n_loci, 2M), of these loci; loci : int64 (n_loci,), their row numbers
        """
        return line_state(
            self.prototypes.assign(self.encoder(signal)), self.locus_modules[loci], self.n_modules
        )

    def at_positions(self, x: Tensor) -> Tensor:
        """Take x from the positions of the signal to those of R: (n, P, k) to (n, positions, k).

        The bins are kept one by one, or averaged where R reads the window as one.
        """
        if self.positions[-1] != "window":
            return x
        ends = len(self.positions) - 1
        return torch.cat([x[:, :ends], x[:, ends:].mean(1, keepdim=True)], dim=1)

    def parts(self, signal: Tensor) -> Parts:
        """The parts of R from the signal (n, P, 2M) of n pairs in one line."""
        loci = self.encoder(signal)
        states = self.at_positions(self.prototypes.assign(loci))
        e = self.at_positions(loci).flatten(1)
        return Parts((states * self.state_resistance).sum((1, 2)), self.residual(e)[:, 0], e)

    def of_parts(self, parts: Parts) -> Tensor:
        """R_E float32 (n,) in logit units, from its parts."""
        return nn.functional.softplus(self.level + parts.states + parts.residual)

    def forward(self, signal: Tensor) -> Tensor:
        """R_E float32 (n,) in logit units, from the signal (n, P, 2M) of n pairs in one line."""
        return self.of_parts(self.parts(signal))

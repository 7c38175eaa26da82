"""R_E, the energy of a pair that depends on the epigenome of a line alone.

One encoder reads every locus: an end of a pair, a bin between the ends, or a reference locus.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..core.config import Config
from ..core.sections.model import ModelConfig
from .prototypes import LinePrototypes, StatePrototypes, line_state


class LocusEncoder(nn.Module):
    """Encodes a locus from its marks and their presence flags."""

    def __init__(self, marks: int, config: ModelConfig) -> None:
        super().__init__()
        self.network = nn.Sequential(
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

    states, residual, way : float32 (n,), added up before the softplus
    e : float32 (n, positions * d_locus), encoded loci at the positions of R, one after the other
    """

    states: Tensor
    residual: Tensor
    way: Tensor
    e: Tensor


class WayNetwork(nn.Module):
    """What the way between the ends adds to R, from the densities of some marks' strong peaks.

    slots : densities of a mark; marks : numbers of the marks that are read
    mean, sd : buffers (slots, M), of the densities on the pairs of a training
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, slots: int, marks: list[int], all_marks: int, config: ModelConfig) -> None:
        super().__init__()
        self.marks = marks
        self.register_buffer("mean", torch.zeros(slots, all_marks))
        self.register_buffer("sd", torch.ones(slots, all_marks))
        self.network = nn.Sequential(
            nn.Linear((slots + 1) * len(marks), config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, 1),
        )

    def forward(self, densities: Tensor, present: Tensor) -> Tensor:
        """(n,) from the densities (n, slots, M) and the presence flags (n, M) of one line.

        A mark that is missing reads as its mean, and its flag says so.
        """
        present = present[:, self.marks]
        standard = ((densities - self.mean) / self.sd)[:, :, self.marks] * present[:, None]
        return self.network(torch.cat([standard.flatten(1), present], dim=1))[:, 0]

    @torch.no_grad()
    def standardise(self, mean: Tensor, sd: Tensor) -> None:
        """Take mean and standard deviation (slots, M) of the densities; an sd of 0 becomes 1."""
        self.mean.copy_(mean)
        self.sd.copy_(torch.where(sd > 0, sd, 1.0))


class Resistance(nn.Module):
    """R_E >= 0 in logit units from the marks of a pair in a line.

    It is the softplus of a level, plus what the states add at each position, plus a residual of e,
    plus what the densities of the way between the ends add.

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
        self.bins, self.slots, self.n_marks = (
            config.windows.bins,
            config.windows.way_slots,
            len(config.marks),
        )
        self.positions = config.windows.positions(every_bin=config.model.window == "bins")
        n_modules = min(config.reference.modules, n_reference)
        model = config.model
        lines = len(config.cell_lines)
        self.encoder = self.encoder_class(len(config.marks), model)
        self.prototypes = StatePrototypes(model.states, model.locus_size)
        self.state_resistance = nn.Parameter(torch.zeros(len(self.positions), model.states))
        self.ends = model.ends
        self.level = nn.Parameter(torch.ones(()))
        self.residual: nn.Module = nn.Sequential(
            nn.Linear(len(self.positions) * model.locus_size, model.hidden),
            nn.GELU(),
            nn.Dropout(model.dropout),
            nn.Linear(model.hidden, 1),
        )
        read = [config.marks.index(mark) for mark in model.way_marks if mark in config.marks]
        self.way = (
            WayNetwork(self.slots, read, self.n_marks, model) if self.slots and read else None
        )
        self.line_offset = nn.Parameter(torch.zeros(lines))
        self.line_prototypes = LinePrototypes(lines, model.states * n_modules)
        self.register_buffer("locus_modules", torch.zeros(n_reference, dtype=torch.int64))
        self.n_modules = n_modules

    def line_state(self, signal: Tensor, loci: Tensor) -> Tensor:
        """State g (n_modules * K,) of a line from some of its reference loci.

        signal : (n_loci, 2M), of these loci; loci : int64 (n_loci,), their row numbers
        """
        return self.state_of(self.assigned(signal), loci)

    def assigned(self, signal: Tensor) -> Tensor:
        """Chromatin states (n_loci, K) of reference loci from their signal (n_loci, 2M)."""
        return self.prototypes.assign(self.encoder(signal))

    def state_of(self, assigned: Tensor, loci: Tensor) -> Tensor:
        """State g of a line from the chromatin states (n_loci, K) of loci with these numbers."""
        return line_state(assigned, self.locus_modules[loci], self.n_modules)

    def at_positions(self, x: Tensor) -> Tensor:
        """Take x from the loci of the signal to the positions of R: (n, loci, k) to (n, positions,
        k).

        The bins are kept one by one, or averaged where R reads the window as one.
        """
        if self.positions[-1] != "window":
            return x
        ends = len(self.positions) - 1
        return torch.cat([x[:, :ends], x[:, ends:].mean(1, keepdim=True)], dim=1)

    def parts(self, signal: Tensor) -> Parts:
        """The parts of R from the signal (n, P, 2M) of n pairs in one line."""
        loci = self.encoder(self.loci_of(signal))
        states = self.at_positions(self.prototypes.assign(loci))
        e = self.at_positions(loci).flatten(1)
        of_states = (states * self.state_resistance).sum((1, 2)) * ("states" in self.ends)
        residual = self.residual(e)[:, 0] * ("residual" in self.ends)
        return Parts(of_states, residual, self.of_way(signal), e)

    def loci_of(self, signal: Tensor) -> Tensor:
        """The part of the signal (n, P, 2M) that stands for loci: ends and bins."""
        return signal[:, : signal.shape[1] - self.slots]

    def of_way(self, signal: Tensor) -> Tensor:
        """What the way adds before the softplus, (n,); 0 where R reads no densities."""
        if self.way is None:
            return signal.new_zeros(len(signal))
        densities, flags = signal[:, -self.slots :].split(self.n_marks, dim=2)
        return self.way(densities, flags[:, 0])

    def at_one_locus(self, signal: Tensor) -> Tensor:
        """Signal (n, P, 2M) of pairs in which one locus stands at both ends and in every bin, and
        the way is the mean one, from the signal (n, 2M) of the loci.
        """
        ends = len(self.positions) - (self.bins if self.positions[-1] != "window" else 1)
        pairs = signal[:, None].expand(-1, ends + self.bins + self.slots, -1)
        if self.way is None:
            return pairs
        pairs = pairs.clone()
        pairs[:, -self.slots :, : self.n_marks] = self.way.mean
        return pairs

    def of_parts(self, parts: Parts) -> Tensor:
        """R_E float32 (n,) in logit units, from its parts."""
        return nn.functional.softplus(self.level + parts.states + parts.residual + parts.way)

    def forward(self, signal: Tensor) -> Tensor:
        """R_E float32 (n,) in logit units, from the signal (n, P, 2M) of n pairs in one line."""
        return self.of_parts(self.parts(signal))

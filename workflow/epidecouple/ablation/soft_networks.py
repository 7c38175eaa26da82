"""Networks whose U may read the epigenome: what the design forbids by construction, these ask of
their losses.

Symbols as in the design: z is what U is read from, e what R is read from.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..core.config import Config
from ..core.dna import Windows
from ..core.sections.model import ModelConfig
from ..model.energy import EnergyModel
from ..model.potential import DISTANCE_CENTRE, ENCODERS, PotentialHead
from ..model.sequence import SequenceEncoder


class Read(NamedTuple):
    """What a network makes of n pairs, each in one line.

    potential, resistance : (n,), logit units; z : (n, d_z); e : (n, d_e)
    """

    potential: Tensor
    resistance: Tensor
    z: Tensor
    e: Tensor


class Ends(nn.Module):
    """DNA of both ends as one embedding, and the signal of a pair as another.

    mean, sd : buffers (P, 2M), of the signal on training pairs
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, config: Config, signal: Tensor) -> None:
        """signal : float32 (n, P, 2M), of some training pairs, by which it is standardised."""
        super().__init__()
        model = config.model
        self.register_buffer("mean", signal.mean(0))
        self.register_buffer("sd", signal.std(0).clamp(min=0.1))
        self.dna = SequenceEncoder(model, ENCODERS[model.encoder])
        self.signal = nn.Sequential(
            nn.Flatten(),
            nn.Linear(self.mean.numel(), model.hidden),
            nn.GELU(),
            nn.Dropout(model.dropout),
            nn.Linear(model.hidden, model.z_size),
        )
        self.distance = nn.Sequential(nn.Linear(1, 16), nn.GELU(), nn.Linear(16, 1))

    def read(
        self, windows: Windows, log_distance: Tensor, signal: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Embeddings of DNA and signal (n, d_z), and a term of the distance (n,)."""
        far = self.distance(log_distance[:, None] - DISTANCE_CENTRE)[:, 0]
        return self.dna(windows), self.signal((signal - self.mean) / self.sd), far


class SoftEnergies(Ends):
    """Two energies, of which U reads DNA and epigenome: only losses can keep the line out of z."""

    def __init__(self, config: Config, signal: Tensor) -> None:
        super().__init__(config, signal)
        model = config.model
        self.join = nn.Sequential(
            nn.Linear(2 * model.z_size, model.z_size), nn.LayerNorm(model.z_size)
        )
        self.head = PotentialHead(model)
        self.resistance = nn.Sequential(nn.GELU(), nn.Linear(model.z_size, 1))

    def forward(self, windows: Windows, log_distance: Tensor, signal: Tensor) -> Read:
        """Both energies of n pairs; see `Read`."""
        dna, e, far = self.read(windows, log_distance, signal)
        z = self.join(torch.cat([dna, e], 1))
        resistance = nn.functional.softplus(self.resistance(e)[:, 0])
        return Read(self.head(z)[:, 0] + far, resistance, z, e)


class Concatenation(Ends):
    """One number from DNA and epigenome together, without energies: the logit stands for U."""

    def __init__(self, config: Config, signal: Tensor) -> None:
        super().__init__(config, signal)
        self.head = _head(config.model)

    def forward(self, windows: Windows, log_distance: Tensor, signal: Tensor) -> Read:
        """The logit of n pairs as U, and an R of 0."""
        dna, e, far = self.read(windows, log_distance, signal)
        z = torch.cat([dna, e], 1)
        return Read(self.head(z)[:, 0] + far, torch.zeros_like(far), z, e)


class BothEnergies(nn.Module):
    """A model of two energies, read as the other networks are."""

    def __init__(self, model: EnergyModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, windows: Windows, log_distance: Tensor, signal: Tensor) -> Read:
        """Both energies of n pairs; see `Read`."""
        potential, resistance = self.model.potential, self.model.resistance
        z, parts = potential.z(windows), resistance.parts(signal)
        return Read(potential.of_z(z, log_distance), resistance.of_parts(parts), z, parts.e)


class SequenceAlone(Ends):
    """U alone, from DNA and distance, as models of EPIVAN's kind read a pair."""

    def __init__(self, config: Config, signal: Tensor) -> None:
        super().__init__(config, signal)
        self.head = PotentialHead(config.model)

    def forward(self, windows: Windows, log_distance: Tensor, signal: Tensor) -> Read:
        """U of n pairs, and an R of 0."""
        dna, e, far = self.read(windows, log_distance, signal)
        return Read(self.head(dna)[:, 0] + far, torch.zeros_like(far), dna, e)


def _head(model: ModelConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(2 * model.z_size, model.hidden),
        nn.GELU(),
        nn.Dropout(model.dropout),
        nn.Linear(model.hidden, 1),
    )

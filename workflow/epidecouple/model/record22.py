"""The networks of record 22, the refused model: a linear read-out of raw marks, and annotated
lengths in z.
"""

import torch
from torch import Tensor, nn

from ..core.config import Config, ModelConfig
from ..core.dna import Windows
from ..core.errors import InputError
from .energy import EnergyModel
from .potential import Potential
from .resistance import Parts, Resistance
from .sequence import SequenceEncoder

TYPICAL_ELEMENT_BP = 500


class LinearLocusEncoder(nn.Module):
    """A linear projection of the marks: what record 22 had in place of an environment encoder."""

    def __init__(self, marks: int, config: ModelConfig) -> None:
        super().__init__()
        self.network = nn.Linear(2 * marks, config.locus_size)

    def forward(self, signal: Tensor) -> Tensor:
        """Normalised marks and flags float32 (..., 2M) to float32 (..., d_locus)."""
        return self.network(signal)


class LinearResistance(Resistance):
    """R as record 22 had it: a linear read-out of a linear e, of either sign, with no states in its
    path.
    """

    encoder_class = LinearLocusEncoder

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


class AnnotatedEncoder(SequenceEncoder):
    """z that also reads the annotated lengths of both elements, which tell the line."""

    def __init__(self, config: ModelConfig, element_encoder: type[nn.Module]) -> None:
        super().__init__(config, element_encoder)
        self.annotation = nn.Linear(2, config.z_size)

    def forward(self, windows: Windows) -> Tensor:
        """z float32 (n, d_z) of n pairs."""
        return super().forward(windows) + self.annotation(
            torch.log2(windows.annotated_bp / TYPICAL_ELEMENT_BP)
        )


class AnnotatedPotential(Potential):
    """U of a z that reads annotated lengths."""

    encoder_class = AnnotatedEncoder

    def z_of_ends(self, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """Nothing: windows alone do not give this z; raises `InputError`."""
        raise InputError(
            "z of record 22 reads annotated lengths, so edited windows do not give it",
            "Use a model of the design",
        )


class Record22(EnergyModel):
    """Both energies as record 22 had them."""

    potential_class, resistance_class = AnnotatedPotential, LinearResistance

"""The networks of record 22, an earlier model that was rejected, for the arm that compares with it.

Its R is linear in the marks, and its z reads the annotated lengths of the elements.
"""

import torch
from torch import Tensor, nn

from ..core.config import Config
from ..core.dna import Windows
from ..core.errors import InputError
from ..core.sections.model import ModelConfig
from .energy import EnergyModel
from .potential import Potential
from .resistance import Parts, Resistance
from .sequence import SequenceEncoder, WindowEncoder

TYPICAL_ELEMENT_BP = 500


class LinearLocusEncoder(nn.Module):
    """Linear projection of the marks, which record 22 had for a locus encoder."""

    def __init__(self, marks: int, config: ModelConfig) -> None:
        super().__init__()
        self.network = nn.Linear(2 * marks, config.locus_size)

    def forward(self, signal: Tensor) -> Tensor:
        """Project marks and presence flags (..., 2M) to e float32 (..., d_locus)."""
        return self.network(signal)


class LinearResistance(Resistance):
    """R as record 22 had it: linear in e, of either sign, without chromatin states."""

    encoder_class = LinearLocusEncoder

    def __init__(self, config: Config, n_reference: int) -> None:
        super().__init__(config, n_reference)
        self.residual = nn.Linear(len(self.positions) * config.model.locus_size, 1)
        self.way = None

    def parts(self, signal: Tensor) -> Parts:
        """The parts of R, in which states and way are 0 and the residual is linear in e."""
        e = self.at_positions(self.encoder(self.loci_of(signal))).flatten(1)
        nothing = e.new_zeros(len(e))
        return Parts(nothing, self.residual(e)[:, 0], nothing, e)

    def of_parts(self, parts: Parts) -> Tensor:
        """R float32 (n,) in logit units, of either sign."""
        return self.level + parts.residual


class AnnotatedEncoder(SequenceEncoder):
    """Encodes pairs as a z that also reads annotated lengths, which reveal the line."""

    def __init__(self, config: ModelConfig, element_encoder: type[WindowEncoder]) -> None:
        super().__init__(config, element_encoder)
        self.annotation = nn.Linear(2, config.z_size)

    def forward(self, windows: Windows) -> Tensor:
        """z float32 (n, d_z) of n pairs."""
        return super().forward(windows) + self.annotation(
            torch.log2(windows.annotated_bp / TYPICAL_ELEMENT_BP)
        )


class AnnotatedPotential(Potential):
    """U_I from a z that reads annotated lengths."""

    encoder_class = AnnotatedEncoder

    def z_of_ends(self, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """Raise `InputError`: embeddings of windows are not enough for this z."""
        raise InputError(
            "z of record 22 reads annotated lengths, so edited windows alone do not give it",
            "Use a model with `model.network: energy`",
        )


class Record22(EnergyModel):
    """The model with both energies as record 22 had them."""

    potential_class, resistance_class = AnnotatedPotential, LinearResistance

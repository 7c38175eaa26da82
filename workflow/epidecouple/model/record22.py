"""The networks of record 22, the refused model: a linear read-out of marks, and annotated lengths in z."""

import torch
from torch import Tensor, nn

from ..core.config import Config, ModelConfig
from .resistance import Parts, Resistance

TYPICAL_ELEMENT_BP = 500


class LinearLocusEncoder(nn.Module):
    """A linear projection of the marks: what record 22 had in place of an environment encoder. For that arm only."""

    def __init__(self, marks: int, config: ModelConfig) -> None:
        super().__init__()
        self.network = nn.Linear(2 * marks, config.locus_size)

    def forward(self, signal: Tensor) -> Tensor:
        """Normalised marks and flags float32 (..., 2M) to float32 (..., d_locus)."""
        return self.network(signal)


class LinearResistance(Resistance):
    """R as record 22 had it: a linear read-out of a linear e, of either sign, with no states in its path. For that arm only."""

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


class AnnotationReader(nn.Module):
    """What record 22 let into z: the annotated lengths of both elements, which tell the line. For that arm only."""

    def __init__(self, z_size: int) -> None:
        super().__init__()
        self.read = nn.Linear(2, z_size)

    def forward(self, annotated_bp: Tensor) -> Tensor:
        """Lengths (n, 2) in bp to what they add to z, float32 (n, d_z)."""
        return self.read(torch.log2(annotated_bp / TYPICAL_ELEMENT_BP))

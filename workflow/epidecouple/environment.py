"""From marks to e: one encoder for every locus, be it an end of a pair, a bin between them or a reference locus."""

from torch import Tensor, nn

from .config import ModelConfig


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


class LinearLocusEncoder(nn.Module):
    """A linear projection of the marks: what record 22 had in place of an environment encoder. For that arm only."""

    def __init__(self, marks: int, config: ModelConfig) -> None:
        super().__init__()
        self.network = nn.Linear(2 * marks, config.locus_size)

    def forward(self, signal: Tensor) -> Tensor:
        """Normalised marks and flags float32 (..., 2M) to float32 (..., d_locus)."""
        return self.network(signal)


ENVIRONMENTS = {"states": LocusEncoder, "linear": LinearLocusEncoder}

"""U_I, the energy of a pair that depends on its DNA and distance alone."""

import torch
from torch import Tensor, nn

from ..core.dna import Windows
from ..core.sections.model import ModelConfig
from .deep_sequence import DeepElementEncoder
from .erasure import LineEraser
from .motif_encoder import MotifEncoder
from .sequence import ElementEncoder, SequenceEncoder, WindowEncoder

# Distances are centred at 10^5 bp.
DISTANCE_CENTRE = 5
# Element encoders by the key `model.encoder`.
ENCODERS: dict[str, type[WindowEncoder]] = {
    "motifs": MotifEncoder,
    "cnn": ElementEncoder,
    "deep": DeepElementEncoder,
}


class PotentialHead(nn.Module):
    """A number from z: a line through it, and what a small network adds."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.line = nn.Linear(config.z_size, 1)
        self.bend = nn.Sequential(
            nn.Linear(config.z_size, config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, 1),
        )

    def forward(self, z: Tensor) -> Tensor:
        """(n, d_z) to (n, 1)."""
        return self.line(z) + self.bend(z)


class Potential(nn.Module):
    """U_I in logit units from the DNA windows of both ends and their distance.

    U_I is a function of z plus a function of the distance. z comes from the encoder by way of the
    eraser, which is the identity unless concept erasure is switched on.
    """

    encoder_class: type[SequenceEncoder] = SequenceEncoder

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.eraser = LineEraser(config.z_size)
        self.head = PotentialHead(config)
        self.distance = nn.Sequential(nn.Linear(1, 16), nn.GELU(), nn.Linear(16, 1))
        self.use_encoder(config.encoder)

    def use_encoder(self, name: str) -> None:
        """Put a new encoder in place, by its name in `ENCODERS`."""
        self.encoder_name = name
        encoder = self.encoder_class(self.config, ENCODERS[name])
        self.encoder = encoder.to(next(self.head.parameters()).device)

    def forward(
        self, enhancer_codes: Tensor, promoter_codes: Tensor, log_distance: Tensor
    ) -> Tensor:
        """U_I float32 (n,) of pairs with these windows.

        enhancer_codes, promoter_codes : uint8 (n, L)
        log_distance : float32 (n,), log10 of the distance in bp
        """
        rows = torch.arange(len(enhancer_codes), device=enhancer_codes.device)
        unknown_bp = torch.full((len(rows), 2), torch.nan, device=rows.device)
        codes = torch.cat([enhancer_codes, promoter_codes])
        return self.of_windows(Windows(codes, rows, rows + len(rows), unknown_bp), log_distance)

    def of_windows(self, windows: Windows, log_distance: Tensor) -> Tensor:
        """U_I float32 (n,) of pairs whose windows are rows of a table; each row is encoded once.

        log_distance : float32 (n,), log10 of the distance in bp
        """
        return self.of_z(self.z(windows), log_distance)

    def z(self, windows: Windows) -> Tensor:
        """z float32 (n, d_z), after concept erasure where it is switched on."""
        return self.eraser(self.encoder(windows))

    def z_of_ends(self, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """z float32 (n, d_z) from the element embeddings (n, d_z) of both ends.

        For windows that are edited at one end, so that the other end is encoded once.
        """
        return self.eraser(self.encoder.combine(enhancer, promoter))

    def of_z(self, z: Tensor, log_distance: Tensor) -> Tensor:
        """U_I float32 (n,) from z (n, d_z) and log10 of the distance in bp (n,)."""
        return (self.head(z) + self.distance(log_distance[:, None] - DISTANCE_CENTRE))[:, 0]

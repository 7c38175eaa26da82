"""U_I from DNA and distance alone."""

import torch
from torch import Tensor, nn

from ..core.config import ModelConfig
from ..core.dna import Windows
from .deep_sequence import DeepElementEncoder
from .erasure import LineEraser
from .sequence import ElementEncoder, SequenceEncoder

ENCODERS = {"cnn": ElementEncoder, "deep": DeepElementEncoder}


class Potential(nn.Module):
    """U_I (n,) in logit units from two windows of DNA and their distance."""

    encoder_class: type[SequenceEncoder] = SequenceEncoder

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = self.encoder_class(config, ENCODERS[config.encoder])
        self.eraser = LineEraser(config.z_size)
        self.head = nn.Sequential(
            nn.Linear(config.z_size, config.hidden), nn.GELU(), nn.Linear(config.hidden, 1)
        )
        self.distance = nn.Sequential(nn.Linear(1, 16), nn.GELU(), nn.Linear(16, 1))

    def forward(
        self, enhancer_codes: Tensor, promoter_codes: Tensor, log_distance: Tensor
    ) -> Tensor:
        """U_I float32 (n,) of codes uint8 (n, L) at either end and log10 of the distance in bp
        (n,).
        """
        rows = torch.arange(len(enhancer_codes), device=enhancer_codes.device)
        unknown = torch.full((len(rows), 2), torch.nan, device=rows.device)
        codes = torch.cat([enhancer_codes, promoter_codes])
        return self.of_windows(Windows(codes, rows, rows + len(rows), unknown), log_distance)

    def of_windows(self, windows: Windows, log_distance: Tensor) -> Tensor:
        """U_I float32 (n,) of pairs whose windows are rows of a table: each unique window is
        encoded once.
        """
        return self.of_z(self.z(windows), log_distance)

    def z(self, windows: Windows) -> Tensor:
        """z float32 (n, d_z), after concept erasure where it is switched on."""
        return self.eraser(self.encoder(windows))

    def z_of_ends(self, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """z float32 (n, d_z) from the embeddings (n, d_z) of both ends; for windows that are edited
        one end at a time.
        """
        return self.eraser(self.encoder.combine(enhancer, promoter))

    def of_z(self, z: Tensor, log_distance: Tensor) -> Tensor:
        """U_I float32 (n,) from z (n, d_z) and log10 of the distance in bp (n,)."""
        return (self.head(z) + self.distance(log_distance[:, None] - 5))[:, 0]

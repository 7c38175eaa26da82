"""A deeper element encoder for training on a GPU: dilated convolutions, then attention.

The two encoders of a model, for enhancers and for promoters, have about 13 M parameters together.
"""

import torch
from torch import Tensor, nn

from ..core.dna import BASES
from ..core.sections.model import ModelConfig
from .sequence import WindowEncoder, one_hot

CHANNELS, STEM_BP, POOL, DILATIONS = 256, 15, 8, (1, 2, 4, 8, 16)
LAYERS, HEADS = 7, 8


class DilatedBlock(nn.Module):
    """Residual block of a dilated convolution.

    It normalises over the channels at each position, never over the batch.
    """

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(CHANNELS)
        self.convolution = nn.Conv1d(CHANNELS, CHANNELS, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve x (n, CHANNELS, positions) and add it to itself; the shape stays."""
        return x + self.convolution(
            torch.nn.functional.gelu(self.norm(x.transpose(1, 2)).transpose(1, 2))
        )


class DeepElementEncoder(WindowEncoder):
    """Embeds DNA windows by convolution, pooling, dilated blocks and transformer layers.

    The embedding is the mean over positions and over both strands.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.stem = nn.Conv1d(len(BASES), CHANNELS, STEM_BP, padding=STEM_BP // 2)
        self.blocks = nn.Sequential(*(DilatedBlock(dilation) for dilation in DILATIONS))
        layer = nn.TransformerEncoderLayer(
            CHANNELS,
            HEADS,
            4 * CHANNELS,
            config.dropout,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.attention = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.project = nn.Sequential(nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, config.z_size))

    def forward(self, codes: Tensor) -> Tensor:
        """Embed codes uint8 (n, L) as float32 (n, d_z).

        A window and its reverse complement have the same embedding.
        """
        forward = one_hot(codes)
        strands = torch.cat([forward, forward.flip(1, 2)])
        pooled = nn.functional.max_pool1d(torch.relu(self.stem(strands)), POOL)
        attended = self.attention(self.blocks(pooled).transpose(1, 2)).mean(1)
        return self.project(attended.view(2, len(codes), CHANNELS).mean(0))

"""From DNA to z: convolutions over both windows of a pair. Nothing here sees a cell line, and nothing normalises over a batch."""

import torch
from torch import Tensor, nn

from .config import ModelConfig
from .device import encoder_precision
from .pooling import rectified_pool

BASES = 4
TYPICAL_ELEMENT_BP = 500


def one_hot(codes: Tensor) -> Tensor:
    """Codes uint8 (n, L) to float32 (n, 4, L); N is a column of zeros.

    Compared into floats at once: by way of booleans it takes ten times as long on a CPU.
    """
    hot = torch.empty(len(codes), BASES, codes.shape[1], device=codes.device)
    return torch.eq(codes[:, None], torch.arange(BASES, dtype=torch.uint8, device=codes.device)[:, None], out=hot)


class ElementEncoder(nn.Module):
    """A window's motif content: convolution on both strands, pooled by maximum and by mean square.

    Maximum over position and strand says whether a motif is there, the mean square of the activation how often.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(BASES, config.filters, config.filter_bp)
        self.project = nn.Sequential(nn.LayerNorm(2 * config.filters), nn.Linear(2 * config.filters, config.z_size))

    def forward(self, codes: Tensor) -> Tensor:
        """Codes uint8 (n, L) to float32 (n, d_z).

        Both strands are read by convolving with each filter and its reverse complement.
        """
        both = torch.cat([self.convolution.weight, self.convolution.weight.flip(1, 2)])
        highest, mean_square = rectified_pool(nn.functional.conv1d(one_hot(codes), both, self.convolution.bias.repeat(2)))
        by_strand = (len(codes), 2, self.convolution.out_channels)
        return self.project(torch.cat([highest.view(by_strand).amax(1), mean_square.view(by_strand).mean(1)], dim=1))


class AnnotationReader(nn.Module):
    """What record 22 let into z: the annotated lengths of both elements, which tell the line. For that arm only."""

    def __init__(self, z_size: int) -> None:
        super().__init__()
        self.read = nn.Linear(2, z_size)

    def forward(self, annotated_bp: Tensor) -> Tensor:
        """Lengths (n, 2) in bp to what they add to z, float32 (n, d_z)."""
        return self.read(torch.log2(annotated_bp / TYPICAL_ELEMENT_BP))


class SequenceEncoder(nn.Module):
    """z of a pair from its two windows; each unique window of a batch is encoded once."""

    def __init__(self, config: ModelConfig, element_encoder: type[nn.Module]) -> None:
        super().__init__()
        self.enhancer, self.promoter = element_encoder(config), element_encoder(config)
        self.join = nn.Sequential(
            nn.Linear(3 * config.z_size, 2 * config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(2 * config.hidden, config.z_size),
            nn.LayerNorm(config.z_size),
        )

    def forward(self, enhancer_codes: Tensor, promoter_codes: Tensor, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """z float32 (n, d_z).

        enhancer_codes, promoter_codes : uint8 (n_unique, L), unique windows; enhancer, promoter : int64 (n,), rows of them.
        """
        with encoder_precision(enhancer_codes.device, self.training):
            embedded = self.enhancer(enhancer_codes), self.promoter(promoter_codes)
        return self.combine(embedded[0].float()[enhancer], embedded[1].float()[promoter])

    def compile_elements(self) -> None:
        """Let torch.compile make kernels for both element encoders; their parameters keep their names."""
        # The ledger follows gradients several times through one graph.
        torch._functorch.config.donated_buffer = False
        for network in (self.enhancer, self.promoter):
            network.compile(dynamic=True)

    def combine(self, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """z float32 (n, d_z) from the two element embeddings (n, d_z) of each pair."""
        return self.join(torch.cat([enhancer, promoter, enhancer * promoter], dim=1))

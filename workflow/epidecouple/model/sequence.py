"""From DNA to z: convolutions over both windows of a pair. Nothing here sees a cell line, and
nothing normalises over a batch.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ..core.batch_sizes import BASES_PER_BATCH
from ..core.config import ModelConfig
from ..core.dna import BASES, Windows


class RectifiedPool(torch.autograd.Function):
    """relu(x) in place of x (n, f, L), and its maximum and mean square over L, both (n, f)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pool by `max_pool1d` and `vector_norm`, twice as fast on a CPU as `amax` and
        `square().mean()`.
        """
        active = x.relu_()
        highest, at = nn.functional.max_pool1d(active, active.shape[-1], return_indices=True)
        mean_square = torch.linalg.vector_norm(active, dim=-1).square() / active.shape[-1]
        ctx.mark_dirty(x)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(active, highest, at)
        return active, highest[..., 0], mean_square

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, _: None, *gradients: Tensor | None) -> Tensor:
        """2 a / L for the mean square; for the maximum where it stands, if anything is active at
        all.
        """
        active, highest, at = ctx.saved_tensors
        of_highest, of_mean_square = (
            torch.zeros_like(highest)[..., 0] if part is None else part for part in gradients
        )
        slope = 2 / active.shape[-1] * of_mean_square
        gradient = active * slope[..., None].to(active.dtype)
        return gradient.scatter_add_(-1, at, of_highest[..., None].to(active.dtype) * (highest > 0))


def rectified_pool(x: Tensor) -> tuple[Tensor, Tensor]:
    """Maximum and mean square (n, f) over L of relu(x), x (n, f, L); x is overwritten."""
    _, highest, mean_square = RectifiedPool.apply(x)
    return highest, mean_square


def encoder_precision(device: torch.device, training: bool) -> AbstractContextManager:
    """bfloat16 for the encoder's own arithmetic while it is trained on CUDA; all that is evaluated
    is float32.
    """
    return (
        torch.autocast(device.type, torch.bfloat16)
        if training and device.type == "cuda"
        else nullcontext()
    )


def one_hot(codes: Tensor) -> Tensor:
    """Codes uint8 (n, L) to float32 (n, 4, L); N is a column of zeros.

    Compared into floats at once: by way of booleans it takes ten times as long on a CPU.
    """
    hot = torch.empty(len(codes), len(BASES), codes.shape[1], device=codes.device)
    return torch.eq(
        codes[:, None],
        torch.arange(len(BASES), dtype=torch.uint8, device=codes.device)[:, None],
        out=hot,
    )


class ElementEncoder(nn.Module):
    """A window's motif content: convolution on both strands, pooled by maximum and by mean square.

    Maximum over position and strand says whether a motif is there, the mean square of the
    activation how often.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(len(BASES), config.filters, config.filter_bp)
        self.project = nn.Sequential(
            nn.LayerNorm(2 * config.filters), nn.Linear(2 * config.filters, config.z_size)
        )

    def forward(self, codes: Tensor) -> Tensor:
        """Codes uint8 (n, L) to float32 (n, d_z).

        Both strands are read by convolving with each filter and its reverse complement.
        """
        both = torch.cat([self.convolution.weight, self.convolution.weight.flip(1, 2)])
        highest, mean_square = rectified_pool(
            nn.functional.conv1d(one_hot(codes), both, self.convolution.bias.repeat(2))
        )
        by_strand = (len(codes), 2, self.convolution.out_channels)
        return self.project(
            torch.cat([highest.view(by_strand).amax(1), mean_square.view(by_strand).mean(1)], dim=1)
        )


class SequenceEncoder(nn.Module):
    """z of pairs from their two windows; each unique window is encoded once."""

    def __init__(self, config: ModelConfig, element_encoder: type[nn.Module]) -> None:
        super().__init__()
        self.enhancer = element_encoder(config)
        self.promoter = element_encoder(config)
        self.join = nn.Sequential(
            nn.Linear(3 * config.z_size, 2 * config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(2 * config.hidden, config.z_size),
            nn.LayerNorm(config.z_size),
        )

    def forward(self, windows: Windows) -> Tensor:
        """z float32 (n, d_z) of n pairs."""
        enhancer = self.encode(self.enhancer, windows.codes, windows.enhancer)
        promoter = self.encode(self.promoter, windows.codes, windows.promoter)
        return self.combine(enhancer, promoter)

    def encode(self, element_encoder: nn.Module, codes: Tensor, rows: Tensor) -> Tensor:
        """Embeddings float32 (n, d_z) of the windows at `rows` (n,) of codes uint8 (n_windows, L).

        Without gradients the windows go through in blocks, so that memory is bounded.
        """
        unique, where = torch.unique(rows, return_inverse=True)
        blocks = (
            1 if torch.is_grad_enabled() else len(unique) * codes.shape[1] // BASES_PER_BATCH + 1
        )
        with encoder_precision(codes.device, self.training):
            embedded = [
                element_encoder(codes[block]).float()
                for block in torch.tensor_split(unique, blocks)
            ]
        return torch.cat(embedded)[where]

    def combine(self, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """z float32 (n, d_z) from the two element embeddings (n, d_z) of each pair."""
        return self.join(torch.cat([enhancer, promoter, enhancer * promoter], dim=1))

    def compile_elements(self) -> None:
        """Let torch.compile make kernels for both element encoders; their parameters keep their
        names.
        """
        # The ledger follows gradients several times through one graph.
        torch._functorch.config.donated_buffer = False
        for network in (self.enhancer, self.promoter):
            network.compile(dynamic=True)

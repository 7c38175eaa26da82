"""From DNA to z: convolutions over the windows of both ends of a pair.

Nothing here sees a cell line, and nothing normalises over a batch.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch._functorch.config
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ..core.batch_sizes import BASES_PER_BATCH
from ..core.dna import BASES, Windows
from ..core.sections.model import ModelConfig


class RectifiedPool(torch.autograd.Function):
    """Rectifies x (n, f, L) in place, and pools it over L by maximum and by mean square."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return relu(x) (n, f, L), its maxima (n, f) and its mean squares (n, f).

        On a CPU `max_pool1d` and `vector_norm` are twice as fast as `amax` and `square().mean()`.
        """
        active = x.relu_()
        highest, position = nn.functional.max_pool1d(active, active.shape[-1], return_indices=True)
        mean_square = torch.linalg.vector_norm(active, dim=-1).square() / active.shape[-1]
        ctx.mark_dirty(x)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(active, highest, position)
        return active, highest[..., 0], mean_square

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, _: None, *gradients: Tensor | None) -> Tensor:
        """Return the gradient of x.

        The mean square sends 2 relu(x) / L to every position. The maximum sends 1 to the position
        where it stands, or nothing when no position is active.
        """
        active, highest, position = ctx.saved_tensors
        of_highest, of_mean_square = (
            torch.zeros_like(highest)[..., 0] if part is None else part for part in gradients
        )
        slope = 2 / active.shape[-1] * of_mean_square
        gradient = active * slope[..., None].to(active.dtype)
        at_highest = of_highest[..., None].to(active.dtype) * (highest > 0)
        return gradient.scatter_add_(-1, position, at_highest)


def rectified_pool(x: Tensor) -> tuple[Tensor, Tensor]:
    """Maximum and mean square over L of relu(x), both (n, f), for x (n, f, L); overwrites x."""
    # torch's stub leaves `apply` untyped.
    _, highest, mean_square = RectifiedPool.apply(x)  # type: ignore[no-untyped-call]
    return highest, mean_square


def encoder_precision(device: torch.device, training: bool) -> AbstractContextManager[object]:
    """Context in which the encoder computes: bfloat16 in training on CUDA, else float32."""
    return (
        torch.autocast(device.type, torch.bfloat16)
        if training and device.type == "cuda"
        else nullcontext()
    )


def one_hot(codes: Tensor) -> Tensor:
    """One-hot encode codes uint8 (n, L) as float32 (n, 4, L); N becomes a column of zeros."""
    # Comparing straight into floats takes a tenth of the time that booleans take on a CPU.
    hot = torch.empty(len(codes), len(BASES), codes.shape[1], device=codes.device)
    return torch.eq(
        codes[:, None],
        torch.arange(len(BASES), dtype=torch.uint8, device=codes.device)[:, None],
        out=hot,
    )


def both_strands(weight: Tensor) -> Tensor:
    """Filters (f, 4, w) and their reverse complements, (2 f, 4, w)."""
    return torch.cat([weight, weight.flip(1, 2)])


class MixedEnds(nn.Module):
    """Joins the embeddings of both ends and their product by a small network."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(3 * config.z_size, 2 * config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(2 * config.hidden, config.z_size),
            nn.LayerNorm(config.z_size),
        )

    def forward(self, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """z float32 (n, d_z) from embeddings (n, d_z)."""
        return self.network(torch.cat([enhancer, promoter, enhancer * promoter], dim=1))


class WindowEncoder(nn.Module):
    """What element encoders share: codes uint8 (n, L) become embeddings, and two of those z."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()

    @staticmethod
    def join(config: ModelConfig) -> nn.Module:
        """Make the module that joins the embeddings of both ends of a pair."""
        return MixedEnds(config)


class ElementEncoder(WindowEncoder):
    """Embeds DNA windows by their motifs: one convolution on both strands, then pooling.

    The maximum of a filter over positions and strands says whether its motif is there, the mean
    square of its activation how often.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        filters = config.cnn_filters
        self.convolution = nn.Conv1d(len(BASES), filters, config.filter_bp)
        self.project = nn.Sequential(
            nn.LayerNorm(2 * filters), nn.Linear(2 * filters, config.z_size)
        )

    def forward(self, codes: Tensor) -> Tensor:
        """Embed codes uint8 (n, L) as float32 (n, d_z).

        Both strands are read by convolving with each filter and with its reverse complement.
        """
        weight, bias = self.convolution.weight, self.convolution.bias
        assert bias is not None
        highest, mean_square = rectified_pool(
            nn.functional.conv1d(one_hot(codes), both_strands(weight), bias.repeat(2))
        )
        by_strand = (len(codes), 2, self.convolution.out_channels)
        return self.project(
            torch.cat([highest.view(by_strand).amax(1), mean_square.view(by_strand).mean(1)], dim=1)
        )


class SequenceEncoder(nn.Module):
    """Encodes pairs as z from their DNA windows; each distinct window is encoded once.

    enhancer, promoter : element encoders, which share no parameter; join : from both embeddings to
    z
    """

    def __init__(self, config: ModelConfig, element_encoder: type[WindowEncoder]) -> None:
        super().__init__()
        self.enhancer = element_encoder(config)
        self.promoter = element_encoder(config)
        self.join = element_encoder.join(config)

    def forward(self, windows: Windows) -> Tensor:
        """z float32 (n, d_z) of n pairs."""
        enhancer = self.encode(self.enhancer, windows.codes, windows.enhancer)
        promoter = self.encode(self.promoter, windows.codes, windows.promoter)
        return self.combine(enhancer, promoter)

    def encode(self, element_encoder: nn.Module, codes: Tensor, rows: Tensor) -> Tensor:
        """Embed the windows at `rows`: float32 (n, d_z).

        codes : uint8 (n_windows, L); rows : int64 (n,). Without gradients the windows are encoded
        in blocks, which bounds the memory.
        """
        unique, inverse = torch.unique(rows, return_inverse=True)
        blocks = (
            1 if torch.is_grad_enabled() else len(unique) * codes.shape[1] // BASES_PER_BATCH + 1
        )
        with encoder_precision(codes.device, self.training):
            embedded = [
                # Four times as fast as `codes[block]`.
                element_encoder(codes.index_select(0, block)).float()
                for block in torch.tensor_split(unique, blocks)
            ]
        return torch.cat(embedded)[inverse]

    def combine(self, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """z float32 (n, d_z) from the embeddings (n, ...) of both ends of each pair."""
        return self.join(enhancer, promoter)

    def compile_elements(self) -> None:
        """Compile both element encoders with torch.compile; their parameters keep their names."""
        # The ledger goes backward through one graph several times, so buffers must not be reused.
        torch._functorch.config.donated_buffer = False
        # The compiler expects other strides of torch's fused transformer layers of evaluation.
        torch.backends.mha.set_fastpath_enabled(False)
        for network in (self.enhancer, self.promoter):
            network.compile(dynamic=True)

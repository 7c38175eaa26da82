"""An element encoder that counts motifs: how many places of a window each filter occupies.

Its filters start at motifs that a screen of the training pairs turns up (`training.motif_screen`).
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ..core.dna import BASES
from ..core.sections.model import ModelConfig
from .sequence import WindowEncoder, both_strands, one_hot

# A filter that no motif was found for is occupied nowhere: sigmoid(-30) is 1e-13.
SILENT = -30.0
# Share of a motif's best score above which a sequence matches; there its filter is half occupied.
MATCHED = 0.6


class Occupancy(torch.autograd.Function):
    """Turns scores x (n, f, L) into occupancies sigmoid(x) in place, and sums them over L."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the occupancies (n, f, L) and their sums (n, f)."""
        occupied = x.sigmoid_()
        ctx.mark_dirty(x)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(occupied)
        return occupied, occupied.sum(-1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, _: None, gradient: Tensor | None) -> Tensor | None:
        """Return the gradient of x: occupied (1 - occupied) times that of the sum."""
        if gradient is None:
            return None
        (occupied,) = ctx.saved_tensors
        return torch.ops.aten.sigmoid_backward(gradient[..., None].expand_as(occupied), occupied)


def occupancy(x: Tensor) -> Tensor:
    """Number of occupied places (n, f), the sum of sigmoid(x) over L, for scores x (n, f, L);
    overwrites x.
    """
    # torch's stub leaves `apply` untyped.
    return Occupancy.apply(x)[1]  # type: ignore[no-untyped-call]


class BilinearEnds(nn.Module):
    """Joins both ends: what adds up, and what multiplies."""

    def forward(self, enhancer: Tensor, promoter: Tensor) -> Tensor:
        """z (n, d_z) = a_E + a_P + m_E * m_P from embeddings (n, 2 d_z), a and m one after the
        other.
        """
        (a_e, m_e), (a_p, m_p) = enhancer.chunk(2, dim=1), promoter.chunk(2, dim=1)
        return a_e + a_p + m_e * m_p


class MotifEncoder(WindowEncoder):
    """Embeds DNA windows by log1p of how many places on both strands each filter occupies.

    Nothing normalises over the filters, as the counts themselves carry the potential.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.convolution = nn.Conv1d(len(BASES), config.filters, config.filter_bp)
        self.padding = edge_bp(config.filter_bp)
        self.project = nn.Linear(config.filters, 2 * config.z_size)

    @staticmethod
    def join(config: ModelConfig) -> nn.Module:
        """Make the module that joins the embeddings of both ends of a pair."""
        return BilinearEnds()

    def forward(self, codes: Tensor) -> Tensor:
        """Embed codes uint8 (n, L) as float32 (n, 2 d_z)."""
        weight, bias = self.convolution.weight, self.convolution.bias
        assert bias is not None
        scores = nn.functional.conv1d(
            one_hot(codes), both_strands(weight), bias.repeat(2), padding=self.padding
        )
        places = occupancy(scores).float().view(len(codes), 2, -1).sum(1)
        return self.project(torch.log1p(places))

    @property
    def in_use(self) -> int:
        """How many filters are not silent."""
        bias = self.convolution.bias
        assert bias is not None
        return int((bias > SILENT / 2).sum())

    @torch.no_grad()
    def start(self, motifs: list[np.ndarray]) -> None:
        """Start the filters at matrices of log odds (filter_bp, 4); the filters left over are
        silent.
        """
        weight, bias = self.convolution.weight, self.convolution.bias
        assert bias is not None
        weight.zero_()
        bias.fill_(SILENT)
        for k, log_odds in enumerate(motifs):
            weight[k] = torch.from_numpy(log_odds.T)
            bias[k] = -least_score(log_odds)


def least_score(log_odds: np.ndarray) -> float:
    """The score above which a sequence matches a motif, from its log odds (width, 4)."""
    return MATCHED * float(log_odds.max(1).sum())


def edge_bp(filter_bp: int) -> int:
    """N put at either end of a window, so that a filter wider than its motif finds it at the very
    edge.
    """
    return max(filter_bp // 2 - 1, 0)

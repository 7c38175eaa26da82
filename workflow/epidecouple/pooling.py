"""Rectify, then pool by maximum and by mean square.

The activations of a CNN's first layer are most of a training step: 512 pairs of 2 kb windows make 0.9 GB of them. Autograd goes
six times over them (zeros for the maximum, a mask for the rectifier, three steps for the norm, a sum); here it is one product and
a scatter, and they are rectified in place.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


class RectifiedPool(torch.autograd.Function):
    """relu(x) in place of x (n, f, L), and its maximum and mean square over L, both (n, f)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Pool by `max_pool1d` and `vector_norm`, twice as fast on a CPU as `amax` and `square().mean()`."""
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
        """2 a / L for the mean square; for the maximum where it stands, if anything is active at all."""
        active, highest, at = ctx.saved_tensors
        of_highest, of_mean_square = (torch.zeros_like(highest)[..., 0] if given is None else given for given in gradients)
        slope = 2 / active.shape[-1] * of_mean_square
        gradient = active * slope[..., None].to(active.dtype)
        return gradient.scatter_add_(-1, at, of_highest[..., None].to(active.dtype) * (highest > 0))


def rectified_pool(x: Tensor) -> tuple[Tensor, Tensor]:
    """Maximum and mean square (n, f) over L of relu(x), x (n, f, L); x is overwritten."""
    _, highest, mean_square = RectifiedPool.apply(x)
    return highest, mean_square

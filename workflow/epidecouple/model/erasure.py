"""LEACE: no linear classifier can read the line from z (Belrose 2023). The only module that uses
concept-erasure.
"""

import torch
from concept_erasure import LeaceFitter
from torch import Tensor, nn

# A direction of z that correlates less with the line stays. The library's own 0.01 would leave what
# the ledger forbids, and its `constrain_cov_trace` mixes in a projection that does not erase;
# shrinkage keeps the projection well-conditioned and as exact.
SMALLEST_CORRELATION = 1e-6


class LineEraser(nn.Module):
    """An affine layer on z, the identity until it is fitted; buffers only, no gradient reaches it.

    projection : (d, d); centre : (d,). z -> z - (z - centre) (I - projection)^T
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("projection", torch.eye(size))
        self.register_buffer("centre", torch.zeros(size))

    def forward(self, z: Tensor) -> Tensor:
        """z (n, d) without what is linear in the line."""
        return self.centre + (z - self.centre) @ self.projection.T

    @torch.no_grad()
    def refit(self, z: Tensor, line: Tensor) -> float:
        """Fit on raw z (n, d) and lines (n,), one-hot: integers would erase one direction only.

        Returns the largest cross-covariance of erased z with the line that is left.
        """
        one_hot = nn.functional.one_hot(line).double()
        eraser = LeaceFitter.fit(
            z.double(), one_hot, constrain_cov_trace=False, svd_tol=SMALLEST_CORRELATION
        ).eraser
        self.projection.copy_(eraser.P)
        self.centre.copy_(z.mean(0))
        return float(cross_covariance(self(z).double(), one_hot).abs().max())


def cross_covariance(z: Tensor, concept: Tensor) -> Tensor:
    """Cross-covariance (d, k) of z (n, d) and a concept (n, k)."""
    return (z - z.mean(0)).T @ (concept - concept.mean(0)) / len(z)

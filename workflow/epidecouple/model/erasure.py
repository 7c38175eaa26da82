"""LEACE (Belrose 2023): erases from z whatever a linear classifier could tell the line by.

The only module that uses concept-erasure.
"""

import torch
from concept_erasure import LeaceFitter
from torch import Tensor, nn

# Directions of z that correlate less than this with the line are kept. The library's default, 0.01,
# leaves more than the ledger allows. Its `constrain_cov_trace` mixes in a projection that does not
# erase, so it is off. Its shrinkage stays on: the projection is well-conditioned and as exact.
SMALLEST_CORRELATION = 1e-6


class LineEraser(nn.Module):
    """Affine map z -> centre + (z - centre) projection^T; the identity until it is fitted.

    projection : buffer (d, d); centre : buffer (d,); no gradient reaches either
    """

    projection: Tensor
    centre: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("projection", torch.eye(size))
        self.register_buffer("centre", torch.zeros(size))

    def forward(self, z: Tensor) -> Tensor:
        """Erase from z (n, d) what is linear in the line."""
        return self.centre + (z - self.centre) @ self.projection.T

    @torch.no_grad()
    def refit(self, z: Tensor, line: Tensor) -> float:
        """Fit the map on z (n, d) before erasure and the line of each row, int64 (n,).

        Returns the largest absolute cross-covariance with the line that erased z still has.
        """
        # One column per line: a single column of integers would erase one direction only.
        one_hot = nn.functional.one_hot(line).double()
        eraser = LeaceFitter.fit(
            z.double(), one_hot, constrain_cov_trace=False, svd_tol=SMALLEST_CORRELATION
        ).eraser
        self.projection.copy_(eraser.P)
        self.centre.copy_(z.mean(0))
        return float(cross_covariance(self(z).double(), one_hot).abs().max())


def cross_covariance(z: Tensor, concept: Tensor) -> Tensor:
    """Cross-covariance (d, k) of z (n, d) with a concept (n, k)."""
    return (z - z.mean(0)).T @ (concept - concept.mean(0)) / len(z)

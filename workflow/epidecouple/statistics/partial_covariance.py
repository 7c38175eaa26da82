"""Means and products of variables per group of rows: covariances with groups weighted or left out,
without going through the rows again.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GroupMoments:
    """Sums over the rows of each of G groups, of d variables.

    count : (G,); total : (G, d); product : (G, d, d), centred on the overall mean against rounding
    """

    count: np.ndarray
    total: np.ndarray
    product: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, groups: np.ndarray, size: int) -> "GroupMoments":
        """Moments of values (n, d) in groups 0 .. size - 1, `groups` (n,) of each row."""
        centred = values - values.mean(0)
        blocks = [centred[groups == g] for g in range(size)]
        return cls(
            count=np.array([len(block) for block in blocks]),
            total=np.array([block.sum(0) for block in blocks]),
            product=np.array([block.T @ block for block in blocks]),
        )

    def covariance(self, weights: np.ndarray) -> np.ndarray:
        """Covariance matrices (B, d, d); weights (B, G): how often each group counts."""
        rows = (weights @ self.count)[:, None, None]
        mean = (weights @ self.total)[:, :, None] / rows
        return np.einsum("bg,gde->bde", weights, self.product) / rows - mean * mean.transpose(
            0, 2, 1
        )

    def correlation(self, weights: np.ndarray) -> np.ndarray:
        """Correlation matrices (B, d, d)."""
        return correlation_of(self.covariance(weights))


def correlation_of(covariance: np.ndarray) -> np.ndarray:
    """Correlations of covariance matrices (..., d, d); nan for a variable that does not vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
        return covariance / (sd[..., :, None] * sd[..., None, :])


def partialled(covariance: np.ndarray, last: int) -> np.ndarray:
    """Covariances (..., d - last, d - last) with the `last` variables regressed out of the others
    (Schur complement).
    """
    kept = slice(None, -last)
    rest = slice(-last, None)
    across = covariance[..., kept, rest]
    return covariance[..., kept, kept] - across @ np.linalg.solve(
        covariance[..., rest, rest], across.swapaxes(-1, -2)
    )

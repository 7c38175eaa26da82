"""What z and e share: correlations, canonical correlation on held-out rows, distance correlation,
CKA; how many dimensions z uses.
"""

from dataclasses import dataclass

import numpy as np

RIDGE = 1e-3


@dataclass(frozen=True)
class Coupled:
    """z (n, d_z) and e (n, d_e) of the same rows, and the chromosome of each row (n,)."""

    z: np.ndarray
    e: np.ndarray
    chrom: np.ndarray

    def take(self, rows: np.ndarray) -> "Coupled":
        """Some of the rows."""
        return Coupled(self.z[rows], self.e[rows], self.chrom[rows])


def cross_correlation(z: np.ndarray, e: np.ndarray) -> np.ndarray:
    """Pearson correlation of every column of z (n, d_z) with every column of e (n, d_e)."""
    return _standard(z).T @ _standard(e) / len(z)


def excess_rms(correlation: np.ndarray, n: int) -> float:
    """Root mean square of a cross-correlation beyond what n independent rows give: sqrt(max(0,
    RMS^2 - 1/n)).
    """
    return float(np.sqrt(max(0.0, np.square(correlation).mean() - 1 / n)))


def held_out_cca(fitted: Coupled, measured: Coupled) -> float:
    """First canonical correlation: directions from the rows `fitted`, correlation on `measured`.

    In-sample canonical correlation is biased upwards by about (sqrt d_z + sqrt d_e) / sqrt n; on
    held-out rows it is not.
    """
    along_z, along_e = _canonical_directions(fitted.z, fitted.e)
    return float(np.corrcoef(measured.z @ along_z, measured.e @ along_e)[0, 1])


def shared_rows(fitted: Coupled, measured: Coupled) -> int:
    """How many rows of `measured` lie on a chromosome that `fitted` has, too."""
    return int(np.isin(measured.chrom, fitted.chrom).sum())


def _canonical_directions(z: np.ndarray, e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions (d_z,) and (d_e,) along which z (n, d_z) and e (n, d_e) correlate most."""
    z, e = z - z.mean(0), e - e.mean(0)
    white_z, white_e = _whitener(z), _whitener(e)
    left, _, right = np.linalg.svd(white_z.T @ (z.T @ e / len(z)) @ white_e)
    return white_z @ left[:, 0], white_e @ right[0]


def distance_matrix(x: np.ndarray) -> np.ndarray:
    """U-centred Euclidean distances (n, n) between the rows of x (n, d) (Szekely & Rizzo 2014, eq.
    2.3).
    """
    squares = np.square(x).sum(1)
    distances = squares[:, None] + squares
    distances -= 2 * x @ x.T
    return u_centred(np.sqrt(np.maximum(distances, 0, out=distances), out=distances))


def kernel_matrix(x: np.ndarray) -> np.ndarray:
    """U-centred linear kernel (n, n) of the rows of x (n, d)."""
    centred = x - x.mean(0)
    return u_centred(centred @ centred.T)


def u_centred(matrix: np.ndarray) -> np.ndarray:
    """A symmetric matrix (n, n) with its diagonal left out and the means of rows and columns
    removed without bias.
    """
    n = len(matrix)
    centred = matrix.copy()
    np.fill_diagonal(centred, 0)
    rows, mean = centred.sum(1) / (n - 2), centred.sum() / ((n - 1) * (n - 2))
    # In place: matrices of pairwise measures are the largest things that the diagnostics hold.
    centred -= rows[:, None]
    centred -= rows
    centred += mean
    np.fill_diagonal(centred, 0)
    return centred


def dependence(a: np.ndarray, b: np.ndarray) -> float:
    """Cosine of two U-centred matrices (n, n), about 0 when independent, below 0 by chance.

    Of distances it is the bias-corrected squared distance correlation (Szekely & Rizzo 2013), of
    linear kernels the debiased linear CKA (Kornblith 2019 with the unbiased HSIC of Song 2012).
    """
    size = np.sqrt(np.vdot(a, a) * np.vdot(b, b))
    return float(np.vdot(a, b) / size) if size > 0 else 0.0


def largest_correlation(z: np.ndarray, e: np.ndarray) -> float:
    """Largest absolute correlation of a column of z (n, d_z) with a column of e (n, d_e)."""
    return float(np.abs(cross_correlation(z, e)).max())


def spread(z: np.ndarray) -> np.ndarray:
    """Standard deviation of each dimension of z (n, d) as a share of the largest one."""
    deviation = z.std(0)
    return deviation / max(deviation.max(), 1e-12)


def rank_me(z: np.ndarray) -> float:
    """Effective number of dimensions of z (n, d): exponential of the entropy of its singular values
    (RankMe, Garrido 2023).
    """
    values = np.linalg.svd(z - z.mean(0), compute_uv=False)
    share = values / max(values.sum(), 1e-12)
    return float(np.exp(-(share * np.log(np.maximum(share, 1e-12))).sum()))


def _standard(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(0)) / np.maximum(x.std(0), 1e-12)


def _whitener(x: np.ndarray) -> np.ndarray:
    covariance = x.T @ x / len(x)
    values, vectors = np.linalg.eigh(
        covariance + RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    )
    return vectors / np.sqrt(values)

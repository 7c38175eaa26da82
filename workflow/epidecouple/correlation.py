"""What z and e share: cross-correlation and canonical correlation on held-out rows; and how many dimensions z uses."""

import numpy as np

RIDGE = 1e-3


def cross_correlation(z: np.ndarray, e: np.ndarray) -> np.ndarray:
    """Pearson correlation of every column of z (n, d_z) with every column of e (n, d_e)."""
    return _standard(z).T @ _standard(e) / len(z)


def excess_rms(correlation: np.ndarray, n: int) -> float:
    """Root mean square of a cross-correlation beyond what n independent rows give: sqrt(max(0, RMS^2 - 1/n))."""
    return float(np.sqrt(max(0.0, np.square(correlation).mean() - 1 / n)))


def held_out_cca(z: np.ndarray, e: np.ndarray, fitted: np.ndarray) -> float:
    """First canonical correlation: directions from the rows `fitted` (bool (n,)), correlation on the other rows.

    In-sample canonical correlation is biased upwards by about (sqrt d_z + sqrt d_e) / sqrt n; on held-out rows it is not.
    """
    (z_in, z_out), (e_in, e_out) = ((x[fitted] - x[fitted].mean(0), x[~fitted] - x[fitted].mean(0)) for x in (z, e))
    white_z, white_e = _whitener(z_in), _whitener(e_in)
    left, _, right = np.linalg.svd(white_z.T @ (z_in.T @ e_in / len(z_in)) @ white_e)
    return float(np.corrcoef(z_out @ white_z @ left[:, 0], e_out @ white_e @ right[0])[0, 1])


def rank_me(z: np.ndarray) -> float:
    """Effective number of dimensions of z (n, d): exponential of the entropy of its singular values (RankMe, Garrido 2023)."""
    values = np.linalg.svd(z - z.mean(0), compute_uv=False)
    share = values / values.sum()
    return float(np.exp(-(share * np.log(np.maximum(share, 1e-12))).sum()))


def _standard(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(0)) / np.maximum(x.std(0), 1e-12)


def _whitener(x: np.ndarray) -> np.ndarray:
    covariance = x.T @ x / len(x)
    values, vectors = np.linalg.eigh(covariance + RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance)))
    return vectors / np.sqrt(values)

"""Maximum of the conditional likelihood for energies that are linear in features, and its
information.
"""

from typing import NamedTuple

import numpy as np
import torch

from ..model.losses import LOG_ZERO, log_elementary_symmetric

# Newton's steps end where the next one would gain less than this (nats, all pairs together).
TOLERANCE = 1e-8
# Where the maximum lies at infinity, every step goes on by about 1; there the information vanishes.
MOST_STEPS = 25
# Eigenvalues of the information below this share of the largest are 0 but for rounding.
ROUNDING = 1e-10


class LinearFit(NamedTuple):
    """Coefficients (D,) at the maximum, the Fisher information (D, D) there, and each pair's part
    (n, D) of the slope of the likelihood.

    Directions in which the likelihood is flat have the coefficient 0.
    """

    coefficients: np.ndarray
    information: np.ndarray
    slopes: np.ndarray


def fit_conditional(features: np.ndarray, labels: np.ndarray) -> LinearFit:
    """Fit energies that are linear in features, given in how many lines each pair loops.

    P(y_i | s_i) ~ exp(-sum_c y_ic x_ic . b) (Andersen 1970), by Newton's method.
    features : float64 (n, C, D); labels : (n, C), of discordant pairs
    """
    coefficients = np.zeros(features.shape[2])
    for _ in range(MOST_STEPS):
        mean, covariance = conditional_moments(-features @ coefficients, labels.sum(1))
        slopes = np.einsum("nc,ncd->nd", mean - labels, features)
        information = information_of(features, covariance)
        step = inverse(information) @ slopes.sum(0)
        coefficients = coefficients + step
        if step @ slopes.sum(0) < TOLERANCE:
            break
    return LinearFit(coefficients, information, slopes)


def covariances(fit: LinearFit, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance (D, D) of the coefficients where pairs are independent, and where only units are.

    units : int (n,), 0 .. G - 1, of each pair. The second is the sandwich (Liang & Zeger 1986); of
    a coefficient that one unit decides alone it says 0, so that the larger of the two counts.
    """
    spread = inverse(fit.information)
    of_unit = np.zeros((units.max(initial=0) + 1, len(spread)))
    np.add.at(of_unit, units, fit.slopes)
    return spread, spread @ (of_unit.T @ of_unit) @ spread


def information_of(features: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Fisher information (D, D): the variance, given the number of loops, of sum_c y_c x_c.

    features : (n, C, D); covariance : (n, C, C), of the labels
    """
    spread = np.matmul(covariance, features).reshape(-1, features.shape[2])
    return features.reshape(spread.shape).T @ spread


def inverse(information: np.ndarray) -> np.ndarray:
    """Pseudo-inverse (D, D) of an information, which is singular in the directions it lacks."""
    return np.linalg.pinv(information, rcond=ROUNDING, hermitian=True)


def conditional_moments(
    log_weights: np.ndarray, positives: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean (n, C) and covariance (n, C, C) of a pair's labels, given how many of them are 1.

    log_weights : (n, C), log odds of each label but for a constant; positives : int (n,)
    With e_s of the weights w, E[y_c] = w_c e_{s-1}(without c) / e_s, and
    E[y_c y_d] = w_c w_d e_{s-2}(without c and d) / e_s.
    """
    weights = torch.from_numpy(log_weights - log_weights.mean(1, keepdims=True))
    lines = weights.shape[1]
    norm = _log_e(weights, positives)
    both = np.zeros((len(weights), lines, lines))
    for c in range(lines):
        for d in range(c + 1):
            chosen = sorted({c, d})
            others = [k for k in range(lines) if k not in chosen]
            rest = _log_e(weights[:, others], positives - len(chosen))
            both[:, c, d] = both[:, d, c] = torch.exp(weights[:, chosen].sum(1) + rest - norm)
    mean = np.diagonal(both, axis1=1, axis2=2)
    return mean, both - mean[:, :, None] * mean[:, None]


def _log_e(log_weights: torch.Tensor, order: np.ndarray) -> torch.Tensor:
    """log e_order of each row's weights (n, lines): (n,); e of an order below 0 is 0."""
    impossible = log_weights.new_full((len(log_weights), 2), LOG_ZERO)
    of_all = torch.cat([impossible, log_elementary_symmetric(log_weights)], dim=1)
    return of_all.gather(1, torch.from_numpy(order.astype(np.int64) + 2)[:, None])[:, 0]

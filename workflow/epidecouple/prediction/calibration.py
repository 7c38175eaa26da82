"""From logits to probabilities: one slope for all lines and one intercept per line, fitted where
nothing was trained.
"""

import numpy as np
import torch
from torch import nn

BINS = 10
STEPS = 50


def smoothed(labels: np.ndarray) -> np.ndarray:
    """Targets (n, C) in place of 0 and 1: 1 / (N- + 2) and (N+ + 1) / (N+ + 2) per line.

    They keep the slope finite where the logit separates the classes (Platt 1999, section 2.2).
    """
    positive = labels.sum(0)
    return np.where(labels == 1, (positive + 1) / (positive + 2), 1 / (len(labels) - positive + 2))


def fit_calibration(logit: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Slope a and intercepts b (C,) of P = sigmoid(a logit + b_c) by maximum likelihood; logit,
    labels (n, C).
    """
    x = torch.from_numpy(logit.astype(np.float64))
    target = torch.from_numpy(smoothed(labels))
    slope = torch.ones((), dtype=torch.float64, requires_grad=True)
    intercept = torch.zeros(labels.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([slope, intercept], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = nn.functional.binary_cross_entropy_with_logits(slope * x + intercept, target)
        value.backward()
        return value

    optimiser.step(loss)
    return slope.item(), intercept.detach().numpy()


def probability(logit: np.ndarray, slope: float, intercept: float | np.ndarray) -> np.ndarray:
    """P = sigmoid(a logit + b), without overflow for large logits."""
    return 0.5 * (1 + np.tanh(0.5 * (slope * logit + intercept)))


def calibration_error(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error of one line: |mean P - share of positives| over ten bins of
    equally many pairs, averaged.

    predicted, labels : (n,). (Naeini 2015, with equal-mass bins)
    """
    bins = np.array_split(np.argsort(predicted, kind="stable"), BINS)
    gaps = [
        len(rows) * abs(predicted[rows].mean() - labels[rows].mean()) for rows in bins if len(rows)
    ]
    return float(sum(gaps) / len(labels))

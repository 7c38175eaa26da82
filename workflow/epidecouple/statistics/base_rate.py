"""The offset of a logit at which as many labels are expected as there are."""

import numpy as np

HIGHEST_OFFSET, HALVINGS = 15.0, 50


def offsets_of_rates(logit: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """tau (C,) with mean sigmoid(logit - tau) = rate in each column, by bisection.

    logit : (n, C); rates : (C,), in 0 .. 1. A rate of 0 or 1 gives the highest or lowest offset.
    """
    low = np.full(len(rates), -HIGHEST_OFFSET)
    high = np.full(len(rates), HIGHEST_OFFSET)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        too_many = (1 / (1 + np.exp(-(logit - middle)))).mean(0) > rates
        low = np.where(too_many, middle, low)
        high = np.where(too_many, high, middle)
    return low

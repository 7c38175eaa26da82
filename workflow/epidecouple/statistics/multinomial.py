"""Multinomial logistic regression, fast for one set of features and many labellings, as a
permutation null needs it.

Where labels are independent of the features the curvature of the likelihood is S x A: S the
covariance of the one-hot classes, A the Gram matrix of the features. In coordinates that make it
the identity (Bohning 1992 uses the same product as a bound) L-BFGS takes few steps, and the
eigenvectors of A are found once for all labellings.
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

# Inverse of the ridge penalty on standardised features, scikit-learn's C.
INVERSE_PENALTY = 0.1
# Largest gradient, in coordinates of unit curvature, at which a fit ends: probabilities are then
# within 2e-4, V within 1e-7 bits.
TOLERANCE = 1e-4
MOST_STEPS = 200


class MultinomialRegression:
    """Fits on fixed features x (n, d); features are standardised here, the intercept is not
    penalised.
    """

    def __init__(self, x: np.ndarray) -> None:
        self.mean = x.mean(0)
        spread = x.std(0)
        self.scale = np.where(spread > 0, spread, 1)
        standard = (x - self.mean) / self.scale
        variances, self.axes = np.linalg.eigh(standard.T @ standard)
        self.curvature = np.append(np.maximum(variances, 0), len(x))
        self.penalty = np.append(np.full(x.shape[1], 1 / INVERSE_PENALTY), 0)[:, None]
        self.features = self._rotated(x)

    def fit(self, code: np.ndarray, classes: int) -> np.ndarray:
        """Weights (d + 1, classes) for `code` (n,) in 0 .. classes - 1, every class among them."""
        hot = np.eye(classes)[code]
        frequency = hot.mean(0)
        spreads, directions = np.linalg.eigh(np.diag(frequency) - np.outer(frequency, frequency))
        # The first direction adds a constant to all classes, which changes no probability.
        spreads, directions = spreads[1:], directions[:, 1:]
        unit = 1 / np.sqrt(np.outer(self.curvature, spreads) + self.penalty)

        def loss_and_gradient(scaled: np.ndarray) -> tuple[float, np.ndarray]:
            weights = scaled.reshape(unit.shape) * unit
            log_probability = log_softmax(self.features @ weights @ directions.T, axis=1)
            loss = (
                -log_probability[np.arange(len(code)), code].sum()
                + 0.5 * (self.penalty * weights**2).sum()
            )
            slope = (
                self.features.T @ ((np.exp(log_probability) - hot) @ directions)
                + self.penalty * weights
            )
            return loss, (slope * unit).ravel()

        start = np.zeros_like(unit)
        start[-1] = np.log(frequency) @ directions / unit[-1]
        options = {"maxiter": MOST_STEPS, "gtol": TOLERANCE, "ftol": 0}
        best = minimize(
            loss_and_gradient, start.ravel(), jac=True, method="L-BFGS-B", options=options
        ).x
        return (best.reshape(unit.shape) * unit) @ directions.T

    def probabilities(self, weights: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Class probabilities (len(x), classes) of new rows."""
        return softmax(self._rotated(x) @ weights, axis=1)

    def _rotated(self, x: np.ndarray) -> np.ndarray:
        return np.column_stack([(x - self.mean) / self.scale @ self.axes, np.ones(len(x))])

"""A multinomial probe of z about the line under many labellings, as a permutation null asks it:
ours against scikit-learn's, the same penalty and the same probabilities.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from epidecouple.statistics.multinomial import INVERSE_PENALTY, MultinomialRegression
from timing import OURS, Arm, Row, compare

PAIRS, FEATURES, LINES, LABELLINGS = 8_000, 32, 6, 10


def simulated() -> tuple[np.ndarray, np.ndarray]:
    """Features (n, d), and labellings (k, n): the first says something, the others are shuffled."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(PAIRS, FEATURES)) @ rng.normal(size=(FEATURES, FEATURES))
    code = (x[:, :LINES] * 0.1 + rng.gumbel(size=(PAIRS, LINES))).argmax(1)
    return x, np.stack([code, *(rng.permutation(code) for _ in range(LABELLINGS - 1))])


def ours(x: np.ndarray, labellings: np.ndarray) -> list[np.ndarray]:
    """Probabilities (n, classes) under each labelling."""
    probe = MultinomialRegression(x)
    return [probe.probabilities(probe.fit(code, LINES), x) for code in labellings]


def by_scikit_learn(x: np.ndarray, labellings: np.ndarray) -> list[np.ndarray]:
    """The same by `LogisticRegression`, lbfgs, to a gradient of as many digits."""
    standard = StandardScaler().fit_transform(x)
    probe = LogisticRegression(C=INVERSE_PENALTY, tol=1e-4, max_iter=1000)
    return [probe.fit(standard, code).predict_proba(standard) for code in labellings]


def rows() -> list[Row]:
    """Fits per second; the probabilities are checked to be equal."""
    x, labellings = simulated()
    both = zip(ours(x, labellings[:2]), by_scikit_learn(x, labellings[:2]), strict=True)
    assert all(np.allclose(*pair, atol=5e-3) for pair in both), "the probabilities differ"
    arms = {
        OURS: Arm(lambda: ours(x, labellings), LABELLINGS, "of one set of features"),
        "scikit-learn lbfgs": Arm(lambda: by_scikit_learn(x, labellings), LABELLINGS),
    }
    return compare("multinomial probe", f"{PAIRS:,} x {FEATURES}, {LINES} lines", arms, repeats=3)

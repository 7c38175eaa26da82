import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from epidecouple.statistics.logistic import fit_logistic

RNG = np.random.default_rng(0)
X = RNG.normal(size=(800, 5)) @ RNG.normal(size=(5, 5))
Y = (RNG.random(800) < 1 / (1 + np.exp(2 - X[:, 0]))).astype(float)


@pytest.mark.parametrize("c", [0.02, 1.0])
def test_it_minimises_what_scikit_learn_does(c):
    theirs = LogisticRegression(C=c, tol=1e-10, max_iter=10_000).fit(X, Y)
    ours = fit_logistic(X, Y, c)
    assert ours[:-1] == pytest.approx(theirs.coef_[0], abs=1e-5)
    assert ours[-1] == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_the_intercept_is_not_shrunk():
    weights = fit_logistic(np.zeros((1000, 2)), (np.arange(1000) < 10).astype(float), 0.02)
    assert weights == pytest.approx([0, 0, np.log(10 / 990)])


def test_separable_classes_end_too():
    x = np.r_[-np.ones(50), np.ones(50)][:, None]
    assert 0 < fit_logistic(x, (x[:, 0] > 0).astype(float), 10.0)[0] < 10

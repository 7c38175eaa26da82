import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from epidecouple.statistics.multinomial import INVERSE_PENALTY, MultinomialRegression


def classes_with_means(n=800, d=7, classes=4, gap=1.0, seed=0):
    """Correlated features of unequal scale; class k is shifted along dimension k; classes are of
    unequal size.
    """
    rng = np.random.default_rng(seed)
    c = rng.choice(classes, n, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum())
    x = rng.normal(size=(n, d)) + gap * np.eye(classes, d)[c]
    return x @ rng.normal(size=(d, d)) * np.logspace(-3, 3, d) + 50, c


def scikit_learn(x, c, new):
    mean, sd = x.mean(0), x.std(0)
    # With two classes scikit-learn has one weight vector in place of two opposite ones, which
    # halves the penalty.
    penalty = INVERSE_PENALTY * (2 if c.max() == 1 else 1)
    model = LogisticRegression(C=penalty, solver="newton-cholesky", max_iter=100, tol=1e-10).fit(
        (x - mean) / sd, c
    )
    return model.predict_proba((new - mean) / sd)


@pytest.mark.parametrize("gap", [0, 1, 6])
@pytest.mark.parametrize("classes", [2, 4])
def test_probabilities_are_those_of_scikit_learn(gap, classes):
    x, c = classes_with_means(gap=gap, classes=classes)
    new, _ = classes_with_means(seed=1, gap=gap, classes=classes)
    regression = MultinomialRegression(x)
    found = regression.probabilities(regression.fit(c, classes), new)
    np.testing.assert_allclose(found, scikit_learn(x, c, new), atol=3e-4)
    np.testing.assert_allclose(found.sum(1), 1)


def test_the_same_features_serve_many_labellings():
    x, c = classes_with_means(gap=1)
    regression = MultinomialRegression(x)
    weights = regression.fit(c, 4)
    shuffled = np.random.default_rng(2).permutation(c)
    np.testing.assert_allclose(
        regression.probabilities(regression.fit(shuffled, 4), x),
        scikit_learn(x, shuffled, x),
        atol=1e-4,
    )
    np.testing.assert_array_equal(regression.fit(c, 4), weights)


def test_constant_and_repeated_features_are_harmless():
    x, c = classes_with_means(gap=1)
    plain = MultinomialRegression(x)
    padded = np.column_stack([x, np.ones(len(x))])
    regression = MultinomialRegression(padded)
    found = regression.probabilities(regression.fit(c, 4), padded)
    np.testing.assert_allclose(found, plain.probabilities(plain.fit(c, 4), x), atol=3e-4)
    twice = np.column_stack([x, x])
    regression = MultinomialRegression(twice)
    assert np.isfinite(regression.probabilities(regression.fit(c, 4), twice)).all()


def test_without_a_useful_feature_the_probabilities_are_the_frequencies():
    c = np.repeat([0, 1, 2], [10, 20, 70])
    regression = MultinomialRegression(np.ones((100, 2)))
    found = regression.probabilities(regression.fit(c, 3), np.ones((1, 2)))
    np.testing.assert_allclose(found[0], [0.1, 0.2, 0.7])

from itertools import product

import numpy as np
import pytest
import torch

from epidecouple.interpretation.conditional_fit import (
    conditional_moments,
    fit_conditional,
    inverse,
)
from epidecouple.model.losses import conditional_nll


def problem(n=200, lines=4, size=3, seed=0):
    """Features, and labels that are neither all 1 nor all 0."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, lines, size))
    odds = 1 / (1 + np.exp(features @ np.linspace(-1, 1, size) - rng.normal(size=(n, 1))))
    labels = (rng.random((n, lines)) < odds).astype(int)
    kept = (labels.sum(1) > 0) & (labels.sum(1) < lines)
    return features[kept], labels[kept]


def total_nll(coefficients, features, labels):
    energy = torch.as_tensor(features) @ coefficients
    offset = energy.new_zeros(features.shape[1])
    return conditional_nll(energy, offset, torch.as_tensor(labels)) * len(labels)


@pytest.mark.parametrize("positives", [1, 2, 3])
def test_moments_are_those_of_all_labellings(positives):
    log_weights = np.random.default_rng(1).normal(size=(5, 4)) * 3
    rows = [row for row in product([0, 1], repeat=4) if sum(row) == positives]
    all_labels = np.array(rows, dtype=float)
    chance = np.exp(log_weights @ all_labels.T)
    chance /= chance.sum(1, keepdims=True)
    mean, covariance = conditional_moments(log_weights, np.full(5, positives))
    np.testing.assert_allclose(mean, chance @ all_labels, atol=1e-12)
    products = np.einsum("nk,kc,kd->ncd", chance, all_labels, all_labels)
    expected = products - mean[:, :, None] * mean[:, None]
    np.testing.assert_allclose(covariance, expected, atol=1e-12)


def test_at_the_maximum_the_slope_is_0_and_the_information_is_the_curvature():
    features, labels = problem()
    fit = fit_conditional(features, labels)
    at = torch.tensor(fit.coefficients, requires_grad=True)
    total_nll(at, features, labels).backward()
    assert at.grad.abs().max() < 1e-5
    step = 1e-4
    for d, unit in enumerate(np.eye(3)):
        slopes = []
        for sign in (-1, 1):
            moved = torch.tensor(fit.coefficients + sign * step * unit, requires_grad=True)
            total_nll(moved, features, labels).backward()
            slopes.append(moved.grad.numpy())
        curvature = (slopes[1] - slopes[0]) / (2 * step)
        np.testing.assert_allclose(curvature, fit.information[d], rtol=1e-5, atol=1e-4)


def test_two_states_differ_by_the_log_odds_of_their_comparisons():
    """Bradley and Terry (1952): 30 comparisons of 40 are won by the state that resists less."""
    features = np.tile(np.eye(2), (40, 1, 1))
    labels = np.array([[1, 0]] * 30 + [[0, 1]] * 10)
    fit = fit_conditional(features, labels)
    assert fit.coefficients[1] - fit.coefficients[0] == pytest.approx(np.log(3), abs=1e-6)
    assert fit.coefficients.sum() == pytest.approx(0, abs=1e-9), "the constant is left at 0"
    contrast = np.array([-1, 1])
    variance = contrast @ inverse(fit.information) @ contrast
    assert variance == pytest.approx(1 / 30 + 1 / 10, rel=1e-5)


def test_a_feature_that_is_the_same_in_all_lines_of_a_pair_is_left_out():
    features, labels = problem()
    flat = np.broadcast_to(
        np.random.default_rng(2).normal(size=(len(labels), 1, 1)), labels.shape + (1,)
    )
    wider = fit_conditional(np.concatenate([features, flat], axis=2), labels)
    np.testing.assert_allclose(
        wider.coefficients[:3], fit_conditional(features, labels).coefficients
    )
    assert abs(wider.coefficients[3]) < 1e-9
    assert np.abs(wider.information[3]).max() < 1e-9

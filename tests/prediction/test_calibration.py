import numpy as np
import pytest

from epidecouple.prediction.calibration import (
    BINS,
    calibration_error,
    fit_calibration,
    probability,
    smoothed,
)


def test_slope_and_intercepts_are_found_again():
    rng = np.random.default_rng(0)
    logit = rng.normal(0, 2, (40_000, 3))
    labels = (rng.random(logit.shape) < probability(logit, 0.6, np.array([-1.0, 0.0, 0.5]))).astype(
        np.int8
    )
    slope, intercepts = fit_calibration(logit, labels)
    assert slope == pytest.approx(0.6, abs=0.02) and intercepts == pytest.approx(
        [-1, 0, 0.5], abs=0.05
    )
    assert probability(logit, slope, intercepts).mean(0) == pytest.approx(labels.mean(0), abs=1e-3)


def test_targets_by_hand():
    assert smoothed(np.array([[1], [1], [0]])) == pytest.approx(
        np.array([[3 / 4], [3 / 4], [1 / 3]])
    )


def test_classes_that_the_logit_separates_leave_the_slope_finite():
    logit = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    slope, intercepts = fit_calibration(logit, (logit > 0).astype(np.int8))
    assert 0 < slope < 10 and np.isfinite(intercepts).all()


def test_probability_of_huge_logits_is_0_or_1():
    with np.errstate(all="raise"):
        assert probability(np.array([-1e6, 0, 1e6]), 1.0, 0.0).tolist() == [0, 0.5, 1]


def test_calibration_error_by_hand():
    """Ten bins of two pairs; in the last one P is .9 and one of two is positive."""
    predicted = np.concatenate([np.zeros(2 * (BINS - 1)), [0.9, 0.9]])
    labels = np.concatenate([np.zeros(2 * (BINS - 1)), [1, 0]])
    assert calibration_error(predicted, labels) == pytest.approx(0.4 / BINS)
    assert calibration_error(labels, labels) == 0

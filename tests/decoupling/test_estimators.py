import numpy as np
import pytest

from epidecouple.decoupling.estimators import (
    CLASSES,
    SPREADS,
    cases,
    comparison,
    mixture_information,
)


def test_mixture_information_in_limits_that_are_known():
    assert mixture_information(np.zeros(3), np.ones(3)) == pytest.approx(0, abs=1e-9)
    assert mixture_information(50.0 * np.arange(4), np.ones(4)) == pytest.approx(2, abs=1e-6)
    assert mixture_information(np.array([0.0, 2.0]), np.ones(2)) == pytest.approx(0.4859, abs=2e-4)


def test_truths_agree_with_the_posterior_of_the_data_that_are_drawn():
    """The mean log posterior ratio of the true class over 200,000 draws is the mutual
    information.
    """
    rng = np.random.default_rng(0)
    for case in cases()[1:3]:
        x, c = case.draw(rng, 200_000)
        spread, mean = (
            (np.ones(CLASSES), 0.6 * np.arange(CLASSES))
            if case.name == "class means"
            else (SPREADS, np.zeros(CLASSES))
        )
        log_density = -0.5 * ((x[:, :1] - mean) / spread) ** 2 - np.log(spread)
        posterior = np.exp(log_density - log_density.max(1, keepdims=True))
        own = (posterior / posterior.sum(1, keepdims=True))[np.arange(len(c)), c]
        assert np.log2(own * CLASSES).mean() == pytest.approx(case.truth, abs=0.01)


def test_the_comparison_shows_why_v_is_gated_and_neighbours_are_not():
    table = comparison(sizes=(600, 3000), repeats=1)
    assert len(table) == 4 * 2 * 4
    bits = table[table.rows == 3000].set_index(["case", "estimator"]).bits
    truth = table.groupby("case").truth.first()
    assert (
        table[table.estimator.str.startswith("V")].bits
        <= table[table.estimator.str.startswith("V")].truth + 0.02
    ).all()
    assert bits["independent", "kNN, sum"] > 0.08 > bits["independent", "V, linear"]
    assert (
        bits["class variances", "V, linear"]
        < 0.01
        < 0.5 * truth["class variances"]
        < bits["class variances", "V, boosted"]
    )
    assert bits["class means", "V, linear"] > 0.85 * truth["class means"]
    assert bits["exclusive or", "kNN, largest"] < 0.05 < 0.1 < bits["exclusive or", "V, boosted"]

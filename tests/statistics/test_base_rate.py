import numpy as np

from epidecouple.statistics.base_rate import HIGHEST_OFFSET, offsets_of_rates


def test_with_the_offset_as_many_labels_are_expected_as_there_are():
    logit = np.random.default_rng(0).normal(0, 3, (500, 3))
    rates = np.array([0.02, 0.5, 0.9])
    expected = 1 / (1 + np.exp(-(logit - offsets_of_rates(logit, rates))))
    np.testing.assert_allclose(expected.mean(0), rates, atol=1e-9)


def test_rates_of_0_and_1_have_finite_offsets():
    np.testing.assert_allclose(
        offsets_of_rates(np.zeros((4, 2)), np.array([0.0, 1.0])),
        [HIGHEST_OFFSET, -HIGHEST_OFFSET],
        atol=1e-9,
    )

import numpy as np
import pytest

from epidecouple.data.normalisation import LARGEST, PRESENCE, Normaliser, ranks

SIGNAL = np.array([0.0, 0.0, 1.0, 2.0, 3.0])


def test_standard_by_hand():
    fitted = Normaliser.on(np.array([1.0, 3.0, 5.0, 3.0]), "standard")
    assert (fitted.mean, fitted.sd, fitted.quantiles) == (3.0, pytest.approx(2**0.5), ())
    assert fitted(np.array([[5.0], [1.0]])) == pytest.approx(np.array([[2**0.5], [-(2**0.5)]]))


@pytest.mark.parametrize("method", ["standard", "ranks"])
def test_mark_that_is_absent_has_no_spread(method):
    assert Normaliser.on(np.zeros(5), method) == Normaliser(0.0, 0.0)


def test_ranks_by_hand():
    fitted = Normaliser.on(SIGNAL, "ranks")
    assert ranks(np.array([0, 1, 2, 2.5, 3, 9]), fitted.quantiles) == pytest.approx(
        [0, PRESENCE, (1 + PRESENCE) / 2, PRESENCE + (1 - PRESENCE) * 0.75, 1, 1]
    )


def test_normalised_reference_has_mean_0_and_sd_1():
    signal = np.random.default_rng(0).gamma(0.3, 2, 300).clip(0.2) - 0.2
    for method in ("standard", "ranks"):
        found = Normaliser.on(signal, method)(signal)
        assert found.mean() == pytest.approx(0, abs=1e-9) and found.std() == pytest.approx(1)


def test_ranks_do_not_feel_the_scale_of_a_line_and_standardising_does():
    """A line whose peaks are called with other strengths, in the same order."""
    rng = np.random.default_rng(1)
    reference, pairs = (np.where(rng.random(n) < 0.5, 0, rng.gamma(2, 1, n)) for n in (3000, 50))
    changed = {
        method: Normaliser.on(reference**3, method)(pairs**3)
        - Normaliser.on(reference, method)(pairs)
        for method in ("ranks", "standard")
    }
    assert np.abs(changed["ranks"]).max() < 0.05 < 0.3 < np.abs(changed["standard"]).max()


def test_statistics_are_enough_to_normalise_again():
    fitted = Normaliser.on(SIGNAL, "ranks")
    assert (Normaliser(**fitted.as_dict())(SIGNAL) == fitted(SIGNAL)).all()


# --- marks that do not vary, and marks that vary in one place only


@pytest.mark.parametrize("method", ["standard", "ranks"])
@pytest.mark.parametrize("level", [1e-12, 0.1, 0.7, 5.0, 500.0])
def test_what_rounding_leaves_is_no_spread(level, method):
    """0.1 over 31 loci has sd 5.6e-17 where it is summed with rounding."""
    rng = np.random.default_rng(0)
    for signal in (np.full(31, level), level * (1 + 1e-12 * rng.normal(size=400))):
        fitted = Normaliser.on(signal, method)
        if method == "standard":
            assert fitted.sd == 0 and (fitted(signal) == 0).all()
        assert np.isfinite(fitted(np.array([0.0, level, 1e300]))).all()


@pytest.mark.parametrize("method", ["standard", "ranks"])
def test_one_locus_of_a_million_with_signal_is_a_spread(method):
    signal = np.zeros(1_000_000)
    signal[0] = 1e-3
    fitted = Normaliser.on(signal, method)
    assert fitted.sd > 0 and fitted(signal)[0] > 100


def test_stored_values_are_finite_however_strong_a_pair_is():
    reference = np.zeros(4000)
    reference[0] = 1e-6
    stored = Normaliser.on(reference, "standard")(np.array([0.0, 5.0, 700.0])).astype(np.float16)
    assert np.isfinite(stored).all() and stored[1] == LARGEST

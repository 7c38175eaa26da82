import numpy as np
import pandas as pd
import pytest

from epidecouple.recovery import correlation, recovered, within_pair_centred
from toy_panel import HELD_OUT, LINES, toy_config

CONFIG = toy_config()
ALL = LINES + HELD_OUT


@pytest.fixture
def truth():
    rng = np.random.default_rng(0)
    resistance = {f"resistance_{line}": rng.gamma(2, 1, 200) for line in ALL}
    return pd.DataFrame({"potential": rng.normal(0, 2, 200), **resistance})


@pytest.fixture
def energies(truth):
    rng = np.random.default_rng(1)
    logit = truth.potential.to_numpy()[:, None] - truth[[f"resistance_{line}" for line in ALL]].to_numpy()
    labels = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    columns = {f"label_{line}": labels[:, c].astype(np.int8) for c, line in enumerate(ALL)}
    return truth.assign(chrom=np.repeat(["chr7", "chr8", "chr9", "chrX"], 50), **columns)


def found(energies, truth):
    return recovered(energies, truth, ALL, HELD_OUT, CONFIG)


def test_centring_takes_away_what_pairs_differ_by():
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(within_pair_centred(x + np.arange(5)[:, None]), within_pair_centred(x), atol=1e-12)
    np.testing.assert_allclose(within_pair_centred(x).sum(1), 0, atol=1e-12)
    assert correlation(x, -2 * x + 1) == pytest.approx(-1)


def test_perfect_energies_are_recovered_in_full(energies, truth):
    metrics = found(energies, truth)
    for name in ("potential_corr", "resistance_within_pair_corr", "resistance_slope", "aupr_unseen_share_of_oracle"):
        assert metrics[name] == pytest.approx(1), name
        if f"{name}_lower" in metrics:
            assert metrics[f"{name}_lower"] == pytest.approx(1) == metrics[f"{name}_upper"]
    for line in ALL:
        assert metrics[f"resistance_corr_{line}"] == pytest.approx(1)
    assert metrics["aupr_unseen"] == metrics["aupr_unseen_oracle"] > metrics["aupr_unseen_potential_oracle"]


def test_an_offset_per_pair_is_not_held_against_the_resistance(energies, truth):
    shift = np.random.default_rng(2).normal(0, 5, 200)
    shifted = energies.assign(**{f"resistance_{line}": energies[f"resistance_{line}"] + shift for line in ALL})
    metrics = found(shifted, truth)
    assert metrics["resistance_within_pair_corr"] == pytest.approx(1)
    assert metrics["resistance_slope"] == pytest.approx(1)
    assert metrics["resistance_corr_LineA"] < 0.6
    assert metrics["aupr_unseen_share_of_oracle"] < 0.95


def test_the_slope_is_that_of_the_truth_on_the_estimate(energies, truth):
    doubled = energies.assign(**{f"resistance_{line}": 2 * energies[f"resistance_{line}"] for line in ALL})
    assert found(doubled, truth)["resistance_slope"] == pytest.approx(0.5)


def test_wrong_energies_are_told_apart(energies, truth):
    """Potential of other pairs, resistance of other lines: neither correlates, and each leaves the other's figure alone."""
    shuffled = found(energies.assign(potential=np.random.default_rng(3).permutation(energies.potential)), truth)
    assert abs(shuffled["potential_corr"]) < 0.25
    assert shuffled["potential_corr_lower"] < shuffled["potential_corr"] < shuffled["potential_corr_upper"]
    assert shuffled["resistance_within_pair_corr"] == pytest.approx(1)
    rolled = {f"resistance_{line}": energies[f"resistance_{ALL[c - 1]}"] for c, line in enumerate(ALL)}
    other = found(energies.assign(**rolled), truth)
    assert other["resistance_within_pair_corr"] < 0
    assert other["potential_corr"] == pytest.approx(1)
    assert other["aupr_unseen"] < other["aupr_unseen_oracle"]

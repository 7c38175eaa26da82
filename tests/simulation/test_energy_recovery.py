import numpy as np
import pandas as pd
import pytest

from epidecouple.simulation.energy_recovery import correlation, recovered, within_pair_centred
from epidecouple.statistics.ranking import balanced_auc, within_pair_auc, without_levels
from toy_panel import HELD_OUT, LINES, toy_config

CONFIG = toy_config()
ALL = LINES + HELD_OUT


@pytest.fixture
def truth():
    rng = np.random.default_rng(0)
    resistance = {f"resistance_{line}": rng.gamma(2, 1, 200) for line in ALL}
    lineage = {f"lineage_motif_{k}": rng.gamma(1, 1, 200) for k in range(3)}
    of_dna = rng.normal(0, 2, 200)
    potential = {"potential": of_dna + rng.normal(0, 1, 200), "potential_of_dna": of_dna}
    return pd.DataFrame({**potential, **resistance, **lineage})


@pytest.fixture
def energies(truth):
    rng = np.random.default_rng(1)
    logit = (
        truth.potential.to_numpy()[:, None]
        - truth[[f"resistance_{line}" for line in ALL]].to_numpy()
    )
    labels = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    columns = {f"label_{line}": labels[:, c].astype(np.int8) for c, line in enumerate(ALL)}
    return truth.assign(chrom=np.repeat(["chr7", "chr8", "chr9", "chrX"], 50), **columns)


def found(energies, truth):
    return recovered(energies, truth, CONFIG)


def test_centring_takes_away_what_pairs_differ_by():
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(
        within_pair_centred(x + np.arange(5)[:, None]), within_pair_centred(x), atol=1e-12
    )
    np.testing.assert_allclose(within_pair_centred(x).sum(1), 0, atol=1e-12)
    assert correlation(x, -2 * x + 1) == pytest.approx(-1)


def test_perfect_energies_are_recovered_in_full(energies, truth):
    metrics = found(energies, truth)
    same = (
        "potential_corr",
        "potential_slope",
        "resistance_within_pair_corr",
        "resistance_within_line_corr",
        "resistance_slope",
    )
    for name in (*same, "aupr_unseen_share_of_oracle"):
        assert metrics[name] == pytest.approx(1), name
        assert metrics[f"{name}_lower"] == pytest.approx(1) == metrics[f"{name}_upper"]
    assert metrics["lineage_leak"] == metrics["lineage_leak_of_truth"] < 0.2
    for line in ALL:
        assert metrics[f"resistance_corr_{line}"] == pytest.approx(1)
    assert (
        metrics["aupr_unseen"]
        == metrics["aupr_unseen_oracle"]
        > metrics["aupr_unseen_potential_oracle"]
    )


def test_what_dna_tells_of_the_potential_is_the_most_that_can_be_known(energies, truth):
    """A model that knows it all but the hubs has the whole share, and less than the true U has."""
    metrics = found(energies.assign(potential=truth.potential_of_dna), truth)
    assert metrics["potential_dna_corr"] == pytest.approx(1)
    assert metrics["potential_corr"] < 0.95
    assert metrics["aupr_unseen_share_of_dna_oracle"] == pytest.approx(1)
    assert metrics["aupr_unseen_dna_oracle"] < metrics["aupr_unseen_oracle"]


def test_an_offset_per_pair_is_not_held_against_the_resistance(energies, truth):
    shift = np.random.default_rng(2).normal(0, 5, 200)
    shifted = energies.assign(
        **{f"resistance_{line}": energies[f"resistance_{line}"] + shift for line in ALL}
    )
    metrics = found(shifted, truth)
    assert metrics["resistance_within_pair_corr"] == pytest.approx(1)
    assert metrics["resistance_slope"] == pytest.approx(1)
    assert metrics["resistance_corr_LineA"] < 0.6
    assert metrics["aupr_unseen_share_of_oracle"] < 0.95


def test_the_slope_is_that_of_the_truth_on_the_estimate(energies, truth):
    doubled = energies.assign(
        **{f"resistance_{line}": 2 * energies[f"resistance_{line}"] for line in ALL}
    )
    assert found(doubled, truth)["resistance_slope"] == pytest.approx(0.5)


def test_wrong_energies_are_told_apart(energies, truth):
    """Potential of other pairs, resistance of other lines: neither correlates, and each leaves the
    other's figure alone.
    """
    shuffled = found(
        energies.assign(potential=np.random.default_rng(3).permutation(energies.potential)), truth
    )
    assert abs(shuffled["potential_corr"]) < 0.25
    assert (
        shuffled["potential_corr_lower"]
        < shuffled["potential_corr"]
        < shuffled["potential_corr_upper"]
    )
    assert shuffled["resistance_within_pair_corr"] == pytest.approx(1)
    rolled = {
        f"resistance_{line}": energies[f"resistance_{ALL[c - 1]}"] for c, line in enumerate(ALL)
    }
    other = found(energies.assign(**rolled), truth)
    assert other["resistance_within_pair_corr"] < 0
    assert other["potential_corr"] == pytest.approx(1)
    assert other["aupr_unseen"] < other["aupr_unseen_oracle"]


def test_a_lineage_motif_in_the_potential_is_a_leak(energies, truth):
    leaking = found(
        energies.assign(potential=energies.potential + 2 * truth.lineage_motif_1), truth
    )
    expected = np.corrcoef(energies.potential + 2 * truth.lineage_motif_1, truth.lineage_motif_1)[
        0, 1
    ]
    assert expected > 0.5 and leaking["lineage_leak"] == pytest.approx(expected)
    assert leaking["lineage_leak_lower"] < leaking["lineage_leak"] < leaking["lineage_leak_upper"]
    assert leaking["lineage_leak_of_truth"] < 0.2


def test_a_constant_of_the_line_is_told_apart_from_what_varies_within_it(energies, truth):
    """What normalisation loses where offsets are biology: the level of each line, and nothing
    else.
    """
    levels = {
        f"resistance_{line}": truth[f"resistance_{line}"] + 3 * c for c, line in enumerate(ALL)
    }
    metrics = found(energies, truth.assign(**levels))
    assert metrics["resistance_within_pair_corr"] < 0.8
    assert metrics["resistance_within_line_corr"] == pytest.approx(1)


def test_the_true_resistance_says_what_a_perfect_one_reaches(energies, truth):
    """On the pairs that the stage `evaluate` looks at: the discordant ones, in all lines."""
    metrics = found(energies, truth)
    labels = energies[[f"label_{line}" for line in ALL]].to_numpy()
    keep = (labels.sum(1) > 0) & (labels.sum(1) < len(ALL))
    score = -truth[[f"resistance_{line}" for line in ALL]].to_numpy()[keep]
    assert metrics["balanced_auc_oracle"] == balanced_auc(labels[keep], score) > 0.6
    levelled = balanced_auc(labels[keep], without_levels(score))
    assert metrics["balanced_auc_levels_removed_oracle"] == pytest.approx(levelled)
    assert metrics["within_pair_auc_oracle"] == within_pair_auc(labels[keep], score).mean()
    assert 0 <= metrics["balanced_auc_oracle_lower"] < metrics["balanced_auc_oracle"]


def test_the_share_of_the_oracle_is_counted_from_the_base_rate(energies, truth):
    """A potential and resistances of other pairs rank at about the base rate: near 0, not the base
    rate over the oracle.
    """
    other = np.random.default_rng(5).permutation(len(energies))
    energy = ["potential", *(f"resistance_{line}" for line in ALL)]
    nothing = energies.assign(**{name: energies[name].to_numpy()[other] for name in energy})
    metrics = found(nothing, truth)
    assert abs(metrics["aupr_unseen_share_of_oracle"]) < 0.15
    assert metrics["aupr_unseen"] > 0.25 * metrics["aupr_unseen_oracle"]

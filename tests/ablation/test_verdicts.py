"""Differences between arms, and verdicts, from tables of few seeds."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from epidecouple.ablation.verdicts import Claim, _judged, difference, effects

VALUES = {"a": [0.5, 0.6, 0.9], "b": [0.4, 0.4, 0.6], "c": [0.1, 0.9, 0.2]}


@pytest.fixture
def runs():
    return pd.DataFrame(
        {"world": "w", "arm": arm, "seed": seed, "aupr_unseen": value}
        for arm, values in VALUES.items()
        for seed, value in enumerate(values)
    )


def test_the_interval_is_that_of_the_paired_t_test(runs):
    found = difference(runs, "a", "b", "aupr_unseen")
    expected = ttest_rel(VALUES["a"], VALUES["b"]).confidence_interval(0.95)
    assert found.mean == pytest.approx(0.2) and found.n == 3
    assert (found.lower, found.upper) == pytest.approx((expected.low, expected.high))


def test_only_seeds_that_both_arms_have_count(runs):
    shorter = runs[~((runs.arm == "b") & (runs.seed == 2))]
    found = difference(shorter, "a", "b", "aupr_unseen")
    assert found.n == 2 and found.mean == pytest.approx(0.15)


def test_one_seed_has_no_interval_and_no_verdict(runs):
    one = runs[runs.seed == 0]
    found = _judged(Claim("c", "a", "b", "aupr_unseen"), one)
    assert np.isnan(found["lower"]) and found["verdict"] == "open"
    assert "one seed" in found["sentence"]


def test_verdicts_follow_the_interval(runs):
    clear = runs.assign(
        aupr_unseen=runs.arm.map({"a": 0.9, "b": 0.5, "c": 0.7}) + 0.01 * (runs.seed % 2)
    )
    clear.loc[(clear.arm == "a") & (clear.seed == 1), "aupr_unseen"] += 0.001
    assert _judged(Claim("x", "a", "b", "aupr_unseen"), clear)["verdict"] == "supported"
    assert _judged(Claim("x", "b", "a", "aupr_unseen"), clear)["verdict"] == "refuted"
    assert _judged(Claim("x", "b", "a", "aupr_unseen", lower=True), clear)["verdict"] == "supported"
    assert _judged(Claim("x", "a", "b", "aupr_unseen"), runs)["verdict"] == "open"
    assert _judged(Claim("x", "a", "z", "aupr_unseen"), runs)["verdict"] == "not run"


def test_of_several_the_best_is_held_against(runs):
    means = {arm: np.mean(values) for arm, values in VALUES.items()}
    assert means["b"] > means["c"]
    assert "b 0.47" in _judged(Claim("x", "a", ["b", "c"], "aupr_unseen"), runs)["sentence"]
    lower = _judged(Claim("x", "a", ["b", "c"], "aupr_unseen", lower=True), runs)
    assert "c 0.40" in lower["sentence"]


def test_effects_are_the_design_minus_each_arm(runs):
    table = effects(runs.replace({"arm": {"a": "design"}}))
    assert table.arm.tolist() == ["b", "c"]
    assert table.difference.iloc[0] == pytest.approx(0.2)

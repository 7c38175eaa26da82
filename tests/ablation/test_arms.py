"""Worlds and arms of the ablation: the table is valid, and its jobs are those asked for."""

import pytest

from epidecouple.ablation.arms import (
    DESIGN,
    all_arms,
    all_worlds,
    arm_values,
    in_path,
    jobs,
    merged,
    quick_arms,
    world_of,
    world_values,
)
from epidecouple.ablation.joint_training import JointConfig
from epidecouple.ablation.rivals import RIVALS
from epidecouple.ablation.verdicts import claims
from epidecouple.core.errors import InputError
from epidecouple.core.metrics import find_metric


@pytest.mark.parametrize("world", list(all_worlds()))
def test_every_world_is_a_configuration(world):
    values = world_values(world_of(world), 7)
    assert values["seed"] == 7 and values["simulation"]["pairs"] == 12_000
    known = {*values["cell_lines"], *values["held_out_lines"]}
    assert set(values["dataset"]["missing"]) <= known


@pytest.mark.parametrize("arm", list(all_arms().values()), ids=lambda arm: arm.name)
def test_every_arm_changes_what_it_says(arm):
    """An arm that is the design under another name would have an effect of 0 for no reason."""
    values = world_values(world_of("default"), 7)
    changed = arm_values(values, arm)
    if arm.how == "joint":
        JointConfig(**arm.joint)
    elif arm.how == "rival":
        assert arm.what in RIVALS
    elif arm.how == "curriculum" and arm.name != DESIGN:
        assert changed != values
    assert changed["dataset"] == values["dataset"]
    assert changed["simulation"] == values["simulation"]


def test_names_in_paths_are_distinct():
    for names in (list(all_arms()), list(all_worlds())):
        assert len({in_path(name) for name in names}) == len(names)
    assert in_path("A3 soft 0.1") == "A3_soft_0_1"


def test_claims_are_about_arms_and_metrics_that_there_are():
    for claim in claims():
        worse = [claim.worse] if isinstance(claim.worse, str) else claim.worse
        assert {claim.better, *worse} <= set(all_arms()) and find_metric(claim.metric)
    assert set(quick_arms()) <= set(all_arms())


def test_components_run_under_more_seeds():
    found = jobs(["default"], [1], [1, 2], [DESIGN, "states only", "distance"])
    assert sorted(found) == [
        ("default", 1, "design"),
        ("default", 1, "distance"),
        ("default", 1, "states only"),
        ("default", 2, "design"),
        ("default", 2, "states only"),
    ]
    assert len(jobs(["default"], [1], [1], [])) == len(all_arms())


def test_unknown_names_are_refused_with_those_that_there_are():
    with pytest.raises(InputError, match="no arm statesonly.*states only"):
        jobs(["default"], [1], [1], ["statesonly"])
    with pytest.raises(InputError, match="no world dfault.*default"):
        jobs(["dfault"], [1], [1], [])


def test_sections_are_merged_key_by_key():
    old = {"a": {"b": 1, "c": {"d": 2}}, "e": [1]}
    assert merged(old, {"a": {"c": {"f": 3}}, "e": [2]}) == {
        "a": {"b": 1, "c": {"d": 2, "f": 3}},
        "e": [2],
    }
    assert old == {"a": {"b": 1, "c": {"d": 2}}, "e": [1]}

import copy

import pytest
import yaml

from epidecouple.core.arms import TRAINED_BY, comparison_runs, overlaid
from toy import ROOT, refusal, says, toy_values, written


@pytest.fixture
def values():
    return toy_values(
        comparison={
            "seeds": [4, 7],
            "arms": {"record22": str(ROOT / "config" / "arms" / "record22.yaml")},
        }
    )


def test_a_run_per_seed_below_the_run_itself(values):
    runs, _ = comparison_runs(values)
    assert list(runs) == ["demo", "demo/seeds/4", "demo/seeds/7"]
    assert runs["demo"] == values
    for seed in (4, 7):
        name = f"demo/seeds/{seed}"
        assert runs[name] == {**values, "run": name, "seed": seed}


def test_the_arms_are_the_design_and_the_overlays_all_of_them_observed(values):
    before = copy.deepcopy(values)
    _, arms = comparison_runs(values)
    assert list(arms) == ["", "/arms/design", "/arms/record22"]
    assert arms[""] == {}
    assert arms["/arms/design"] == {"verification": "observe"}
    record22 = arms["/arms/record22"]
    assert record22["verification"] == "observe" and record22["curriculum"] == "record22"
    assert record22["model"] == {
        **values["model"],
        "network": "record22",
        "encoder": "cnn",
        "cnn_filters": 64,
        "marks": "raw",
        "mask_marks": 0,
        "dropout": 0,
    }
    assert "run" not in record22 and values == before


@pytest.mark.parametrize(
    "arm", sorted(path.stem for path in (ROOT / "config" / "arms").glob("*.yaml"))
)
def test_every_shipped_arm_can_be_compared(values, arm):
    path = ROOT / "config" / "arms" / f"{arm}.yaml"
    sections = overlaid(values, path)
    assert sections and set(sections) <= TRAINED_BY
    assert any(sections[name] != values[name] for name in sections)


def test_an_arm_that_changes_the_data_is_refused(values, tmp_path):
    path = written(tmp_path / "arm.yaml", "model: {dropout: 0.2}\nwindows: {bins: 2}\n")
    says(refusal(overlaid, values, path), path, "'windows'", "on the same data")


def test_an_arm_that_is_not_there_is_refused(values, tmp_path):
    says(
        refusal(overlaid, values, tmp_path / "gone.yaml"), tmp_path / "gone.yaml", "comparison.arms"
    )


def test_a_wrong_value_in_an_arm_names_its_line(values, tmp_path):
    path = written(
        tmp_path / "arm.yaml", yaml.safe_dump({"curriculum": "record22", "model": {"dropout": 2}})
    )
    says(refusal(overlaid, values, path), f"{path}:3", "model.dropout")

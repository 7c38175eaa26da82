import pandas as pd
import pytest

from epidecouple.report import effects
from epidecouple.report.effects import effect_sentence
from epidecouple.verification.design import load_design

ROW = {"design": 0.8, "arm_value": 0.5, "difference": 0.3, "lower": 0.1, "upper": 0.5, "n": 5}


@pytest.fixture
def table(monkeypatch):
    rows = [
        {"world": "w", "arm": arm, "metric": "potential_corr", **ROW} for arm in ("no x", "with y")
    ]
    monkeypatch.setattr(effects, "effects", lambda: pd.DataFrame(rows))


def test_every_effect_that_the_design_names_was_measured_over_five_seeds():
    named = [component.effect for component in load_design() if component.effect]
    assert len(named) > 8
    assert all("5 seeds" in effect_sentence(*effect) for effect in named)


def test_an_arm_that_takes_out_has_the_component_in_the_design(table):
    assert "0.50 without, 0.80 with it, +0.300 (+0.100 to +0.500, beyond chance" in effect_sentence(
        "no x", "w", "potential_corr"
    )


def test_an_arm_that_adds_has_the_component_itself(table):
    assert "0.80 without, 0.50 with it, -0.300 (-0.500 to -0.100" in effect_sentence(
        "with y", "w", "potential_corr"
    )


def test_what_was_not_measured_has_no_sentence(table):
    assert effect_sentence("no x", "elsewhere", "potential_corr") == ""

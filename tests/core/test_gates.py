import json

import pytest

from epidecouple.core.errors import InputError
from epidecouple.core.gates import (
    FAILED,
    GUARD,
    NOT_APPLICABLE,
    NOTED,
    PASSED,
    load_rows,
    rows_of,
    sentences,
    values_of,
    verdict,
)
from epidecouple.core.gates import judge as compare
from epidecouple.core.provenance import Measured, write_metrics
from epidecouple.stages import gate, judge
from epidecouple.stages.runner import call

ROW = {
    "gate": "fit",
    "metric": "x",
    "must_be": "le",
    "value": 1.0,
    "why": "because of this",
    "remedy": "do that instead",
}


def outcome(metrics: dict, **changes) -> str:
    return compare([ROW | changes], metrics)[0].outcome


@pytest.mark.parametrize(
    ("must_be", "value", "expected"),
    [
        ("le", 1, PASSED),
        ("le", 1.01, FAILED),
        ("ge", 1, PASSED),
        ("ge", 0.99, FAILED),
        ("eq", 1, PASSED),
        ("eq", 1.01, FAILED),
    ],
)
def test_each_comparison_on_both_sides_of_its_threshold(must_be, value, expected):
    assert outcome({"x": value}, must_be=must_be) == expected


@pytest.mark.parametrize(
    "metrics", [{}, {"x": None}, {"x": float("nan")}, {"x": float("-inf")}, {"x": "0"}]
)
def test_what_is_missing_or_not_a_number_fails(metrics):
    assert outcome(metrics) == FAILED


def test_a_row_whose_condition_does_not_hold_is_not_applicable_and_not_passed():
    condition = [{"metric": "rows", "must_be": "ge", "value": 10}]
    assert outcome({"x": 0, "rows": 9}, applies_when=condition) == NOT_APPLICABLE
    assert outcome({"x": 0}, applies_when=condition) == NOT_APPLICABLE
    assert outcome({"x": 0, "rows": 10}, applies_when=condition) == PASSED
    assert outcome({"x": 2, "rows": 10}, applies_when=condition) == FAILED


def test_a_row_that_only_notes_never_fails():
    assert outcome({"x": 2}, on_failure="note") == NOTED
    assert outcome({"x": 1}, on_failure="note") == PASSED
    noted = verdict("fit", compare([ROW | {"on_failure": "note"}], {"x": 2}), waived=False)
    assert noted["passed"] and sentences(noted) == []


def test_a_stage_gets_the_values_of_the_checks_it_acts_on_and_no_others():
    own = {
        "fit.train_aupr": {"value": 0.8, "why": "a small set"},
        "fit.skill_lift_lower": {"value": 1, "why": "not for the guard"},
    }
    assert values_of(GUARD, own) == {
        "fit.train_aupr": {"value": 0.8},
        "fit.train_minus_validation_aupr": {"value": 0.25},
    }


def test_a_sentence_holds_the_label_of_the_metric():
    row = ROW | {"metric": "skill_lift_lower"}
    (sentence,) = sentences(verdict("fit", compare([row], {"skill_lift_lower": 3}), waived=False))
    assert sentence.startswith("GATE fit FAILED: AUPR minus that of the best")
    assert "lower end of the 95 % interval (skill_lift_lower) is 3, need <= 1." in sentence


def test_verdict_fails_with_one_failed_check_and_a_waiver_is_visible():
    checks = compare([ROW, ROW | {"metric": "y"}], {"x": 0, "y": 5})
    assert verdict("fit", checks, waived=False)["passed"] is False
    waived = verdict("fit", checks, waived=True)
    assert (
        waived["passed"] is True
        and waived["waived"] is True
        and waived["checks"][1]["outcome"] == FAILED
    )


def test_sentence_names_metric_value_threshold_and_remedy():
    found = sentences(
        verdict("fit", compare([ROW, ROW | {"metric": "y"}], {"x": 3.25}), waived=False)
    )
    assert found == [
        "GATE fit FAILED: x is 3.25, need <= 1. Do that instead.",
        "GATE fit FAILED: y is missing, need <= 1. Do that instead.",
    ]


def test_a_run_replaces_a_threshold_and_says_why():
    own = {"fit.train_minus_validation_aupr": {"value": 0.5, "why": "a small set"}}
    rows = {row["metric"]: row for row in rows_of("fit", own)}
    assert (
        rows["train_minus_validation_aupr"]["value"] == 0.5
        and rows["train_minus_validation_aupr"]["why"] == "a small set"
    )
    assert {row["gate"] for row in rows.values()} == {"fit"} and len(rows) > 1
    with pytest.raises(InputError, match=r"fit\.nothing.*Known: .*fit\.skill_lift_lower"):
        rows_of("fit", {"fit.nothing": {"value": 1, "why": "no such row"}})


def test_rows_are_complete_and_unique():
    rows = load_rows()
    names = [(row["gate"], row["metric"]) for row in rows]
    assert len(set(names)) == len(names)
    assert {gate for gate, _ in names} == {
        "download",
        "data",
        "subset",
        "fit",
        "recovery",
        "resistance",
        "decoupling",
        "biology",
        "loops",
        "crispr",
    }


def test_a_malformed_row_is_refused(tmp_path):
    (tmp_path / "gates.yaml").write_text(json.dumps([ROW | {"must_be": "lt"}]))
    with pytest.raises(InputError, match=r"gates\.yaml: row \[0, 'must_be'\]"):
        load_rows(tmp_path / "gates.yaml")


def judged(tmp_path, waive, **metrics) -> dict:
    write_metrics(tmp_path / "m.json", "judge", Measured(metrics), "{}")
    settings = json.dumps({"thresholds": {}, "waive": waive})
    arguments = [
        "--gate",
        "resistance",
        "--settings",
        settings,
        "--metrics",
        str(tmp_path / "m.json"),
    ]
    call(judge.judge, [*arguments, "--verdict", str(tmp_path / "verdict.json")])
    return json.loads((tmp_path / "verdict.json").read_text())


@pytest.mark.parametrize(
    ("value", "waive", "status"),
    [(0.1, [], 0), (-0.1, [], 1), (-0.1, ["resistance"], 0), (float("nan"), [], 1)],
)
def test_judge_always_writes_and_the_gate_exits_as_the_verdict_says(
    tmp_path, caplog, value, waive, status
):
    found = judged(tmp_path, waive, balanced_gain_lower=value, balanced_gain=0.1)
    assert found["checks"][0]["why"] and found["passed"] is (status == 0)
    with pytest.raises(SystemExit) as stopped:
        call(gate.gate, ["--verdict", str(tmp_path / "verdict.json")])
    assert stopped.value.code == status
    assert ("GATE resistance FAILED" in caplog.text) is (not value > 0)

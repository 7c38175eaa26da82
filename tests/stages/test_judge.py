"""The judge: whether what a gate reads was measured on the model that the gate is about."""

import json

import pytest

from epidecouple.core.gates import sentences
from epidecouple.core.provenance import Measured, write_metrics
from epidecouple.stages.judge import judge
from epidecouple.stages.runner import call

GATES = {
    "subset": ("train_subset", "diagnose_subset"),
    "fit": ("train_full", "evaluate"),
    "recovery": ("recovery",),
    "decoupling": ("evaluate", "diagnose"),
    "biology": ("biology", "motifs"),
}


def written(run, stage, *inputs):
    """The metrics of a stage that read some files of the run."""
    paths = [run / name for name in inputs]
    write_metrics(run / stage / "metrics.json", "judge", Measured({"x": 1}, paths), "{}")


@pytest.fixture
def run(tmp_path):
    """The folder of a run in which every stage read the model that it should."""
    for name in ("train_subset/model.safetensors", "train_full/model.safetensors"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(f"weights of {name}")
    for name in ("evaluate/energies.parquet", "simulated/truth.parquet"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(name)
    full = "train_full/model.safetensors"
    for stage in ("train_subset", "diagnose_subset"):
        written(tmp_path, stage, "train_subset/model.safetensors")
    for stage in ("train_full", "evaluate", "diagnose"):
        written(tmp_path, stage, full)
    written(tmp_path, "recovery", "evaluate/energies.parquet", "simulated/truth.parquet")
    for stage in ("biology", "motifs"):
        written(tmp_path, stage, full, "evaluate/energies.parquet")
    return tmp_path


def judged(run, gate, *stages):
    """Value of the check, and the sentences of the verdict that name it."""
    trained = "train_subset" if gate == "subset" else "train_full"
    metrics = [str(run / stage / "metrics.json") for stage in stages or GATES[gate]]
    arguments = ["--gate", gate, "--settings", json.dumps({"thresholds": {}, "waive": []})]
    arguments += ["--verdict", str(run / "verdict.json"), "--metrics", *metrics]
    call(judge, [*arguments, "--model", str(run / trained / "model.safetensors")])
    verdict = json.loads((run / "verdict.json").read_text())
    found = {check["metric"]: check["value"] for check in verdict["checks"]}
    said = [text for text in sentences(verdict) if "files_of_another_model" in text]
    return found["files_of_another_model"], said


@pytest.mark.parametrize("gate", GATES)
def test_evidence_of_the_right_model_passes(run, gate):
    assert judged(run, gate) == (0, [])


def test_a_gate_that_reads_the_metrics_of_the_small_training_fails_with_a_sentence(run, caplog):
    value, (sentence,) = judged(run, "fit", "train_subset", "evaluate")
    assert value == 1
    assert sentence.startswith(
        "GATE fit FAILED: Files of metrics that were measured on another model"
        " (files_of_another_model) is 1, need = 0. Remove"
    )
    assert "train_subset/metrics.json was not measured on" in caplog.text


def test_a_stage_that_read_the_small_model_fails(run):
    written(run, "evaluate", "train_subset/model.safetensors")
    assert judged(run, "fit")[0] == 1
    assert judged(run, "recovery")[0] == 1, "its energies are those of the small model"
    assert judged(run, "biology")[0] == 2


def test_a_model_that_was_trained_again_leaves_nothing_that_was_measured_before(run):
    (run / "train_full/model.safetensors").write_text("other weights")
    assert judged(run, "decoupling")[0] == 2


def test_energies_that_were_replaced_are_of_no_model(run):
    (run / "evaluate/energies.parquet").write_text("other energies")
    assert judged(run, "recovery")[0] == 1


def test_metrics_without_a_record_are_of_no_model(run):
    (run / "diagnose/provenance.json").unlink()
    assert judged(run, "decoupling")[0] == 1

import dataclasses
import shutil

import pytest

from epidecouple.core.provenance import fingerprint, read_json, write_json
from epidecouple.prediction.bundle import (
    ADDED,
    HELD_OUT,
    TRAINING,
    Bundle,
    LineRecord,
    find_bundle,
    find_input,
    read_bundle,
    write_bundle,
)
from toy import refusal, says, written


def record(role: str) -> LineRecord:
    return LineRecord(
        role, {"DNase": {"present": True, "mean": 0.1, "sd": 2.0}}, 0.7, -0.3, 0.2, {}
    )


@pytest.fixture
def run(tmp_path):
    """A working directory with a run whose bundle names its lines out of alphabetical order."""
    folder = tmp_path / "work/results/mine/model"
    written(folder / "model.safetensors", "weights")
    lines = {"Zeta": record(TRAINING), "Alpha": record(TRAINING), "Mu": record(HELD_OUT)}
    weights = fingerprint(folder / "model.safetensors")
    sizes, splits = {"chr2": 9}, {"train": ["chr2"]}
    write_bundle(
        Bundle(
            "mine", "results/mine/model", weights, "data/g.fa", sizes, splits, [1, 5], 0.9, lines
        ),
        folder,
    )
    return folder.parent


def test_a_record_comes_back_with_its_lines_in_order(run):
    bundle = read_bundle(run / "model")
    assert list(bundle.lines) == ["Zeta", "Alpha", "Mu"] and bundle.training_lines == [
        "Zeta",
        "Alpha",
    ]
    assert (
        bundle.lines["Mu"] == record(HELD_OUT)
        and bundle.slope == 0.9
        and bundle.distance_bp == [1, 5]
    )


def test_only_training_lines_are_calibrated():
    assert [record(role).calibrated for role in (TRAINING, HELD_OUT, ADDED)] == [True, False, False]


def test_a_run_and_its_model_folder_and_a_copy_are_found(run, tmp_path):
    copied = shutil.copytree(run / "model", tmp_path / "copy")
    assert find_bundle(run) == find_bundle(run / "model") == run / "model"
    assert read_bundle(find_bundle(copied)) == read_bundle(run / "model")
    says(refusal(find_bundle, tmp_path), f"{tmp_path}: ", "no trained model", "results/<run>")


def test_changed_weights_and_other_formats_are_refused(run):
    path = run / "model/prediction.json"
    written(run / "model/model.safetensors", "other")
    says(refusal(read_bundle, run / "model"), "model.safetensors: ", "not the weights")
    write_json(path, read_json(path) | {"format": 0})
    says(refusal(read_bundle, run / "model"), f"{path}: ", "another version")


def test_inputs_are_looked_for_where_the_run_was_made_then_below_its_folder_then_here(
    run, tmp_path, monkeypatch
):
    bundle, folder = read_bundle(run / "model"), run / "model"
    monkeypatch.chdir(tmp_path)
    assert str(find_input("data/g.fa", folder, bundle)) == "data/g.fa"
    own = written(tmp_path / "work/data/g.fa", ">")
    written(tmp_path / "data/g.fa", ">")
    assert find_input("data/g.fa", folder, bundle) == own
    moved = shutil.copytree(run, tmp_path / "elsewhere/renamed")
    peaks = written(moved / "simulated/p.gz", "")
    assert find_input("results/mine/simulated/p.gz", moved / "model", bundle) == peaks
    assert str(find_input("data/g.fa", moved / "model", bundle)) == "data/g.fa"


def test_a_record_does_not_change(run):
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_bundle(run / "model").slope = 1

"""Names that would lead predictions out of the folder of the run."""

import shutil

import pytest

from epidecouple.core.paths import EXAMPLE, ROOT
from epidecouple.core.provenance import read_json, write_json
from epidecouple.prediction.bundle import read_bundle
from epidecouple.prediction.request import request_of
from toy import refusal, says


@pytest.mark.parametrize(
    "name", ["-rf", "..", ".", "a/b", "../a", "a\nb", "a\n", "a b", "$(touch x)", ".hid"]
)
def test_predictions_stay_below_their_folder(toy_bundle, name):
    pairs = toy_bundle.root / "results/demo/panel/pairs.tsv"
    asked = {"pairs": str(pairs), "model": str(toy_bundle.run), "name": name}
    says(refusal(request_of, asked), "name", "should match")


@pytest.mark.parametrize("name", ["-rf", "..", "a/b", "$(touch x)", "a\nb"])
def test_predictions_of_the_regulation_score_stay_below_their_folder_too(name):
    """Their request is another record, with names of the same rule."""
    asked = {"pairs": str(EXAMPLE / "pairs.bed"), "model": str(ROOT / "models/regulation")}
    assert request_of(asked).name == "pairs"
    says(refusal(request_of, asked | {"name": name}), "name", "should match")
    says(refusal(request_of, asked | {"pairs": "-rf"}), "pairs")


@pytest.mark.parametrize("run", ["../../evil", "/tmp/evil", "a\nb", "-rf"])
def test_a_model_from_elsewhere_names_no_folder_outside(toy_bundle, tmp_path, run):
    folder = shutil.copytree(toy_bundle.run / "model", tmp_path / "model")
    write_json(folder / "prediction.json", read_json(folder / "prediction.json") | {"run": run})
    (tmp_path / "pairs.tsv").write_text("x")
    asked = {"pairs": str(tmp_path / "pairs.tsv"), "model": str(folder)}
    message = refusal(lambda: request_of(asked).folder)
    says(message, folder / "prediction.json", "name that no run can have")


@pytest.mark.parametrize("change", [{"run": 3}, {"lines": {}}, {"order": None}, {"extra": 1}])
def test_a_record_that_no_run_writes_is_refused(toy_bundle, tmp_path, change):
    folder = shutil.copytree(toy_bundle.run / "model", tmp_path / "model")
    record = folder / "prediction.json"
    write_json(record, read_json(record) | change)
    says(refusal(read_bundle, folder), record, "not whole")

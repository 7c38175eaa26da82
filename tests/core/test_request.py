"""What every request for predictions shares."""

import pytest

from epidecouple.core.sections.request import table_name
from epidecouple.prediction.request import Request
from epidecouple.pretrained.loop_request import LoopRequest
from epidecouple.pretrained.regulation_request import RegulationRequest
from toy import refusal, says

KINDS = [Request, RegulationRequest, LoopRequest]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("EnhancerPredictions.K562.tsv", "EnhancerPredictions.K562"),
        ("a/b.GM12878.bedpe.gz", "b.GM12878"),
        ("my.csv", "my"),
        ("rep.1", "rep.1"),
    ],
)
def test_a_table_s_folder_has_its_whole_name(file, name):
    assert table_name(file) == name


@pytest.mark.parametrize(
    "file", ["...tsv", "..bed", "a/.hidden.tsv", "./-rf.bed", "{x}.csv", ".gz"]
)
def test_a_table_whose_name_leads_elsewhere_is_refused(file):
    says(refusal(table_name, file), file, "cannot go to a folder", "name=")


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_is_read_back_from_its_settings(kind):
    request = kind(pairs="my.bed", model="a", name="mine", results="out", threads=3)
    assert kind.from_json(request.settings) == request


@pytest.mark.parametrize("kind", [RegulationRequest, LoopRequest])
def test_output_stands_below_the_results_the_model_and_its_own_name(kind):
    request = kind(pairs="my.bed", model="models/a", name="mine", results="out")
    assert request.folder == "out/a/predict/mine"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("changes", [{"pairs": ""}, {"model": ""}, {"threads": 0}, {"name": "-x"}])
def test_a_key_that_all_kinds_have_is_held_to_the_same_bounds(kind, changes):
    keys = {"pairs": "my.bed", "model": "a", "name": "mine", "threads": 1}
    assert kind(**keys)
    with pytest.raises(ValueError):
        kind(**keys | changes)

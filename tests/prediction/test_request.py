import gzip
import json
from pathlib import Path

import pytest
import yaml

from epidecouple.core.config import Config
from epidecouple.prediction.request import Request, listed_peaks, request_of
from epidecouple.pretrained.request import listed_marks
from toy import ROOT, refusal, says, written


@pytest.fixture
def asked(toy_bundle, tmp_path):
    """The least that a request says, on files that are there."""
    return {"pairs": str(written(tmp_path / "my.pairs.tsv", "")), "model": str(toy_bundle.run)}


def test_two_keys_are_enough(asked):
    request = request_of(asked)
    assert (request.name, request.lines, request.peaks, request.explain, request.genome) == (
        "my.pairs",
        [],
        {},
        0,
        "",
    )
    assert request.folder == "results/demo/predict/my.pairs" and len(request.model_fingerprint) == 2
    assert Request.from_json(request.settings) == request and request.files == [asked["pairs"]]


def test_the_keys_of_a_run_play_no_part(asked):
    """Snakemake reads the default configuration too, where nothing else is given."""
    default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    assert request_of({**default, **asked}) == request_of(asked)


def test_few_keys_are_of_both():
    both = set(Config.model_fields) & set(Request.model_fields)
    assert both == {"model", "results", "threads"}


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"lins": ["LineA"]}, ["unknown key 'lins'", "lines"]),
        ({"explain": -1}, ["'explain': -1 should be greater than or equal to 0"]),
        ({"lines": "LineA"}, ["'lines'", "list"]),
        ({"model": {"filters": 3}}, ["needs a trained model", "model=results/<run>"]),
        ({"model": "results/none"}, ["results/none: ", "no trained model"]),
        ({"pairs": "none.tsv"}, ["none.tsv: ", "no such file"]),
        ({"genome": "none.fa"}, ["none.fa: ", "no such file"]),
        ({"peaks": {"Mine": {"CTCF": "none.bed"}}}, ["none.bed: ", "no such file"]),
        ({"peaks": "none.tsv"}, ["none.tsv: ", "no such file", "mark"]),
    ],
)
def test_a_wrong_request_is_refused(asked, changes, parts):
    says(refusal(request_of, asked | changes), *parts)


def test_a_misspelt_key_is_named_with_the_nearest_one(asked):
    without = {name: value for name, value in asked.items() if name != "model"}
    says(refusal(request_of, without | {"modle": "results/demo"}), "unknown key 'modle'", "model=")
    says(refusal(request_of, without | {"threads": 2}), "predict needs a trained model.")
    says(refusal(request_of, asked | {"explian": 1}), "Did you mean 'explain'? Known keys here: ")


def test_a_mistake_is_told_with_its_line(asked, tmp_path):
    file = written(tmp_path / "request.yaml", yaml.safe_dump(asked | {"explain": "all"}))
    line = next(
        n
        for n, text in enumerate(file.read_text().splitlines(), start=1)
        if text.startswith("explain")
    )
    says(
        refusal(request_of, yaml.safe_load(file.read_text()), [file]),
        f"{file}:{line}: ",
        "'explain'",
    )


def test_peaks_may_be_listed_in_a_table(asked, tmp_path):
    one, two = (str(written(tmp_path / f"{n}.bed", "")) for n in (1, 2))
    listed = written(
        tmp_path / "peaks.tsv",
        f"cell_line\tmark\tpath\nMine\tCTCF\t{one}\n\nMine\tDNase\t{two}\nHers\tCTCF\t{two}\n",
    )
    expected = {"Mine": {"CTCF": one, "DNase": two}, "Hers": {"CTCF": two}}
    assert listed_peaks(listed) == expected
    assert request_of(asked | {"peaks": str(listed)}) == request_of(asked | {"peaks": expected})
    assert json.loads(request_of(asked | {"peaks": str(listed)}).settings)["peaks"] == expected


@pytest.mark.parametrize("text", ["", "line\tmark\tpath\n", "cell_line\tmark\tpath\nMine\tCTCF\n"])
def test_a_list_of_peaks_without_its_columns_is_refused(tmp_path, text):
    path = written(tmp_path / "peaks.tsv", text)
    told = "'path'" if "CTCF" not in text else "2 fields where 3 are needed"
    says(refusal(listed_peaks, path), f"{path}:", told)


@pytest.mark.parametrize(
    "content",
    [
        "# mine\n\nmark\tpath\nDNase\td.bed\n",
        "mark,path\r\nDNase,d.bed\r\n",
        "\ufeffmark\tpath\nDNase \td.bed\t\n",
        gzip.compress(b"mark\tpath\nDNase\td.bed\n", mtime=0),
        "mark\tpath\nDNase\td.bed\n".encode("utf-16"),
    ],
)
def test_a_list_of_marks_is_read_as_every_table(tmp_path, content):
    path = tmp_path / "peaks.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert listed_marks(path) == {"DNase": "d.bed"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mark\tpath\n", "this list of peaks has no rows"),
        ("mark\tpath\nDNase\ta\nCTCF\tb\nDNase\tc\n", ":4: DNase is listed twice"),
        ("mark\tpath\nDNase\t\n", ":2: path is empty"),
        ("cell_line\tmark\tpath\nA\tDNase\ta\nB\tCTCF\tb\n", "is of the lines A, B, and one is"),
        ("Mark\tPath\nDNase\ta\n", ":1: the columns are ['Mark', 'Path']. Give ['mark', 'path']"),
    ],
)
def test_a_list_of_marks_that_says_too_little_is_refused(tmp_path, text, told):
    says(refusal(listed_marks, written(tmp_path / "peaks.tsv", text)), told)


def test_a_mark_listed_twice_is_refused(tmp_path):
    text = "cell_line\tmark\tpath\nMine\tCTCF\ta\nMine\tCTCF\tb\n"
    path = written(tmp_path / "peaks.tsv", text)
    says(refusal(listed_peaks, path), f"{path}:3: CTCF of Mine is listed twice")


def test_another_table_s_predictions_are_not_replaced(asked, toy_bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Path(request_of(asked).folder)
    record = {"settings": {"pairs": "other/my.pairs.tsv"}}
    written(folder / "provenance.json", json.dumps(record))
    says(refusal(request_of, asked), f"{folder}: ", "predictions of other/my.pairs.tsv", "name=")
    assert request_of(asked | {"name": "mine"}).name == "mine"
    written(folder / "provenance.json", json.dumps({"settings": {"pairs": asked["pairs"]}}))
    assert request_of(asked).folder == str(folder)


def test_a_key_that_stands_twice_is_refused(asked, tmp_path):
    file = written(tmp_path / "request.yaml", "peaks:\n  A: {CTCF: a.bed, CTCF: b.bed}\n")
    says(refusal(request_of, asked, [file]), f"{file}:2: key 'CTCF' stands twice")

import numpy as np
import pandas as pd
import pytest

from epidecouple import load_model
from epidecouple.core.provenance import read_metrics
from epidecouple.files.tracks import TRACKS, interact
from epidecouple.prediction.request import request_of
from epidecouple.stages.score_pairs import most_probable
from toy import refusal, run_main, says
from track_rules import parse_interact


@pytest.fixture(scope="module")
def predicted(toy_bundle, tmp_path_factory):
    """The stage on five pairs, one of them wrong, in a training line and in one that only peaks
    describe.
    """
    return predict_five(toy_bundle, tmp_path_factory.mktemp("predict"))


def predict_five(toy_bundle, folder):
    pairs = toy_bundle.pairs.head(5).astype(str)
    pairs.loc[2, "promoter_end"] = "x"
    pairs.to_csv(folder / "my.tsv", sep="\t", index=False)
    peaks = {"Mine": {mark: str(path) for mark, path in toy_bundle.peaks("MixH").items()}}
    request = {
        "pairs": str(folder / "my.tsv"),
        "model": str(toy_bundle.run),
        "lines": ["LineC", "Mine"],
        "peaks": peaks,
        "explain": 3,
    }
    run_main(
        "score_pairs",
        folder,
        vars(request_of(request)),
        folder=folder / "out",
        metrics=folder / "out/metrics.json",
    )
    return folder


@pytest.mark.parametrize("rows", [1, 2])
def test_blocks_of_any_size_make_the_same_files(predicted, toy_bundle, tmp_path, monkeypatch, rows):
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", rows)
    predict_five(toy_bundle, tmp_path)
    blocks, whole = tmp_path / "out", predicted / "out"
    assert read_metrics(blocks / "metrics.json") == read_metrics(whole / "metrics.json")
    for name in ("predictions.tsv", "marks.tsv", "bases.tsv"):
        pd.testing.assert_frame_equal(read(blocks / name), read(whole / name), rtol=0, atol=1e-5)
    for name in TRACKS:
        words = [
            [line.split("\t")[:5] for line in (of / name).read_text().splitlines()]
            for of in (blocks, whole)
        ]
        assert words[0] == words[1] and len(words[0]) > 8


def read(path) -> pd.DataFrame:
    return pd.read_csv(
        path,
        sep="\t",
        keep_default_na=False,
        na_values={"U_I": "", "R_E": "", "logit": "", "probability": ""},
    )


def test_the_table_is_what_python_gives(predicted, toy_bundle):
    model = load_model(toy_bundle.run)
    model.add_line("Mine", toy_bundle.peaks("MixH"))
    expected, found = (
        model.score(predicted / "my.tsv", ["LineC", "Mine"]),
        read(predicted / "out/predictions.tsv"),
    )
    assert list(found.columns) == list(expected.columns) and len(found) == 10
    numbers = ["U_I", "R_E", "logit", "probability"]
    np.testing.assert_allclose(found[numbers].astype(float), expected[numbers], atol=1e-12)
    assert found.cell_line.tolist() == ["LineC", "Mine"] * 5
    assert (found.reason != "").tolist() == [False] * 4 + [True] * 2 + [False] * 4


def test_the_tracks_hold_every_scored_row(predicted, monkeypatch):
    monkeypatch.setattr("track_rules.SIZES", {f"chr{n}": 10**9 for n in range(1, 23)})
    tracks = parse_interact((predicted / "out/predictions.interact").read_text())
    assert {name: len(rows) for name, rows in tracks.items()} == {"LineC": 4, "Mine": 4}
    assert (predicted / "out/predictions.bedpe").read_text().count("\n") == 1 + 8


def test_the_most_probable_rows_are_explained(predicted):
    table = read(predicted / "out/predictions.tsv")
    chosen = most_probable(table, 3)
    assert chosen.probability.tolist() == sorted(table.probability.dropna(), reverse=True)[:3]
    marks, bases = read(predicted / "out/marks.tsv"), read(predicted / "out/bases.tsv")
    assert set(zip(marks.row, marks.cell_line, strict=True)) == set(
        zip(chosen.row, chosen.cell_line, strict=True)
    )
    assert set(bases.row) == set(chosen.row)


def test_the_summary_counts_rows(predicted):
    metrics = read_metrics(predicted / "out/metrics.json")
    assert metrics == {
        "rows": 10,
        "scored": 8,
        "not_scored": 2,
        "calibrated": 4,
        "scored_in_LineC": 4,
        "scored_in_Mine": 4,
    }


def scored_alone(toy_bundle, folder, table):
    """The stage on a table in the folder, without lines of its own."""
    table.to_csv(folder / "none.tsv", sep="\t", index=False)
    request = request_of({"pairs": str(folder / "none.tsv"), "model": str(toy_bundle.run)})
    metrics = folder / "out/metrics.json"
    run_main("score_pairs", folder, vars(request), folder=folder / "out", metrics=metrics)


def test_nothing_scored_is_an_error_with_the_first_reason_and_its_line(toy_bundle, tmp_path):
    table = toy_bundle.pairs.head(2).assign(enhancer_chrom="1", promoter_chrom="1")
    says(
        refusal(scored_alone, toy_bundle, tmp_path, table),
        "none.tsv:2: chromosome 1 is not in the genome, which has chr1",
        "none of 16 rows" if len(load_model(toy_bundle.run).lines) == 8 else "none of",
    )
    named = toy_bundle.pairs.head(1).assign(cell_line="linea")
    says(refusal(scored_alone, toy_bundle, tmp_path, named), ":2: cell line 'linea' is unknown")
    says(refusal(scored_alone, toy_bundle, tmp_path, table.head(0)), "none.tsv: ", "no pairs")
    assert not (tmp_path / "out").exists()


def test_explanations_of_an_earlier_call_do_not_stay(toy_bundle, tmp_path):
    (tmp_path / "out").mkdir()
    for name in ("marks.tsv", "bases.tsv"):
        (tmp_path / "out" / name).write_text("row\n")
    scored_alone(toy_bundle, tmp_path, toy_bundle.pairs.head(1))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "predictions.tsv" in names and not names & {"marks.tsv", "bases.tsv"}


def test_a_point_is_scored_and_drawn(toy_bundle, tmp_path):
    """ABC's BEDPE has a TSS of length 0: its score is that of any interval around it."""
    table = toy_bundle.pairs.head(1).copy()
    middle = (table.promoter_start + table.promoter_end) // 2
    model = load_model(toy_bundle.run)
    point = model.score(table.assign(promoter_start=middle, promoter_end=middle), "LineC")
    assert point.logit.tolist() == model.score(table, "LineC").logit.tolist()
    drawn = interact(point).iloc[0]
    assert (drawn.targetStart, drawn.targetEnd) == (middle[0], middle[0] + 1)

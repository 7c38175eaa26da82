"""Pairs as users bring them, scored by R of loops in one line against others."""

import pandas as pd
import pytest

from epidecouple.experiments.excerpt import write_peaks
from epidecouple.files.tracks import TRACKS
from epidecouple.pretrained.checksums import write_checksums
from epidecouple.pretrained.loop_model import save_loop_model
from epidecouple.pretrained.loop_request import LoopRequest
from epidecouple.stages.score_loops import score_loops
from toy import refusal, says, written
from toy_loops import LINES, LOCI, PEAKS, toy_model

ELEMENT, TSS = 60_000, 110_000
GENES = f"chr\tstart\tend\tname\tscore\tstrand\nchr1\t{TSS - 250}\t{TSS + 250}\tABC1\t0\t+\n"
HEAD = ["chrom", "start", "end", "gene", "promoter_chrom", "promoter_start", "promoter_end"]


def row(element, gene="", promoter=None):
    """A pair as a row of text, its promoter by a gene or by coordinates."""
    ends = ["chr1", promoter - 100, promoter + 100] if promoter else ["", "", ""]
    return ",".join(map(str, ["chr1", element - 200, element + 200, gene, *ends]))


ROWS = [
    row(ELEMENT, "ABC1"),
    row(ELEMENT, promoter=TSS),
    row(TSS, promoter=ELEMENT),
    row(ELEMENT, "nobody"),
    row(ELEMENT, promoter=ELEMENT + 90_000),
]
PAIRS = "\n".join([",".join(HEAD), *ROWS, ""])
SCORED = [0, 1, 2, 4]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A model's folder, and the peak files of its lines."""
    folder = tmp_path_factory.mktemp("loops")
    save_loop_model(toy_model(), folder)
    write_checksums(folder)
    files = {
        line: {mark: folder / f"{line}.{mark}.bed.gz" for mark in PEAKS[line]} for line in LINES
    }
    for line, of_line in files.items():
        for mark, path in of_line.items():
            write_peaks(PEAKS[line][mark], path)
    return folder, files


@pytest.fixture
def predicted(place, tmp_path, monkeypatch):
    folder, files = place
    monkeypatch.setattr(LoopRequest, "compared_files", files)
    pairs, genes = (
        str(written(tmp_path / name, text)) for name, text in (("a.csv", PAIRS), ("g.bed", GENES))
    )

    def score(**keys):
        request = LoopRequest(pairs=pairs, model=str(folder), genes=genes, **keys)
        counts = score_loops(request, tmp_path / "out").metrics
        table = pd.read_csv(tmp_path / "out" / "predictions.tsv", sep="\t", keep_default_na=False)
        return table, counts

    return score


def test_a_known_line_is_read_against_the_mean_of_all(predicted, tmp_path):
    table, counts = predicted(line=LINES[1])
    assert counts == {
        "line": LINES[1],
        "rows": 5,
        "scored": 4,
        "not_scored": 1,
        "missing_marks": "",
    }
    of_lines = table[[f"resistance_{line}" for line in LINES]].iloc[SCORED].astype(float)
    own, mean, against = (
        table[name].iloc[SCORED].astype(float)
        for name in ("resistance", "mean_of_lines", "against_lines")
    )
    assert own.tolist() == of_lines[f"resistance_{LINES[1]}"].tolist()
    assert mean.to_numpy() == pytest.approx(of_lines.mean(axis=1).to_numpy(), rel=1e-4)
    assert against.to_numpy() == pytest.approx((own - mean).to_numpy(), abs=1e-4)
    assert of_lines.to_numpy().std() > 0 and "fitted on this line's loops" in table.doubts[0]
    drawn = pd.read_csv(tmp_path / "out" / "predictions.bedpe", sep="\t")
    darkest = drawn.score.idxmax()
    assert len(drawn) == len(SCORED) and darkest == drawn.against_lines.idxmin()


def test_a_gene_coordinates_and_anchors_that_change_places_say_the_same(predicted):
    table, _ = predicted(line=LINES[0])
    assert table.resistance[:3].nunique() == 1 and set(table.distance_bp[:3]) == {
        str(TSS - ELEMENT)
    }
    assert "nobody" in table.reason[3] and table.resistance[3] == ""


def test_a_line_of_your_own_is_as_its_twin_and_lacks_a_mark_aloud(predicted, place):
    peaks = {mark: str(path) for mark, path in place[1][LINES[2]].items()}
    table, _ = predicted(line="Mine", peaks=peaks)
    assert float(table.resistance[0]) == pytest.approx(
        float(table[f"resistance_{LINES[2]}"][0]), rel=1e-4
    )
    assert table.doubts[0] == ""
    table, counts = predicted(line="Mine", peaks={"CTCF": peaks["CTCF"]})
    assert table.doubts[0] == "missing: H3K27ac" and counts["missing_marks"] == "H3K27ac"


def test_peaks_of_another_naming_are_refused_in_place_of_read_as_none(predicted, tmp_path):
    table = pd.concat(PEAKS[LINES[2]].values()).assign(chrom="1")
    write_peaks(table, tmp_path / "ensembl.bed.gz")
    peaks = {"CTCF": str(tmp_path / "ensembl.bed.gz")}
    says(refusal(predicted, line="Mine", peaks=peaks), "ensembl.bed.gz", "table of genes", "chr1")


def test_anchors_that_the_panel_has_few_of_deserve_doubt(predicted):
    assert set(LOCI.right - LOCI.left) == {TSS - ELEMENT}
    table, _ = predicted(line=LINES[0])
    assert [("as far" in table.doubts[row]) for row in SCORED] == [False, False, False, True]


@pytest.mark.parametrize("rows", [1, 3])
def test_blocks_of_any_size_make_the_same_files(predicted, tmp_path, monkeypatch, rows):
    """A block without a scored row and one without a wrong one among them."""
    names = ("predictions.tsv", *TRACKS)
    _, counts = predicted(line=LINES[0])
    whole = [(tmp_path / "out" / name).read_text() for name in names]
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", rows)
    assert predicted(line=LINES[0])[1] == counts
    assert [(tmp_path / "out" / name).read_text() for name in names] == whole

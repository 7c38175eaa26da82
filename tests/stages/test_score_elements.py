"""Elements and genes as users bring them, scored by the regulation model of the repository."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import track_rules
from epidecouple import RegulationScorer, load_model
from epidecouple.core.errors import InputError
from epidecouple.core.paths import EXAMPLE, ROOT
from epidecouple.core.provenance import read_json, write_json
from epidecouple.core.sections.targets import CrisprConfig, LoopPanelConfig
from epidecouple.evaluation.crispr_scores import ZERO_SHOT
from epidecouple.experiments.excerpt import Excerpt, write_peaks
from epidecouple.files.elements_to_score import read_elements
from epidecouple.files.peaks import read_peaks
from epidecouple.files.tracks import INTERACT_COLUMNS, TRACKS
from epidecouple.prediction.request import request_of
from epidecouple.pretrained.regulation_model import load_regulation
from epidecouple.pretrained.regulation_scores import marks_of_excerpt
from epidecouple.regulation.score import PARTS
from epidecouple.report.prediction_page import render
from epidecouple.samples.library import Name, read_library
from epidecouple.stages.example import HEAD, scored_pairs
from epidecouple.stages.score_elements import score_elements
from epidecouple.stages.score_loops import score_loops
from epidecouple.statistics.operating_points import operating_point
from pipeline import run_snakemake
from toy import refusal, says, written
from toy_bigwig import bigwig

FOLDER = ROOT / CrisprConfig().model
PAIRS = EXAMPLE / "pairs.bed"
MARKS = {mark: str(Excerpt(EXAMPLE).peaks(mark)) for mark in Excerpt(EXAMPLE).marks}
GENES = str(Excerpt(EXAMPLE).genes)
# An element of HBE1 in several words, its TSS, and as many bp that hg38 has before it here.
ELEMENT, TSS, SHIFT = ("chr11", 5_301_800, 5_302_300), 5_291_373, 1_000
CHAIN = f"chain 1 chr11 135086622 + {SHIFT} 10001000 chr11 135006516 + 0 10000000 1\n10000000\n\n"


@pytest.fixture(scope="module", autouse=True)
def excerpt_read_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("epidecouple.pretrained.scorer.marks_of_excerpt", cache(marks_of_excerpt))
        yield


def predicted(folder, **request):
    """Predictions of a request, and what was counted."""
    request = request_of({"model": str(FOLDER), "pairs": str(PAIRS), **request})
    measured = score_elements(request, folder)
    table = pd.read_csv(folder / "predictions.tsv", sep="\t", keep_default_na=False)
    return table, measured.metrics


def of_text(folder, text, name="mine.tsv", **request):
    """Predictions of a table that is written first."""
    return predicted(folder, pairs=str(written(folder / name, text)), **request)


def element(shift=0, separator="\t"):
    chrom, start, end = ELEMENT
    return separator.join([chrom, str(start + shift), str(end + shift)])


@pytest.fixture(scope="module")
def of_excerpt(tmp_path_factory):
    folder = tmp_path_factory.mktemp("predicted")
    table, counts = predicted(folder)
    write_json(folder / "metrics.json", {"metrics": counts})
    return folder, table, counts


@pytest.fixture(scope="module")
def example():
    return scored_pairs(Excerpt(EXAMPLE), load_regulation(FOLDER))


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The element's row from a BED."""
    table, _ = of_text(tmp_path_factory.mktemp("one"), f"{element()}\tHBE1\n", "one.bed")
    return table.iloc[0]


def test_the_scores_are_those_of_the_example(of_excerpt, example):
    _, table, counts = of_excerpt
    assert counts["scored"] == len(example) == 442 and list(table.gene) == list(example.gene)
    names = {"zero_shot": ZERO_SHOT, "head": HEAD} | {part: part for part in PARTS}
    for ours, theirs in names.items():
        found = table[ours].to_numpy(dtype=float)
        assert found == pytest.approx(example[theirs].to_numpy(), rel=1e-4, abs=1e-4), ours
    assert set(table.head_fit) == {"without chr8", "without chr11", "without chrX"}


def test_the_parts_add_up_and_far_pairs_are_doubted(of_excerpt):
    table = of_excerpt[1]
    total = sum(sign * table[name] for name, sign in PARTS.items())
    assert total.to_numpy() == pytest.approx(table.zero_shot.to_numpy(), abs=2e-3)
    far = table.doubts.str.contains("beyond 250 kb")
    assert (far == (table.distance_bp > 250_000)).all() and 0 < far.sum() < len(far)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("abc.tsv", f"#chr\tstart\tend\tname\tTargetGene\n{element()}\te1\tHBE1\n"),
        ("mine.csv", f"gene,chrom,start,end\nHBE1,{element(separator=',')}\n"),
        (
            "crispr.tsv.gz",
            f"chrom\tchromStart\tchromEnd\tmeasuredGeneSymbol\n{element()}\tHBE1\n",
        ),
        ("r.tsv", "chrom\tstart\tend\tgene\nchr11\t5301800.0\t5.3023e+06\tHBE1\n"),
        (
            "pairs.tsv",
            "enhancer_chrom\tenhancer_start\tenhancer_end\tpromoter_chrom\tpromoter_start\t"
            f"promoter_end\n{element()}\tchr11\t{TSS - 250}\t{TSS + 250}\n",
        ),
    ],
)
def test_tables_of_other_tools_say_the_same(tmp_path, one, name, text):
    row = of_text(tmp_path, text, name)[0].iloc[0]
    assert row.reason == "" and row.tss == TSS == one.tss
    assert (row.zero_shot, row["head"]) == (one.zero_shot, one["head"])


@pytest.mark.parametrize(
    "head",
    [
        "# elements of May\n#chrom\tstart\tend\tgene\n",
        "# chrom\tstart\tend\tgene\n# the second batch\n",
        "track name=mine\n# no header\n",
        "",
    ],
)
def test_comments_are_no_rows_and_a_header_may_begin_like_one(tmp_path, one, head):
    table, _ = of_text(tmp_path, f"{head}{element()}\tHBE1\n# the end\n", "mine.bed")
    assert len(table) == 1 and table.zero_shot[0] == one.zero_shot
    assert table.row[0] == head.count("\n") + 1


# Headers of EnhancerPredictionsAllPutative.tsv (ABC 1.0), EnhancerPredictions.tsv (ABC 1.1), of
# ENCODE's thresholded ENCODE-rE2G predictions, and of its pipeline's encode_e2g_predictions.tsv.
PUBLISHED = {
    "putative.tsv.gz": (
        "chr\tstart\tend\tname\tclass\tactivity_base\tTargetGene\tTargetGeneTSS\t"
        "TargetGeneExpression\tTargetGenePromoterActivityQuantile\tTargetGeneIsExpressed\tdistance\t"
        "isSelfPromoter\tpowerlaw_contact\tpowerlaw_contact_reference\thic_contact\t"
        "hic_contact_pl_scaled\thic_pseudocount\thic_contact_pl_scaled_adj\tABC.Score.Numerator\t"
        "ABC.Score\tpowerlaw.Score.Numerator\tpowerlaw.Score\tCellType",
        "{element}\tintergenic|{name}\tintergenic\t11.6\t{gene}\t{tss}\t\t0.82\tTrue\t10677\tFalse\t"
        "0.0098\t0.0098\t0.0104\t0.0104\t0.0003\t0.0107\t0.124\t{score}\t0.114\t0.081\tK562",
    ),
    "EnhancerPredictions.tsv": (
        "chr\tstart\tend\tname\tTargetGene\tTargetGeneTSS\tCellType\tABC.Score",
        "{element}\tintergenic|{name}\t{gene}\t{tss}\tK562\t{score}",
    ),
    "ENCFF000AAA_predictions.tsv.gz": (
        "#chr\tstart\tend\tname\tclass\tTargetGene\tTargetGeneEnsemblID\tTargetGeneTSS\tCellType\t"
        "Score\tDistanceToTSS\tH3K27ac\tOpen",
        "{element}\tintergenic|{name}\tintergenic\t{gene}\tENSG00000213931\t{tss}\tK562\t{score}\t"
        "10677\t3.1\t8.2",
    ),
    "encode_e2g_predictions.tsv": (
        "chr\tstart\tend\tname\tclass\tTargetGene\tTargetGeneTSS\tCellType\tABC.Score\t"
        "numTSSEnhGene\tENCODE-rE2G.Score",
        "{element}\tintergenic|{name}\tintergenic\t{gene}\t{tss}\tK562\t0.9\t2\t{score}",
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_predictions_are_scored_and_keep_their_own_score(tmp_path, one, name):
    """Two genes of one element and one that the table of TSS lacks, with ABC's or rE2G's score."""
    head, row = PUBLISHED[name]
    own = {"HBE1": 0.0912, "HBG2": 0.0271, "NONE": 0.3}
    rows = [
        row.format(element=element(), name="chr11:1-2", gene=gene, tss=TSS, score=score)
        for gene, score in own.items()
    ]
    assert all(text.count("\t") == head.count("\t") for text in rows)
    table, counts = of_text(tmp_path, "\n".join([head, *rows]) + "\n", name)
    assert table.table_score.tolist() == list(own.values()) and counts["scored"] == 2
    scores = table[["zero_shot", "head"]].iloc[0].astype(float)
    assert scores.tolist() == [one.zero_shot, one["head"]]
    assert "NONE is not in the table of TSS" in table.reason[2]


def test_the_spread_is_that_of_the_head_and_only_where_there_is_one(of_excerpt):
    table = of_excerpt[1]
    spread = pd.to_numeric(table.head_spread, errors="coerce")
    known = bool(load_regulation(FOLDER).refits)
    assert (spread > 0).all() == known
    assert not known or spread.median() < table["head"].astype(float).std()


def test_the_library_and_the_command_give_the_same_table(of_excerpt):
    expected = of_excerpt[1]
    scorer = load_model(FOLDER)
    assert isinstance(scorer, RegulationScorer) and set(scorer.marks) >= {
        "DNase",
        "H3K27ac",
        "CTCF",
    }
    table = scorer.score(PAIRS)
    assert list(table.columns) == list(expected.columns) and len(table) == 442
    for name in table:
        if pd.api.types.is_float_dtype(table[name].dtype):
            shown = pd.to_numeric(expected[name], errors="coerce")
            assert np.allclose(table[name], shown, rtol=1e-4, atol=1e-4, equal_nan=True), name
        else:
            assert table[name].astype(str).tolist() == expected[name].astype(str).tolist(), name


def test_a_table_in_memory_is_scored_as_its_file(one):
    scorer = load_model(str(FOLDER))
    mine = pd.DataFrame(
        {"chr": ["chr11", "chr11"], "start": [ELEMENT[1]] * 2, "end": [ELEMENT[2]] * 2}
    ).assign(TargetGene=["HBE1", None], Score=[0.5, 0.25])
    table = scorer.score(mine)
    assert table.zero_shot[0] == pytest.approx(one.zero_shot, rel=1e-4)
    assert table.row.tolist() == [1, 2] and table.table_score.tolist() == [0.5, 0.25]
    assert table.reason.tolist() == ["", "neither a gene nor a promoter is named"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"pairs": "none.bed"}, ["none.bed", "no such file"]),
        ({"pairs": pd.DataFrame({"chrom": ["chr1"]})}, ["chrom, start, end, gene"]),
        ({"pairs": PAIRS, "peaks": {"CTCF": MARKS["CTCF"]}}, ["no peaks of DNase"]),
        ({"pairs": PAIRS, "peaks": {"DNase": "none.bed"}, "genes": GENES}, ["none.bed"]),
        ({"pairs": PAIRS, "assembly": "mm10"}, ["'assembly'", "hg19"]),
    ],
)
def test_the_library_refuses_what_the_command_refuses(arguments, parts):
    says(refusal(load_model(FOLDER).score, **arguments), *parts)


def of_chr11(mark):
    """Peaks of a mark on one chromosome, without those that overlap one before, and their name in
    narrowPeak.
    """
    peaks = read_peaks(Excerpt(EXAMPLE).peaks(mark)).query("chrom == 'chr11' & end < 9000000")
    before = peaks.end.cummax().shift(fill_value=0)
    return peaks[peaks.start >= before].reset_index(drop=True)


@pytest.fixture(scope="module")
def both_kinds(tmp_path_factory):
    """Files of three marks as tables of peaks and as bigWigs of the same signal; the bigWigs also
    `SHIFT` bp further on.
    """
    folder = tmp_path_factory.mktemp("kinds")
    files = {"table": {}, "bigwig": {}, "shifted": {}}
    for mark in ("DNase", "H3K27ac", "CTCF"):
        peaks = of_chr11(mark)
        files["table"][mark] = str(folder / f"{mark}.bed.gz")
        write_peaks(peaks, Path(files["table"][mark]))
        for kind, shift, size in (("bigwig", 0, 135_006_516), ("shifted", SHIFT, 135_086_622)):
            moved = peaks.assign(start=peaks.start + shift, end=peaks.end + shift)
            path = bigwig(folder / f"{mark}.{kind}.bw", moved, {"chr11": size})
            files[kind][mark] = str(path)
    return files


def test_a_bigwig_and_the_peaks_of_the_same_signal_agree(tmp_path, both_kinds):
    """To 0.02 logit units in every part: peaks closer than 50 bp are one peak in a bigWig."""
    text = "".join(f"{element(shift)}\tHBE1\n" for shift in range(-60_000, 60_000, 5_000))
    table, of_bigwig = (
        of_text(tmp_path, text, "a.bed", peaks=both_kinds[kind], genes=GENES, line="Mine")[0]
        for kind in ("table", "bigwig")
    )
    for part in (*PARTS, "zero_shot"):
        assert of_bigwig[part].to_numpy() == pytest.approx(table[part].to_numpy(), abs=0.02), part
    assert table.activity.std() > 0.5, "elements differ"


def test_a_bigwig_of_another_assembly_goes_through_the_chain(tmp_path, both_kinds):
    chain = str(written(tmp_path / "shift.chain", CHAIN))
    here, there = (
        of_text(tmp_path, f"{element(shift)}\tHBE1\n", "a.bed", peaks=both_kinds[kind], **keys)[0]
        for kind, shift, keys in (
            ("bigwig", 0, {"genes": GENES, "line": "Mine"}),
            (
                "shifted",
                SHIFT,
                {"genes": GENES, "line": "Mine", "chain": chain, "assembly": "hg38"},
            ),
        )
    )
    assert here[list(PARTS)].to_dict() == there[list(PARTS)].to_dict()


def test_a_chromosome_that_a_file_lacks_is_a_doubt(tmp_path, both_kinds):
    text = f"{element()}\tHBE1\nchr8\t128000000\t128000500\tMYC\n"
    peaks = both_kinds["table"] | {"DNase": MARKS["DNase"]}
    table, _ = of_text(tmp_path, text, "a.bed", peaks=peaks, genes=GENES, line="Mine")
    lacking = [f"nothing on chr8 in the file of {mark}" for mark in ("H3K27ac", "CTCF")]
    assert all(text in table.doubts[1] and text not in table.doubts[0] for text in lacking)
    assert "file of DNase" not in table.doubts[1] and table.reason.tolist() == ["", ""]


@pytest.mark.parametrize("kind", ["table", "bigwig"])
def test_a_file_that_names_chromosomes_otherwise_is_refused(tmp_path, kind):
    peaks = of_chr11("DNase").assign(chrom="11")
    path = tmp_path / f"dnase.{kind}"
    if kind == "table":
        write_peaks(peaks, path.with_suffix(".bed.gz"))
        path = path.with_suffix(".bed.gz")
    else:
        bigwig(path, peaks, {"11": 135_006_516})
    request = {"peaks": {"DNase": str(path)}, "genes": GENES, "line": "Mine"}
    with pytest.raises(InputError) as caught:
        of_text(tmp_path, f"{element()}\tHBE1\n", "a.bed", **request)
    says(str(caught.value), path, "no chromosome of this file", "chr1 or 1")


def test_peaks_of_another_assembly_are_refused(tmp_path):
    """Chromosome 17 of hg38 is longer than that of hg19; the chain holds chromosome 11 alone."""
    of_hg38, chain = (
        "chr11\t5\t9\nchr17\t82000000\t82000400\n",
        written(tmp_path / "a.chain", CHAIN),
    )
    request = {"peaks": {"DNase": str(written(tmp_path / "d.bed", of_hg38))}, "genes": GENES}
    asked = (of_text, tmp_path, f"{element()}\tHBE1\n", "a.bed")
    says(refusal(*asked, **request), "d.bed: ", "82000000 of chr17", "81195210 bp in hg19")
    of_chain = {"assembly": "hg38", "chain": str(chain)}
    says(refusal(*asked, **request, **of_chain), "d.bed: ", "takes 0 of 2 peaks from hg38 to hg19")


def test_a_bigwig_of_another_assembly_is_known_by_the_lengths_that_it_gives(tmp_path, both_kinds):
    request = {"peaks": both_kinds["shifted"], "genes": GENES, "line": "Mine"}
    told = refusal(of_text, tmp_path, f"{element()}\tHBE1\n", "a.bed", **request)
    says(told, "chr11 has 135086622 bp in this file, as in hg38, not as in hg19", "peaks_assembly")


@pytest.mark.parametrize("model", [FOLDER, ROOT / LoopPanelConfig().model])
def test_a_request_without_a_row_that_can_be_scored_ends_with_the_first_reason(
    tmp_path, model, monkeypatch
):
    """After two blocks, and nothing that was written of them is left."""
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", 1)
    keys = {"line": "K562", "genes": GENES} if model != FOLDER else {}
    path = written(tmp_path / "a.bed", "8\t128000000\t128000500\tMYC\n" * 2)
    request = request_of({"model": str(model), "pairs": str(path), **keys})
    stage = score_elements if model == FOLDER else score_loops
    told = refusal(stage, request, tmp_path / "out")
    says(told, f"{path}:1: gene MYC lies on chr8, the element on 8 (none of 2 rows", "Mend")
    assert list(tmp_path.iterdir()) == [path]


def test_a_score_of_the_table_that_is_no_number_is_counted(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", 1)
    rows = "".join(f"{element()}\tHBE1\t{own}\n" for own in ("0,5", "NA", "1e-3", "-"))
    table, _ = of_text(tmp_path, f"chr\tstart\tend\tTargetGene\tABC.Score\n{rows}")
    assert table.table_score.tolist() == ["", "", "0.001", ""]
    told = "own score of 2 rows is no number and is left out, as '0,5' in row 2"
    assert caplog.text.count("own score of") == caplog.text.count(told) == 1


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_the_first_row_of_a_file_tells_of_row_names_for_every_block(tmp_path, monkeypatch, rows):
    """A row of four fields has lost its name, in whatever block it stands."""
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", rows)
    own = [f"{name}\t{element()}\tHBE1\n" for name in ("1", "2")]
    text = f"chrom\tstart\tend\tgene\n{own[0]}{own[1]}{element()}\tHBE1\n"
    table = read_elements(written(tmp_path / "r.tsv", text))
    assert table.gene[:2].tolist() == ["HBE1"] * 2 and table.row.tolist() == [2, 3, 4]
    assert table.reason.tolist() == ["", "", "4 fields where 5 are needed"]


def test_a_bigwig_of_a_mark_that_is_not_known_is_refused(tmp_path, both_kinds):
    peaks = both_kinds["table"] | {"MyMark": both_kinds["bigwig"]["CTCF"]}
    with pytest.raises(InputError) as caught:
        of_text(tmp_path, f"{element()}\tHBE1\n", "a.bed", peaks=peaks, genes=GENES, line="Mine")
    says(str(caught.value), "peaks of MyMark cover", "Give peaks, or the bigWig of one of CTCF")


def test_all_pairs_have_the_same_scores_in_both_assemblies(tmp_path, of_excerpt):
    """Every pair of the example `SHIFT` bp further on, with the chain that takes it back."""
    pairs = pd.read_csv(PAIRS, sep="\t", header=None)
    moved = pairs.set_axis(["chrom", "start", "end", "gene"], axis=1)
    moved[["start", "end"]] += SHIFT
    size, whole = 250_000_000, 300_000_000
    chains = [
        f"chain 1 {name} {whole} + {SHIFT} {size + SHIFT} {name} {whole} + 0 {size} {k}\n{size}\n\n"
        for k, name in enumerate(moved.chrom.unique(), start=1)
    ]
    chain = str(written(tmp_path / "shift.chain", "".join(chains)))
    text = moved.to_csv(sep="\t", header=False, index=False)
    table, counts = of_text(tmp_path, text, "moved.bed", assembly="hg38", chain=chain)
    same = ["element_mid", "tss", "zero_shot", "head", "head_fit", *PARTS]
    assert counts["scored"] == 442 and table[same].equals(of_excerpt[1][same])


def test_another_assembly_goes_through_the_chain(tmp_path, one):
    chain = str(written(tmp_path / "shift.chain", CHAIN))
    text = f"{element(SHIFT)}\tHBE1\nchr11\t20000000\t20000500\tHBE1\n"
    table, _ = of_text(tmp_path, text, "m.bed", assembly="hg38", chain=chain)
    found = table.iloc[0][["element_mid", "zero_shot", "head"]].astype(float)
    assert found.to_dict() == one[["element_mid", "zero_shot", "head"]].to_dict()
    assert "chain holds no place for chr11:20000000-20000500" in table.reason[1]


def test_peaks_of_another_assembly_go_through_the_chain(tmp_path):
    """The same peaks 1 kb further on, with the chain that takes them back."""
    files = {"here": {}, "there": {}}
    for mark in ("DNase", "H3K27ac", "CTCF"):
        peaks = read_peaks(Excerpt(EXAMPLE).peaks(mark)).query("chrom == 'chr11' & end < 9000000")
        for name, shift in (("here", 0), ("there", SHIFT)):
            moved = peaks.assign(start=peaks.start + shift, end=peaks.end + shift)
            files[name][mark] = str(tmp_path / f"{mark}.{name}.bed.gz")
            write_peaks(moved, Path(files[name][mark]))
    chain = str(written(tmp_path / "shift.chain", CHAIN))
    asked = {"line": "Mine", "genes": GENES, "chain": chain}
    of = {"here": {}, "there": {"assembly": "hg38"}}
    text = {"here": f"{element()}\tHBE1\n", "there": f"{element(SHIFT)}\tHBE1\n"}
    here, there, mixed = (
        of_text(tmp_path, text[name], "a.bed", peaks=files[name], **asked, **keys)[0].iloc[0]
        for name, keys in [*of.items(), ("there", {"assembly": "hg38", "peaks_assembly": "hg19"})]
    )
    assert here[list(PARTS)].to_dict() == there[list(PARTS)].to_dict()
    assert mixed.activity != here.activity, "peaks that are not lifted lie elsewhere"


def test_no_row_is_dropped_and_each_says_why_it_has_no_score(tmp_path):
    rows = {
        f"{element()}\tHBE1": "",
        f"{element()}\tNONE": "gene NONE is not in the table of TSS",
        f"{element()}\tMYC": "gene MYC lies on chr8, the element on chr11",
        "chr11\t?\t900\tHBE1": "start is '?', not a whole number",
        "chr11\t900\t900\tHBE1": "element chr11:900-900 is not an interval",
        f"{element()}\t": "neither a gene nor a promoter is named",
        "chr11\t5301800": "2 fields where 4 are needed",
        "chr8\t124000000\t124000500\tZHX2": "does not hold this promoter's surroundings",
    }
    table, counts = of_text(tmp_path, "chrom\tstart\tend\tgene\n" + "\n".join(rows))
    assert (counts["rows"], counts["scored"]) == (len(rows), 1)
    assert table.row.tolist() == list(range(2, len(rows) + 2))
    for found, expected in zip(table.reason, rows.values(), strict=True):
        assert (found == "") == (expected == "") and expected in found


def test_a_line_with_fewer_marks_has_the_score_without_labels_and_says_so(tmp_path, one):
    peaks = {mark: MARKS[mark] for mark in ("DNase", "CTCF", "H3K4me3")}
    text = f"{element()}\tHBE1\n"
    table, counts = of_text(tmp_path, text, "a.bed", peaks=peaks, genes=GENES, line="Mine")
    row = table.iloc[0]
    assert row["head"] == row.head_name == counts["head"] == "" and np.isfinite(row.zero_shot)
    missing = "H3K27ac, H3K4me2, H3K9ac, H2A.Z, H4K20me1, POL2"
    assert counts["missing_marks"] == missing and f"missing: {missing}" in row.doubts
    assert row.resistance_of_way != one.resistance_of_way and row.potential == one.potential


def test_ranks_are_taken_in_whole_files_but_not_again_in_the_excerpt(tmp_path, one):
    text = f"{element()}\tHBE1\n"
    table, counts = of_text(tmp_path, text, "a.bed", peaks=MARKS, genes=GENES, line="K562")
    assert counts["head"] == "head, nine marks" and counts["missing_marks"] == ""
    assert table.activity[0] != one.activity, "quantiles of an excerpt's peaks are others"


def test_the_flag_of_genes_is_read_where_every_row_has_it(tmp_path):
    head = "chrom\tstart\tend\tgene\tubiquitous\n"
    rows = [f"{element()}\tHBE1\t{flag}\n" for flag in ("TRUE", "FALSE", "")]
    names = [
        of_text(tmp_path, head + "".join(of))[1]["head"] for of in (rows[:2], rows[1:], rows[:1])
    ]
    assert names == ["head, nine marks, flag", "head, nine marks", "head, nine marks, flag"]


def test_a_block_without_flags_takes_the_flag_from_all_rows(tmp_path, monkeypatch):
    """Which head scores a row must not depend on the block that the row is in."""
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", 1)
    head = "chrom\tstart\tend\tgene\tubiquitous\n"
    rows = [f"{element()}\tHBE1\t{flag}\n" for flag in ("TRUE", "FALSE", "")]
    table, counts = of_text(tmp_path, head + "".join(rows))
    assert counts["head"] == "head, nine marks" and counts["rows"] == 3
    assert table.head_name.tolist() == ["head, nine marks"] * 3
    table, _ = of_text(tmp_path, head + "".join(rows[:2]) + f"{element()}\tnobody\t\n", "b.tsv")
    assert table.head_name.tolist() == ["head, nine marks, flag"] * 2 + [""]


def test_blocks_of_any_size_make_the_same_files(of_excerpt, tmp_path, monkeypatch):
    monkeypatch.setattr("epidecouple.files.text.ROWS_AT_ONCE", 100)
    folder, _, counts = of_excerpt
    write_json(tmp_path / "metrics.json", {"metrics": predicted(tmp_path)[1]})
    assert read_json(tmp_path / "metrics.json")["metrics"] == counts
    for name in ("predictions.tsv", *TRACKS):
        assert (tmp_path / name).read_text() == (folder / name).read_text(), name
    assert render(tmp_path) == render(folder)


def test_the_tracks_pass_the_rules_of_the_browser(of_excerpt, monkeypatch):
    folder, table, _ = of_excerpt
    sizes = {"chr8": 146_364_022, "chr11": 135_006_516, "chrX": 155_270_560}
    monkeypatch.setattr(track_rules, "SIZES", sizes)
    rows = track_rules.parse_interact((folder / "predictions.interact").read_text())["K562"]
    assert len(rows) == len(table)
    best = max(rows, key=lambda row: row["score"])
    assert best["score"] == 1000 and best["value"] == pytest.approx(table["head"].max(), abs=1e-3)
    bedpe = (folder / "predictions.bedpe").read_text().splitlines()
    assert len(bedpe) == len(table) + 1 and all(line.count("\t") == 15 for line in bedpe)


def test_the_page_says_what_the_thresholds_were_worth(of_excerpt):
    folder, _, counts = of_excerpt
    page = render(folder)
    assert list(counts["thresholds"]) == ["zero-shot", "head, nine marks"]
    for of in counts["thresholds"].values():
        assert f"{of['threshold']:+.2f}" in page and f"{of['precision'][0]:.2f}" in page
    assert "442 of 442 pairs" in page and "did not transfer between screens" in page
    assert page.count("<tr><td class=") == 50 and "logit units" in page


def test_the_page_names_the_most_frequent_reasons_and_counts_the_others(of_excerpt, tmp_path):
    folder, table, _ = of_excerpt
    for name in ("metrics.json", "samples.tsv"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "locus.svg").write_text("<svg/>")
    reasons = [f"reason {number} " for number in range(60)] * 2 + ["reason 59 "]
    wrong = table.head(1).loc[[0] * len(reasons)].assign(reason=reasons)
    pd.concat([table, wrong]).to_csv(tmp_path / "predictions.tsv", sep="\t", index=False)
    page = render(tmp_path)
    assert page.count("× reason") == 50 and "3 × reason 59 " in page
    assert "10 other reasons" in page and "other reasons" not in render(folder)


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"peaks": {"CTCF": MARKS["CTCF"]}}, ["no peaks of DNase"]),
        ({"line": "NoLine"}, ["line NoLine has no peaks"]),
        ({"line": "k562"}, ["line k562 has no peaks", "Did you mean 'K562'?"]),
        ({"peaks": MARKS | {"h3k27AC": MARKS["DNase"]}}, ["mark h3k27AC is called H3K27ac here"]),
        ({"peaks": {"Dnase": MARKS["DNase"]}}, ["mark Dnase is called DNase here"]),
        ({"peaks": MARKS | {"H2AZ": MARKS["DNase"]}}, ["mark H2AZ is called H2A.Z here"]),
        ({"peaks": MARKS, "excerpt": str(EXAMPLE)}, ["peaks and an excerpt"]),
        ({"genes": GENES}, ["genes.bed would not be read", "give peaks or a line"]),
        ({"peaks": "none.tsv"}, ["none.tsv: ", "mark path"]),
        ({"genes": "none.bed", "peaks": MARKS}, ["none.bed: ", "no such file"]),
        ({"assembly": "mm10"}, ["'assembly'", "hg19"]),
        ({"pairs": "none.bed"}, ["none.bed: ", "no such file"]),
        ({"explain": 3}, ["unknown key 'explain'"]),
    ],
)
def test_a_wrong_request_is_refused_before_anything_runs(changes, parts):
    says(refusal(request_of, {"model": str(FOLDER), "pairs": str(PAIRS)} | changes), *parts)


@pytest.mark.parametrize("name", ["zero-shot", "head, nine marks", "head, all marks"])
def test_the_thresholds_of_the_documentation_are_those_of_the_model(name):
    point, page = load_regulation(FOLDER).points[name], (ROOT / "docs" / "crispr.md").read_text()
    precision, recall = (
        "{:.2f} ({:.2f}–{:.2f})".format(*of) for of in (point.precision, point.recall)
    )
    screens = [f"{a:.2f}, {b:.2f}" for a, b in point.screens.values()]
    cells = [name, f"−{-point.threshold:.2f}", precision, recall, *screens]
    assert f"| {' | '.join(cells)} |" in page and len(screens) == 3


def test_a_threshold_finds_what_it_says():
    """By hand: three of four regulated rows lie above; the first screen has two of them."""
    pairs = pd.DataFrame(
        {
            "regulated": [1, 0, 1, 1, 0, 1],
            "weight": [1.0, 0.5, 1, 1, 1, 1],
            "chrom": list("aabbcc"),
            "dataset": ["first", "first", "first", "second", "second", "second"],
        }
    )
    point = operating_point(pairs, np.array([6.0, 5, 4, 3, 2, 1]), draws=50, seed=1)
    assert point.threshold == 3 and point.recall[0] == 0.75
    assert point.precision[0] == pytest.approx(3 / 3.5)
    assert point.screens == {"first": (2 / 2.5, 1.0), "second": (1.0, 0.5)}
    assert point.precision[1] < point.precision[0] <= point.precision[2] == 1


def test_the_costs_of_missing_marks_on_the_page_are_those_that_were_measured():
    page = (ROOT / "docs" / "crispr.md").read_text().replace("−", "-")
    table = pd.read_csv(ROOT / "resources" / "missing_marks.tsv", sep="\t")
    for row in table[table.missing != "nothing"].itertuples():
        change = f"{row.change:.3f} ({row.lower:.3f} to {row.upper:.3f})"
        assert f"| {row.missing} | {row.auprc:.3f} | {change} |" in page
    assert len(table) == 11 and f"| nothing | {table.auprc[0]:.3f} | |" in page


def test_the_definition_for_big_interact_has_the_columns_of_the_track():
    page = (ROOT / "resources" / "interact.as").read_text()
    columns = re.findall(r"^    (string|uint|double) (\w+); ", page, re.M)
    assert [name for _, name in columns] == INTERACT_COLUMNS
    numbers = {name for kind, name in columns if kind == "uint"}
    assert numbers == {name for name in INTERACT_COLUMNS if re.search("Start|End|score", name)}


@pytest.mark.slow
def test_the_command_of_the_first_screen_works_and_works_once(tmp_path):
    command = next(
        line.split("#")[0].split()
        for line in (ROOT / "README.md").read_text().splitlines()
        if "pairs=resources/example" in line
    )
    paths = [word.replace("=resources", f"={ROOT}/resources") for word in command]
    paths = [word.replace("=models", f"={ROOT}/models") for word in paths]
    made = run_snakemake(tmp_path, *paths[1:])
    assert made.returncode == 0, made.stderr
    written = {path.name for path in (tmp_path / "results/regulation/predict/pairs").iterdir()}
    assert {"predictions.tsv", "predictions.bedpe", "predictions.interact"} < written
    assert {"report.html", "locus.svg", "metrics.json", "provenance.json"} < written
    again = run_snakemake(tmp_path, *paths[1:])
    assert "Nothing to be done" in str(again.stdout) + str(again.stderr)


def test_a_line_of_the_manifest_brings_its_own_files():
    request = request_of({"model": str(FOLDER), "pairs": str(PAIRS), "line": "GM12878"})
    assert request.read_excerpt is None and {"DNase", "H3K27ac"} <= set(request.peak_files)
    assert request.folder == "results/regulation/predict/pairs"
    assert set(request.peak_files.values()) < set(request.files)
    assert request.own_files == [str(PAIRS)], "what can be downloaded need not be there"


def test_a_table_without_elements_is_refused(tmp_path):
    path = written(tmp_path / "x.tsv", "chrom\tposition\tgene\nchr11\t5\tHBE1\n")
    request = request_of({"model": str(FOLDER), "pairs": str(path)})
    says(refusal(score_elements, request, tmp_path), f"{path}:1: ", "chrom, start, end, gene")


def test_of_a_refusal_no_page_of_an_earlier_call_is_left(tmp_path):
    """Snakemake removes the predictions it shows before it starts the stage."""
    for name in ("report.html", "locus.svg"):
        (tmp_path / name).write_text("of an earlier call")
    says(refusal(of_text, tmp_path, f"{element()}\tNOGENE\n", "mine.bed"), "NOGENE is not in")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.bed"]


KNOWN = ("H3K27ac", "H3K4me3", "CTCF", "DNase")


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory):
    """A folder, and peaks at the known loci by name, as BED text."""
    library, loci = read_library()
    folder = tmp_path_factory.mktemp("whole")
    return folder, {
        name: peaks_of(library.present[row], loci) for row, name in enumerate(library.names)
    }


def peaks_of(present, loci):
    starts = loci.start[present] + 500
    ends = starts + 200
    columns = zip(loci.chrom[present], starts, ends, strict=True)
    return "".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in columns)


def request_of_line(whole_files, out, names, **more):
    folder, texts = whole_files
    peaks = {mark: str(written(folder / f"{mark}.bed", texts[of])) for mark, of in names.items()}
    return page_of(out, line="K562", peaks=peaks, genes=GENES, **more)


def page_of(folder, **request):
    """The page of a request."""
    write_json(folder / "metrics.json", {"metrics": predicted(folder, **request)[1]})
    return render(folder)


def test_a_prediction_names_a_file_of_another_line_on_its_page(whole_files, tmp_path):
    names = {mark: Name("K562", mark) for mark in KNOWN}
    page = request_of_line(whole_files, tmp_path, names)
    table = pd.read_csv(tmp_path / "samples.tsv", sep="\t", keep_default_na=False)
    assert len(table) == len(KNOWN) and (table.doubts == "").all()
    assert "0 look like another mark or line" in page

    names["H3K27ac"] = Name("GM12878", "H3K27ac")
    page = request_of_line(whole_files, tmp_path, names)
    assert "the same peaks as H3K27ac of GM12878" in page and "looks like GM12878 (" in page
    message = refusal(request_of_line, whole_files, tmp_path / "no", names, samples="stop")
    says(message, "H3K27ac.bed", "looks like GM12878", "samples=warn")


def test_an_excerpt_is_not_compared(tmp_path):
    assert "claims to be" not in page_of(tmp_path)

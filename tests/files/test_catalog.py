from dataclasses import replace

import pytest

from epidecouple.files import catalog
from epidecouple.files.catalog import catalog_of
from epidecouple.files.manifest import DOWNLOADS, load_sources
from toy import ROOT, refusal, says, toy_config, written

MARKS = ["CTCF", "H3K27ac"]
LINES = {"cell_lines": ["GM12878", "K562"], "held_out_lines": ["NHEK"], "subset": {"lines": 2}}


def from_sources(**overrides):
    dataset = {"kind": "sources", "genome": "hg19"}
    return toy_config(**{**LINES, "dataset": dataset, "marks": MARKS, **overrides})


def own_files(tmp_path, change=None, marks=MARKS):
    """A configuration of kind `files` whose files exist; `change` edits the entries before they are
    checked.
    """
    files = {}
    for line in ("A", "B"):
        entry = {"pairs": f"{line}.csv", "loops": f"{line}.loops"}
        files[line] = {key: str(written(tmp_path / name, "x")) for key, name in entry.items()}
        files[line]["peaks"] = {
            mark: str(written(tmp_path / f"{line}.{mark}.bed", "x")) for mark in MARKS
        }
    if change:
        change(files)
    genome = str(written(tmp_path / "genome.fa", ">chr1\nA\n"))
    dataset = {"kind": "files", "genome": genome, "files": files}
    return toy_config(
        cell_lines=["A", "B"], held_out_lines=[], marks=marks, dataset=dataset, subset={"lines": 2}
    )


def without(monkeypatch, unwanted):
    """Take the rows for which `unwanted` is true out of the manifest."""
    kept = [source for source in load_sources() if not unwanted(source)]
    monkeypatch.setattr(catalog, "load_sources", lambda: kept)


def test_simulated_files_lie_below_the_run():
    found = catalog_of(toy_config(run="here"))
    assert list(found.lines) == [
        "LineA",
        "LineB",
        "LineC",
        "LineD",
        "LineE",
        "LineF",
        "MixG",
        "MixH",
    ]
    assert all(path.parts[:3] == ("results", "here", "simulated") for path in found.files)
    assert len(set(found.files)) == 2 + 8 * (2 + 7) and found.motifs in found.files


@pytest.mark.parametrize("kind", ["sources", "files"])
def test_a_motif_file_is_optional_and_must_exist(tmp_path, kind):
    path = str(written(tmp_path / "jaspar.meme", "MOTIF x"))

    def configured(motifs):
        values = (
            {"kind": "sources", "genome": "hg19"}
            if kind == "sources"
            else own_files(tmp_path).dataset.__dict__
        )
        lines = {} if kind == "sources" else {"cell_lines": ["A", "B"], "held_out_lines": []}
        return from_sources(dataset={**values, "motifs": motifs}, **lines)

    assert catalog_of(configured("")).motifs is None
    found = catalog_of(configured(path))
    assert str(found.motifs) == path and found.motifs in found.files
    says(refusal(catalog_of, configured("nowhere.meme")), "nowhere.meme", "dataset.motifs")


def test_sources_are_those_of_the_manifest():
    found = catalog_of(from_sources())
    paths = {source.name: DOWNLOADS / source.path for source in load_sources()}
    assert list(found.lines) == ["GM12878", "K562", "NHEK"]
    assert found.lines["K562"].pairs == paths["targetfinder_K562_pairs"]
    assert found.lines["K562"].loops == paths["targetfinder_K562_loops"]
    assert found.lines["NHEK"].peaks == {mark: paths[f"targetfinder_NHEK_{mark}"] for mark in MARKS}
    assert found.genome == paths["hg19"] and found.regions is None


def test_regions_are_a_source_too():
    found = catalog_of(
        from_sources(
            dataset={"kind": "sources", "genome": "hg19_blocks", "regions": "hg19_blocks_regions"}
        )
    )
    assert found.regions in found.files and found.regions.name == "hg19.blocks.bed"


@pytest.mark.parametrize("mark", ["H3K27AC", "h3k27ac", "H3K27-ac"])
def test_a_mark_that_the_checks_know_by_another_spelling_is_refused(tmp_path, mark):
    def renamed(files):
        for entry in files.values():
            entry["peaks"][mark] = entry["peaks"].pop("H3K27ac")

    config = own_files(tmp_path, renamed, ["CTCF", mark])
    says(refusal(catalog_of, config), f"mark {mark} is called H3K27ac here", "Write H3K27ac")


@pytest.mark.parametrize(
    ("line", "mark", "told"),
    [
        ("A", "H3K27ac", "CTCF of A and as H3K27ac of A"),
        ("B", "CTCF", "CTCF of A and as CTCF of B"),
    ],
)
def test_a_file_that_is_given_twice_is_refused(tmp_path, line, mark, told):
    def copied(files):
        files[line]["peaks"][mark] = files["A"]["peaks"]["CTCF"]

    says(
        refusal(catalog_of, own_files(tmp_path, copied)), "A.CTCF.bed: this file is given as", told
    )


def test_order_of_files_is_fixed(tmp_path):
    config = own_files(tmp_path)
    assert catalog_of(config).files == catalog_of(config).files
    assert catalog_of(config).tables == [
        tmp_path / name for name in ("A.csv", "A.loops", "B.csv", "B.loops")
    ]


def test_line_that_the_manifest_does_not_have():
    config = from_sources(cell_lines=["GM12878", "K652"])
    says(
        refusal(catalog_of, config),
        "resources/sources.tsv: ",
        "cell line K652 has no pairs",
        "Correct its name",
    )


@pytest.mark.parametrize("kind", ["pairs", "loops"])
def test_source_line_without_a_table(monkeypatch, kind):
    without(monkeypatch, lambda source: source.cell_line == "K562" and source.kind == kind)
    says(
        refusal(catalog_of, from_sources()),
        "resources/sources.tsv: ",
        f"cell line K562 has no {kind}",
    )


def test_source_line_without_peaks(monkeypatch):
    without(monkeypatch, lambda source: source.cell_line == "K562" and source.mark in MARKS)
    says(
        refusal(catalog_of, from_sources()),
        "resources/sources.tsv: ",
        "cell line K562 has no peaks",
        "CTCF",
        "`marks`",
    )


def test_source_genome_that_is_not_named():
    config = from_sources(dataset={"kind": "sources", "genome": "hg99"})
    says(refusal(catalog_of, config), "resources/sources.tsv: ", "'hg99'", "hg19")


@pytest.mark.parametrize("kind", ["pairs", "loops", "peaks"])
def test_own_line_without_an_entry(tmp_path, kind):
    config = own_files(tmp_path, lambda files: files["B"].pop(kind))
    says(
        refusal(catalog_of, config),
        "config: ",
        f"cell line B has no {kind}",
        f"dataset.files.B.{kind}",
    )


def test_own_line_that_is_not_listed(tmp_path):
    says(
        refusal(catalog_of, own_files(tmp_path, lambda files: files.pop("A"))),
        "config: ",
        "cell line A has no pairs",
    )


def test_a_mark_that_is_misspelt_is_refused_with_the_nearest(tmp_path):
    config = own_files(tmp_path, lambda files: files["A"]["peaks"].update(H3k27ac="x.bed"))
    says(
        refusal(catalog_of, config),
        "config: A has peaks for H3k27ac, which is not in marks; did you mean H3K27ac?",
    )
    config = own_files(tmp_path, lambda files: files["A"].update(peaks={"Pol2": "x.bed"}))
    assert "did you mean" not in refusal(catalog_of, config)


def test_a_line_that_the_run_does_not_have_is_refused(tmp_path):
    config = own_files(tmp_path, lambda files: files.update(Aa=files["A"]))
    says(refusal(catalog_of, config), "config: dataset.files has Aa", "cell_lines", "mean A?")
    for missing, told in (
        ({"LineQ": ["CTCF"]}, "LineQ, which is not in cell_lines; did you mean Line"),
        ({"LineA": ["CTFC"]}, "LineA is said to lack CTFC, which is not in marks; did you mean CT"),
    ):
        chosen = {"kind": "simulated", "missing": missing}
        says(refusal(catalog_of, toy_config(dataset=chosen)), "config: ", told)


def test_own_file_that_does_not_exist(tmp_path):
    missing = tmp_path / "nowhere.bed"
    config = own_files(tmp_path, lambda files: files["A"]["peaks"].update(CTCF=str(missing)))
    says(refusal(catalog_of, config), f"{missing}: ", "does not exist", "`dataset`")


def test_mark_missing_in_one_line_is_allowed(tmp_path):
    found = catalog_of(own_files(tmp_path, lambda files: files["A"]["peaks"].pop("CTCF")))
    assert list(found.lines["A"].peaks) == ["H3K27ac"] and set(found.lines["B"].peaks) == set(MARKS)


def test_mark_missing_in_every_line(tmp_path, monkeypatch):
    says(
        refusal(catalog_of, own_files(tmp_path, marks=[*MARKS, "DNase"])),
        "config: ",
        "mark DNase",
        "`marks`",
    )
    without(monkeypatch, lambda source: source.mark == "CTCF")
    says(refusal(catalog_of, from_sources()), "config: ", "mark CTCF", "`marks`")


def test_manifest_row_of_another_collection_is_not_taken(monkeypatch):
    others = [
        replace(s, collection="other", name=f"other_{s.name}", url="https://elsewhere/x")
        for s in load_sources()
    ]
    monkeypatch.setattr(catalog, "load_sources", lambda: load_sources() + others)
    assert not any("elsewhere" in str(path) for path in catalog_of(from_sources()).files)


def test_paths_do_not_depend_on_the_checkout():
    assert not any(str(ROOT) in str(path) for path in catalog_of(from_sources()).files)


def test_peaks_that_are_not_at_hand_are_missing_marks_of_that_line():
    lacking = {"K562": ["DNase"], "NHEK": ["CTCF", "H3K9ac"]}
    chosen = {"kind": "sources", "genome": "hg19", "missing": lacking}
    found = catalog_of(
        toy_config(
            dataset=chosen,
            cell_lines=["K562", "NHEK"],
            held_out_lines=[],
            marks=["CTCF", "DNase", "H3K9ac"],
        )
    )
    assert {line: set(files.peaks) for line, files in found.lines.items()} == {
        "K562": {"CTCF", "H3K9ac"},
        "NHEK": {"DNase"},
    }

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.provenance import read_json, read_metrics
from epidecouple.data.loci import check_on_genome, pair_table, unique_elements, windows
from epidecouple.data.splits import splits_of
from epidecouple.files.fasta import open_genome
from toy import frame, refusal, run_main, says, toy_config

PANEL = frame(
    "chrom enhancer_mid promoter_mid enhancer_end promoter_end cell_line row",
    ("chr2", 100, 40, 110, 50, "A", 2),
    ("chr1", 40, 100, 50, 110, "B", 2),
    ("chr1", 40, 60, 50, 70, "B", 7),
)
SIZES = {"chr1": 200, "chr2": 200}
PLACES = {"A": Path("a.csv"), "B": Path("b.csv")}


def refused(column: str, value: object, length: int = 20) -> str:
    """Why the panel is refused when its last row has another value in one column."""
    panel = PANEL.copy()
    panel.loc[2, column] = value
    return refusal(check_on_genome, panel, SIZES, length, PLACES)


def test_elements_are_unique_and_sorted():
    expected = [("chr1", 40), ("chr1", 60), ("chr1", 100), ("chr2", 40), ("chr2", 100)]
    assert list(unique_elements(PANEL).itertuples(index=False, name=None)) == expected


@pytest.mark.parametrize(("length", "start", "end"), [(20, 90, 110), (2, 99, 101)])
def test_windows_are_centred(length, start, end):
    assert windows(frame("chrom mid", ("chr1", 100)), length).to_numpy().tolist() == [
        ["chr1", start, end]
    ]


def test_pairs_are_rows_of_the_elements():
    config = toy_config(splits={"folds": [["chr1"], ["chr2"], ["chr3"]]})
    mids = PANEL.enhancer_mid, PANEL.promoter_mid
    around = {
        "enhancer_start": mids[0] - 5,
        "enhancer_end": mids[0] + 6,
        "promoter_start": mids[1] - 20,
        "promoter_end": mids[1] + 20,
    }
    pairs = pair_table(PANEL.assign(**around), unique_elements(PANEL), splits_of(config))
    assert (pairs.enhancer_bp == 11).all() and (pairs.promoter_bp == 40).all()
    assert pairs[["enhancer", "promoter", "distance"]].to_numpy().tolist() == [
        [4, 3, 60],
        [0, 2, 60],
        [0, 1, 20],
    ]
    assert pairs.split.tolist() == ["validation", "test", "test"]


def test_stored_windows_decode_to_the_letters_of_the_fasta(toy_panel):
    codes = np.load(toy_panel.elements / "sequences.npy")
    elements = pd.read_parquet(toy_panel.elements / "elements.parquet")
    with open_genome(toy_panel.world.catalog.genome) as fasta:
        chromosomes = {record.name: record[:] for record in fasta}
    assert codes.dtype == np.uint8 and codes.shape == (len(elements), 168)
    for row, (chrom, mid) in enumerate(elements.itertuples(index=False)):
        assert (
            "".join("ACGTN"[code] for code in codes[row]) == chromosomes[chrom][mid - 84 : mid + 84]
        )


def test_stored_pairs_lead_back_to_the_panel(toy_panel):
    elements, pairs = (
        pd.read_parquet(toy_panel.elements / f"{name}.parquet") for name in ("elements", "pairs")
    )
    panel = pd.read_parquet(toy_panel.folder / "panel.parquet")
    for kind in ("enhancer", "promoter"):
        assert (elements.mid[pairs[kind]].to_numpy() == panel[f"{kind}_mid"]).all()
        assert (elements.chrom[pairs[kind]].to_numpy() == panel.chrom).all()
    assert (pairs.distance == (panel.enhancer_mid - panel.promoter_mid).abs()).all()


def test_stored_splits_and_metrics(toy_panel):
    splits = splits_of(toy_panel.world.config)
    assert read_json(toy_panel.elements / "splits.json")["hash"] == splits.hash
    metrics = read_metrics(toy_panel.folder / "elements.json")
    assert metrics["split_hash"] == splits.hash and metrics["n_fraction"] == 0
    assert sum(metrics[f"pairs_{name}"] for name in ("train", "validation", "test")) == len(
        toy_panel.panel.labels
    )


def test_panel_that_fits_is_accepted():
    assert check_on_genome(PANEL, SIZES, 80, PLACES) is None


@pytest.mark.parametrize("chrom", ["1", "chrX"])
def test_chromosome_that_the_fasta_lacks(chrom):
    says(refused("chrom", chrom), "b.csv:7: ", f"chromosome {chrom} ", "chr1, chr2", "chr1 or 1")


@pytest.mark.parametrize("kind", ["enhancer", "promoter"])
def test_element_beyond_the_chromosome(kind):
    says(
        refused(f"{kind}_end", 201),
        "b.csv:7: ",
        f"the {kind} ends at 201",
        "chr1 of 200 bp",
        "assembly",
    )


@pytest.mark.parametrize("kind", ["enhancer", "promoter"])
@pytest.mark.parametrize("mid", [9, 191])
def test_window_that_runs_off_the_chromosome(kind, mid):
    says(
        refused(f"{kind}_mid", mid),
        "b.csv:7: ",
        f"the {kind}'s window of 20 bp around {mid} ",
        "chr1 of 200 bp",
        "sequence_bp",
    )


@pytest.mark.parametrize("mid", [10, 190])
def test_window_that_just_fits(mid):
    assert check_on_genome(PANEL.assign(promoter_mid=mid), SIZES, 20, PLACES) is None


def test_stage_refuses_windows_that_run_off(toy_panel, tmp_path):
    world = toy_panel.world
    values = json.loads(json.dumps(world.values)) | {
        "windows": {**world.values["windows"], "sequence_bp": 20_000}
    }
    names = ("elements", "sequences", "pairs", "splits", "chromosomes", "metrics")
    files = {name: tmp_path / name for name in names}
    message = refusal(
        run_main, "elements", world.root, values, panel=toy_panel.folder / "panel.parquet", **files
    )
    says(message, "pairs.csv:", "20000 bp", "runs off")
    assert not any(tmp_path.iterdir())

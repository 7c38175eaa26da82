"""The page about own data, block by block, on toy files under a user's names; Snakemake is called
for dry runs.
"""

import gzip
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from epidecouple.core.config import Config, validated
from epidecouple.data.crossed_pairs import build_panel
from epidecouple.data.labels import label_matrix
from epidecouple.data.loci import pair_table, unique_elements
from epidecouple.data.splits import check_splits, splits_of
from epidecouple.files.catalog import catalog_of
from epidecouple.files.loops import read_loops
from epidecouple.files.pairs import read_pairs
from pipeline import BLOCK, ROOT, run_bash

# The page has many dry runs.
pytestmark = pytest.mark.slow
TISSUES = {"liver": "LineA", "lung": "LineC", "skin": "LineE", "gut": "LineB", "heart": "MixG"}
MARKS = {"DNase": "atac.narrowPeak.gz", "H3K27ac": "k27ac.broadPeak.gz", "CTCF": "ctcf.bed"}
END = ["chrom", "start", "end"]


def write_bed(pairs: list[pd.DataFrame], kind: str, path: Path) -> None:
    """One end of the pairs, and the column that most BED files have besides."""
    ends = [
        table[["chrom", f"{kind}_start", f"{kind}_end"]].set_axis(END, axis=1) for table in pairs
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.concat(ends).drop_duplicates().sort_values(END).assign(name="e").to_csv(
        path, sep="\t", header=False, index=False
    )


def write_tissue(folder: Path, line: str, world) -> pd.DataFrame:
    files = world.catalog.lines[line]
    pairs = read_pairs(files.pairs)
    write_bed([pairs], "enhancer", folder / "enhancers.bed")
    read_loops(files.loops).to_csv(folder / "loops.bedpe", sep="\t", header=False, index=False)
    for mark, name in MARKS.items():
        content = files.peaks[mark].read_bytes()
        (folder / name).write_bytes(content if name.endswith(".gz") else gzip.decompress(content))
    return pairs


@pytest.fixture(scope="module")
def followed(toy_world, tmp_path_factory):
    """A folder in which the page was followed to its end, and the configuration written there, with
    the toy's windows.
    """
    folder = tmp_path_factory.mktemp("own")
    data = folder / "data"
    tables = [write_tissue(data / tissue, line, toy_world) for tissue, line in TISSUES.items()]
    write_bed(tables, "promoter", data / "promoters.bed")
    shutil.copy(toy_world.catalog.genome, data / "genome.fa.gz")
    (data / "skin" / "ctcf.bed").unlink()
    blocks = BLOCK.findall((ROOT / "docs" / "own_data.md").read_text())
    assert len(blocks) == 4 and {kind for kind, _ in blocks} == {"bash"}
    for _, text in blocks:
        run_bash(text.replace("snakemake ", "snakemake -n "), folder)
    values = yaml.safe_load((folder / "tissues.yaml").read_text())
    return folder, validated(values | {"windows": {"sequence_bp": 168, "signal_bp": 2000}})


@pytest.fixture
def panel(followed, monkeypatch):
    folder, values = followed
    monkeypatch.chdir(folder)
    config = Config.from_dict(values)
    crossed, funnel, metrics = build_panel(config, catalog_of(config))
    return config, pd.concat(crossed.blocks(), ignore_index=True), funnel, metrics


def test_pairs_of_the_page_have_the_labels_of_the_loops(panel):
    config, table, _, metrics = panel
    assert metrics["label_agreement"] == 1.0 and metrics["panel_lines"] == 5
    assert metrics["natural_positive"] > 50 and metrics["panel_pairs"] > 600


def test_the_panel_of_the_page_can_be_trained_on(panel):
    config, table, _, metrics = panel
    pairs = pair_table(table, unique_elements(table), splits_of(config))
    check_splits(
        pairs.split,
        pd.DataFrame(label_matrix(table, config.all_lines), columns=config.all_lines),
        config.cell_lines,
    )
    assert metrics["discordant_between_training_lines"] >= 30


def test_a_mark_left_out_is_missing_in_that_line_only(followed, monkeypatch):
    folder, values = followed
    monkeypatch.chdir(folder)
    lines = catalog_of(Config.from_dict(values)).lines
    assert {line for line, files in lines.items() if "CTCF" not in files.peaks} == {"skin"}

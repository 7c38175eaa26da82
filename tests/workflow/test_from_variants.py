"""From variants to genes, block by block of the page, and the notebook, cell by cell, in a folder
that has the repository's excerpt and model.
"""

import contextlib
import io
import json

import pandas as pd
import pytest

from pipeline import ROOT, blocks_of, run_bash

HEADINGS = ("Three commands", "Your elements, your cell line", "In Python")
NOTEBOOK = ROOT / "docs" / "notebooks" / "regulation.ipynb"


@pytest.fixture
def folder(tmp_path):
    for name in ("resources", "models"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def cells():
    """The code of the notebook, which is kept without outputs."""
    every = json.loads(NOTEBOOK.read_text())["cells"]
    code = [cell for cell in every if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    return ["".join(cell["source"]) for cell in code]


@pytest.mark.slow
def test_every_block_of_the_page_runs(folder):
    shown, names = io.StringIO(), {}
    blocks = blocks_of("predict.md", *HEADINGS)
    assert [kind for kind, _ in blocks] == ["bash"] * 5 + ["python"]
    for kind, text in blocks:
        if kind == "bash":
            run_bash(text, folder)
            continue
        with contextlib.chdir(folder), contextlib.redirect_stdout(shown):
            exec(text, names)
    table = pd.read_csv(folder / "results/regulation/predict/pairs/predictions.tsv", sep="\t")
    scored = table[table.reason.isna()]
    assert {"HBE1", "MYC", "GATA1"} <= set(scored.gene) and len(table) > len(scored)
    assert "HBE1" in shown.getvalue() and names["table"].shape[0] == len(table)
    assert (folder / "results/regulation/predict/pairs/locus.svg").read_text().count("<path") > 10
    assert (folder / "peaks.tsv").read_text().startswith("mark\tpath\nDNase\tENCFF")


@pytest.mark.slow
def test_every_cell_of_the_notebook_runs(folder):
    names: dict = {}
    with contextlib.chdir(folder):
        for text in cells():
            exec(text, names)
    best = names["best"].groupby("gene").regulated.sum()
    assert best["HBE1"] >= 4 and best["GATA1"] >= 2
    assert "missing" in names["own"].doubts[0] and pd.isna(names["own"]["head"][0])

"""What the page on predictions says of a model that a run trained, block by block, in a working
directory that has a released toy model as `results/demo`.
"""

import contextlib
import io
import shutil

import pytest

from pipeline import ROOT, blocks_of, run_bash


@pytest.mark.slow
def test_every_block_runs(toy_bundle, tmp_path):
    folder, names, shown = shutil.copytree(toy_bundle.root, tmp_path / "work"), {}, io.StringIO()
    shutil.copytree(ROOT / "config", folder / "config")
    blocks = blocks_of("predict.md", "A model that a run trained")
    assert len(blocks) >= 9 and {kind for kind, _ in blocks} == {"python", "bash"}
    for kind, text in blocks:
        if kind == "bash":
            run_bash(text, folder)
            continue
        with contextlib.chdir(folder), contextlib.redirect_stdout(shown):
            exec(text, names)
    assert "H3K27ac" in shown.getvalue() and "uncalibrated" in shown.getvalue()
    written = {path.name for path in (folder / "results/demo/predict/mine").iterdir()}
    assert {
        "predictions.tsv",
        "predictions.bedpe",
        "predictions.interact",
        "marks.tsv",
        "bases.tsv",
        "metrics.json",
    } <= written

"""The tutorial, block by block, in a working directory that has a released toy model as `results/demo`."""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys

from pipeline import ROOT

BLOCK = re.compile(r"^```(python|bash)\n(.*?)^```$", re.M | re.S)


def run_bash(text: str, folder) -> None:
    """The block's `snakemake` is that of the checkout's workflow."""
    script = f'snakemake() {{ {sys.executable} -m snakemake -s {ROOT / "Snakefile"} "$@"; }}\nset -e\n{text}'
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    made = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert made.returncode == 0, made.stdout + made.stderr


def test_every_block_runs(toy_bundle, tmp_path):
    folder, names, shown = shutil.copytree(toy_bundle.root, tmp_path / "work"), {}, io.StringIO()
    shutil.copytree(ROOT / "config", folder / "config")
    blocks = BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text())
    assert len(blocks) >= 9 and {kind for kind, _ in blocks} == {"python", "bash"}
    for kind, text in blocks:
        if kind == "bash":
            run_bash(text, folder)
            continue
        with contextlib.chdir(folder), contextlib.redirect_stdout(shown):
            exec(text, names)
    assert "H3K27ac" in shown.getvalue() and "uncalibrated" in shown.getvalue()
    written = {path.name for path in (folder / "results/demo/predict/mine").iterdir()}
    assert {"predictions.tsv", "predictions.bedpe", "predictions.interact", "marks.tsv", "bases.tsv", "metrics.json"} <= written

"""The quick ablation, as a user calls it."""

import json

import pandas as pd
import pytest

from epidecouple.ablation.arms import quick_arms
from pipeline import run_snakemake


@pytest.mark.slow
def test_the_quick_ablation_ends_with_a_page_of_verdicts(tmp_path):
    """Six arms under one seed; the arms differ, and a second call does nothing."""
    call = run_snakemake(tmp_path, "ablation_quick")
    assert call.returncode == 0, call.stderr[-2000:]
    folder = tmp_path / "results/demo/ablation_quick"
    runs = pd.read_csv(folder / "runs.tsv", sep="\t")
    assert set(runs.arm) == set(quick_arms()) and runs.seed.nunique() == 1
    assert runs.aupr_unseen.nunique() == len(runs)
    of = runs.set_index("arm")
    assert of.potential_line_share["design"] < 1e-12 < of.potential_line_share["A3 soft 1"]
    verdicts = json.loads((folder / "verdicts.json").read_text())["default"]
    assert {row["verdict"] for row in verdicts} == {"open", "not run"}, "one seed settles nothing"
    page = (folder / "report.html").read_text()
    assert "Hard constraints beat soft losses" in page and "<svg" in page or "data:image" in page
    again = run_snakemake(tmp_path, "ablation_quick")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_an_arm_that_there_is_not_is_refused_before_anything_runs(tmp_path):
    call = run_snakemake(tmp_path, "-n", "ablation", "--config", "ablation={arms: [statesonly]}")
    said = call.stdout + call.stderr
    assert call.returncode == 1 and "there is no arm statesonly" in said

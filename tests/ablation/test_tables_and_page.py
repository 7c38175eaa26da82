"""From the figures of trainings to the tables and the page."""

import json

import pandas as pd
import pytest

from epidecouple.stages.ablation import ablation
from epidecouple.stages.ablation_report import ablation_report
from epidecouple.stages.figure import draw

ARMS = {"design": 0.6, "plain likelihood for R": 0.7, "A3 soft 0": 0.65, "A3 soft 1": 0.64}


@pytest.fixture
def made(tmp_path):
    """Figures of four arms under three seeds, joined, drawn and rendered as the rules do it."""
    figures = []
    for seed in (1, 2, 3):
        for arm, value in ARMS.items():
            values = {"aupr_unseen": value + 0.01 * seed, "aupr_unseen_dna_oracle": 0.66}
            values |= {"aupr_unseen_oracle": 0.9, "potential_dna_corr": 0.5}
            values |= {"potential_line_share": value - 0.6, "resistance_potential_corr": -0.2}
            path = tmp_path / f"{arm}.{seed}.json"
            path.write_text(json.dumps({"world": "default", "seed": seed, "arm": arm} | values))
            figures.append(path)
    folder = tmp_path / "run"
    (folder / "ablation").mkdir(parents=True)
    (folder / "figures").mkdir()
    paths = {name: folder / "ablation" / name for name in ("runs.tsv", "effects.tsv", "v.json")}
    ablation(figures, *paths.values())
    draw("ablation", paths["runs.tsv"], folder / "figures" / "ablation.svg")
    page = folder / "ablation" / "report.html"
    ablation_report(paths["runs.tsv"], paths["v.json"], "ablation", folder, page)
    return folder / "ablation", page.read_text()


def test_tables_have_a_row_per_training_and_per_effect(made):
    folder, _ = made
    assert len(pd.read_csv(folder / "runs.tsv", sep="\t")) == 12
    effects = pd.read_csv(folder / "effects.tsv", sep="\t")
    of = effects[effects.metric == "aupr_unseen"].set_index("arm")
    assert of.difference["plain likelihood for R"] == pytest.approx(-0.1) and set(of.n) == {3}


def test_the_page_says_where_the_design_loses(made):
    """The unfavourable verdict stands on the page as any other."""
    _, page = made
    assert "Decoupling costs no prediction" in page and "<strong>refuted</strong>" in page
    assert "design 0.62, plain likelihood for R 0.72, difference -0.10" in page
    assert "0.62 ± 0.01" in page and "what can be known" in page.lower()
    assert "did not both run" not in page

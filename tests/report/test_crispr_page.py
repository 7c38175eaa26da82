"""The page of the target crispr, from tables written by hand."""

import json
import re

import pandas as pd
import pytest

from epidecouple.evaluation.crispr_scores import Kind
from epidecouple.report.crispr_page import render, sentence
from epidecouple.report.figures.crispr import OURS, PANELS
from epidecouple.report.figures.style import COLOURS
from epidecouple.stages.figure import draw
from pipeline import broken_links

ENDS = {"": 0.0, "_lower": -0.05, "_upper": 0.05}
METRICS = {
    "crispr_rows": 10_356,
    "crispr_regulated": 471,
    "crispr_genes": 2_113,
    "crispr_auprc: distance": 0.454,
    **{f"zero_shot_auprc{end}": 0.632 + by for end, by in ENDS.items()},
    **{f"zero_shot_gain_over_share{end}": 0.064 + by for end, by in ENDS.items()},
}
HEAD = {f"head_auprc{end}": 0.772 + by for end, by in ENDS.items()}
WAY = {"inputs": ["CTCF", "TSS between"], "weight": [-0.76, 0.31]}


def score(name, kind, auprc):
    figures = {}
    for figure_name in ("ap", "auprc", "precision"):
        figures[figure_name] = auprc
        for end in ("lower", "upper"):
            figures[f"{figure_name}_chromosomes_{end}"] = auprc + ENDS[f"_{end}"]
    gains = {f"zero_shot_gain{end}": 0.632 - auprc + by for end, by in ENDS.items()}
    return {"score": name, "kind": kind, **figures, **gains}


def part(by, name, *areas):
    names = ("share x exp(-R_way)", "distance", "head, all marks")
    return [
        {"by": by, "part": name, "rows": 100, "regulated": 9, "score": score, "auprc": area}
        | {"lower": area - 0.1, "upper": area + 0.1}
        for score, area in zip(names, areas, strict=True)
    ]


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "results" / "demo" / "crispr"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps({"metrics": METRICS | HEAD}))
    (folder / "way.json").write_text(json.dumps({"all lines": WAY, "K562": WAY}))
    (folder / "predictions.tsv").touch()
    (tmp_path / "results" / "index.html").touch()
    rows = [score("ours", "zero-shot", 0.632), score("distance", "rival without labels", 0.454)]
    strata = part("dataset", "Nasser", 0.5, 0.4, 0.6) + part("dataset", "Other", 0.40, 0.47, 0.9)
    for name, table in {"table": rows, "strata": strata, "published": []}.items():
        pd.DataFrame(table).to_csv(folder / f"{name}.tsv", sep="\t", index=False)
    return folder.parent


def test_the_page_tells_what_it_shows_and_where_a_rival_is_ahead(run):
    page = render(run)
    assert "0.632 (0.582 to 0.682)" in page and "10,356" in page
    ahead = re.search(r"<ul>(.+?)</ul>", page, re.S)[1]
    assert "Other: distance 0.470, zero-shot 0.400" in ahead and "Nasser" not in ahead
    assert "−0.76" in page or "-0.76" in page
    (run / "crispr" / "report.html").write_text(page)
    assert broken_links(page, run / "crispr") == []


def test_a_gate_that_failed_is_told(run):
    check = {"metric": "zero_shot_gain_over_share_lower", "value": -0.01, "need": "> 0"}
    check |= {"outcome": "failed", "why": "because", "remedy": "mend it"}
    verdict = {"gate": "crispr", "passed": False, "waived": False, "checks": [check]}
    (run / "gates").mkdir()
    (run / "gates" / "crispr.verdict.json").write_text(json.dumps(verdict))
    assert "GATE crispr FAILED" in render(run)


def test_the_sentence_does_without_a_head():
    assert "0.772 (0.722 to 0.822)" in sentence(METRICS | HEAD)
    assert "head" not in sentence(METRICS) and "0.454" in sentence(METRICS)


def test_every_kind_has_a_panel_and_ours_are_blue(tmp_path):
    assert {kind for kinds in PANELS.values() for kind in kinds} == {kind.value for kind in Kind}
    rows = [score(kind.value, kind.value, 0.1 * k) for k, kind in enumerate(Kind)]
    pd.DataFrame(rows).to_csv(tmp_path / "table.tsv", sep="\t", index=False)
    draw("crispr_scores", tmp_path / "table.tsv", tmp_path / "table.svg")
    svg = (tmp_path / "table.svg").read_text().lower()
    assert len(re.findall(f"fill: {COLOURS[0].lower()}; stroke", svg)) >= len(OURS)

"""The page of the target bengi, from tables written by hand."""

import json

import pandas as pd
import pytest

from epidecouple.bengi.arms import DISTANCE, KINDS, OURS, PUBLISHED
from epidecouple.bengi.measures import BOUNDS, MEAN
from epidecouple.report.bengi_page import ahead, render
from epidecouple.report.pages import table_rows


def row(line: str, score: str, aupr: float, gain: float | None) -> dict:
    """A row of table.tsv."""
    figures = {"aupr": aupr, "matched": aupr / 2, "gain": gain, "matched_gain": gain}
    cells = {
        f"{name}{end}": None if value is None else value + off
        for name, value in figures.items()
        for end, off in zip(BOUNDS, (0, -0.01, 0.01), strict=True)
    }
    counts = {"pairs": 1_000, "positives": 100, "base_rate": 0.1}
    named = {"line": line, "score": score, "kind": KINDS[score]}
    return named | counts | cells | {"times_base_rate": aupr / 0.1}


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "results" / "demo" / "bengi"
    folder.mkdir(parents=True)
    rows = [row("NEW", OURS, 0.4, 0), row("NEW", DISTANCE, 0.2, 0.2)]
    rows += [row("OLD", OURS, 0.4, 0), row("OLD", PUBLISHED, 0.6, -0.2)]
    rows += [
        row("BARE", DISTANCE, 0.2, None),
        row(MEAN, OURS, 0.4, 0),
        row(MEAN, DISTANCE, 0.2, 0.2),
    ]
    pd.DataFrame(rows).to_csv(folder / "table.tsv", sep="\t", index=False)
    stratum = {"line": "NEW", "group": "0 to 150 kb", "pairs": 9, "base_rate": 0.2}
    strata = [{**stratum, "score": OURS, "aupr": 0.51, "lower": 0.4, "upper": 0.6}]
    pd.DataFrame(strata).to_csv(folder / "strata.tsv", sep="\t", index=False)
    metrics = {"bengi_pairs": 3_000, "bengi_positives": 300, "bengi_aupr": 0.4}
    (folder / "metrics.json").write_text(json.dumps({"metrics": metrics}))
    return folder.parent


def test_every_rival_that_is_ahead_is_named_by_line(run):
    told = ahead(table_rows(run / "bengi" / "table.tsv"))
    assert told == [
        "NEW: no rival is ahead",
        f"OLD: {PUBLISHED} 0.600 (ours minus this -0.200 (-0.210 to -0.190))",
        "BARE: ours has no figure, since the run has no peaks of the line",
        f"{MEAN}: no rival is ahead",
    ]


def test_the_page_shows_lines_with_their_base_rate_and_strata(run):
    page = render(run)
    assert "3,000 candidate" in page and "in 3 cell lines" in page
    assert "NEW: 1,000 pairs, base rate 0.100" in page and "BARE: 1,000 pairs" in page
    assert page.index(f"<h3>{MEAN}") < page.index("<h3>NEW"), "the mean comes first"
    assert "0.400 (0.390 to 0.410)" in page and "0 to 150 kb" in page and "0.510" in page
    assert "nan" not in page

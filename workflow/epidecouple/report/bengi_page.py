"""The page of the target bengi: what it shows in a sentence, which rival is ahead where, tables."""

from pathlib import Path
from typing import Any

from ..core.provenance import read_metrics
from .pages import page_templates, table_rows

MEAN = "mean"
OURS = "ours"
# Kinds that are no rivals.
OWN = (OURS, "part of ours", "ours, without the assay")
# Figures of a score and how the page calls them.
SHOWN = {
    "aupr": "AUPR",
    "matched": "AUPR at matched distance",
    "gain": "ours minus this",
    "matched_gain": "ours minus this, matched",
}


def render(run: Path) -> str:
    """The page of a run as HTML."""
    folder = run / "bengi"
    rows = table_rows(folder / "table.tsv")
    return (
        page_templates()
        .get_template("bengi.html.j2")
        .render(
            run=run.name,
            metrics=read_metrics(folder / "metrics.json"),
            ahead=ahead(rows),
            columns=list(SHOWN.values()),
            lines=by_line(rows),
            strata=by_stratum(table_rows(folder / "strata.tsv")),
        )
    )


def ahead(rows: list[dict[str, str]]) -> list[str]:
    """A sentence for every line about each rival whose figure is above ours, or that there is none,
    or nothing to compare.
    """
    sentences = []
    for line, of_line in grouped(rows, "line").items():
        rivals = [row for row in of_line if row["kind"] not in OWN and row["gain"]]
        better = [row for row in rivals if float(row["gain"]) < 0]
        named = ", ".join(
            f"{row['score']} {float(row['aupr']):.3f} (ours minus this {cell(row, 'gain')})"
            for row in sorted(better, key=lambda row: -float(row["aupr"]))
        )
        unmeasured = "ours has no figure, since the run has no peaks of the line"
        found = (named or "no rival is ahead") if rivals else unmeasured
        sentences.append(f"{line}: {found}")
    return sentences


def grouped(rows: list[dict[str, str]], name: str) -> dict[str, list[dict[str, str]]]:
    """Rows by the value of a column, in their order."""
    groups: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    return groups


def cell(row: dict[str, str], name: str) -> str:
    """A value of a table with its interval; empty where the table has none, or where a score is
    compared with itself.
    """
    if not row[name] or row["kind"] == OURS and name.endswith("gain"):
        return ""
    value, lower, upper = (float(row[f"{name}{end}"]) for end in ("", "_lower", "_upper"))
    return f"{value:.3f} ({lower:.3f} to {upper:.3f})"


def by_line(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Lines with the rows of their scores as cells, the mean first."""
    lines = [
        {
            "line": line,
            **{name: of_line[0][name] for name in ("pairs", "positives")},
            "base_rate": f"{float(of_line[0]['base_rate']):.3f}",
            "rows": [
                {
                    "score": row["score"],
                    "kind": row["kind"],
                    "times": f"{float(row['times_base_rate']):.1f}",
                    "cells": [cell(row, name) for name in SHOWN],
                }
                for row in of_line
            ],
        }
        for line, of_line in grouped(rows, "line").items()
    ]
    return sorted(lines, key=lambda of_line: of_line["line"] != MEAN)


def by_stratum(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Strata with the AUPR of every score, by name."""
    strata: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        entry = strata.setdefault((row["line"], row["group"]), {**row, "of": {}})
        entry["of"][row["score"]] = f"{float(row['aupr']):.3f}"
    return list(strata.values())

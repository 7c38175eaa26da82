"""The page of the target crispr: what it shows in a sentence, verdict, curves, tables."""

from pathlib import Path
from typing import Any

from ..core.provenance import read_json, read_metrics
from .pages import drawn_figure, number, page_templates, table_rows, verdict_of

FIGURES = ("crispr_curves", "crispr_scores")
# Figures of a score and how the page calls them.
SHOWN = {
    "auprc": "weighted AUPRC",
    "ap": "average precision",
    "precision": "precision at 70 % recall",
}
GAINS = {"zero_shot": "zero-shot minus this", "head": "head minus this"}


def render(run: Path) -> str:
    """The page of a run as HTML."""
    folder = run / "crispr"
    metrics = read_metrics(folder / "metrics.json")
    scores = table_rows(folder / "table.tsv")
    figures = [drawn_figure(run, name) for name in FIGURES]
    return (
        page_templates()
        .get_template("crispr.html.j2")
        .render(
            run=run.name,
            metrics=metrics,
            sentence=sentence(metrics),
            ahead=ahead(run),
            verdict=verdict_of(run, "crispr"),
            figures=[figure for figure in figures if figure],
            scores=[score_row(row) for row in scores],
            columns=[*SHOWN.values(), *GAINS.values()],
            strata=by_part(table_rows(folder / "strata.tsv")),
            published=[{**row, "cell": area(row)} for row in table_rows(folder / "published.tsv")],
            way=way_rows(read_json(folder / "way.json")),
        )
    )


def sentence(metrics: dict[str, Any]) -> str:
    """What the page shows, with its numbers; nothing of the head where it was not compared."""
    text = (
        "Without any CRISPR label the score reaches a weighted AUPRC of"
        f" {with_interval(metrics, 'zero_shot_auprc')}, of which the resistance of the way, learned"
        f" from loops of other lines, adds {with_interval(metrics, 'zero_shot_gain_over_share')}."
        f" Distance alone reaches {number(metrics['crispr_auprc: distance'])}."
    )
    if "head_auprc" in metrics:
        head = with_interval(metrics, "head_auprc")
        text += f" A head fitted on the labels of other chromosomes reaches {head}."
    return text


def with_interval(metrics: dict[str, Any], name: str) -> str:
    """A metric with its interval."""
    ends = [number(metrics[f"{name}_{end}"]) for end in ("lower", "upper")]
    return f"{number(metrics[name])} ({ends[0]} to {ends[1]})"


def ahead(run: Path) -> list[str]:
    """A sentence for every part of the rows on which a rival is ahead of ours."""
    folder = run / "crispr"
    parts = by_part(table_rows(folder / "strata.tsv"))
    published = table_rows(folder / "published.tsv")
    if published:
        rows = int(float(published[0]["rows"]))
        parts.append(
            {"by": "the rows that ABC scored", "part": f"{rows:,} rows", "scores": published}
        )
    sentences = [behind(part) for part in parts]
    return [text for text in sentences if text]


def behind(part: dict[str, Any]) -> str:
    """Which score is best on a part of the rows where the zero-shot score is not: rivals without
    labels only, since a head may always win.
    """
    of = {row["score"]: float(row["auprc"]) for row in part["scores"]}
    ours, *others = of
    rivals = {name: of[name] for name in others if not name.startswith("head")}
    best = max(rivals, key=lambda name: rivals[name])
    if rivals[best] <= of[ours]:
        return ""
    return f"{part['by']}, {part['part']}: {best} {rivals[best]:.3f}, zero-shot {of[ours]:.3f}"


def score_row(row: dict[str, str]) -> dict[str, Any]:
    """A score's name, kind, and cells with intervals over chromosomes."""
    cells = [cell(row, name, f"{name}_chromosomes") for name in SHOWN]
    cells += [cell(row, f"{form}_gain", f"{form}_gain") for form in GAINS]
    return {"score": row["score"], "kind": row["kind"], "cells": cells}


def cell(row: dict[str, str], name: str, ends: str) -> str:
    """A value of a table with its interval; empty where the table has none, or where a score is
    compared with itself.
    """
    if not row.get(name) or float(row[f"{ends}_lower"]) == float(row[f"{ends}_upper"]):
        return ""
    lower, upper = (float(row[f"{ends}_{end}"]) for end in ("lower", "upper"))
    return f"{float(row[name]):.3f} ({lower:.3f} to {upper:.3f})"


def area(row: dict[str, str]) -> str:
    """The area of a score on some rows with its interval."""
    value, lower, upper = (float(row[name]) for name in ("auprc", "lower", "upper"))
    return f"{value:.3f} ({lower:.3f} to {upper:.3f})"


def by_part(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Rows of a table of strata, those of a part together."""
    parts: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["by"], row["part"])
        entry = parts.setdefault(key, {**row, "scores": []})
        entry["scores"].append({**row, "cell": area(row)})
    return list(parts.values())


def way_rows(way: dict[str, Any]) -> list[dict[str, Any]]:
    """Per input of R_way its weight in every fit, as an affinity: + holds contacts up."""
    inputs = next(iter(way.values()))["inputs"]
    return [
        {"input": name, "weights": {fit: of["weight"][k] for fit, of in way.items()}}
        for k, name in enumerate(inputs)
    ]

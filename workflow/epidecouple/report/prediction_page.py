"""The page of a prediction by a regulation model: one sentence, units, thresholds and what they
were worth, the best-scored pairs, and why rows have no score.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..core.provenance import read_metrics
from .pages import data_uri, each_row, page_templates, table_rows

SHOWN = 50
PICTURE = "locus.svg"
# Columns of the table of pairs: what the page calls them, and how their numbers are written.
COLUMNS = {
    "gene": ("gene", ""),
    "distance_bp": ("distance, bp", ",.0f"),
    "head": ("score with a head, logit", "+.2f"),
    "head_spread": ("its spread, logit", ".2f"),
    "zero_shot": ("zero-shot score, logit", "+.2f"),
    "potential": ("U(distance)", "+.2f"),
    "activity": ("activity", "+.2f"),
    "competition": ("competition", "+.2f"),
    "resistance_of_way": ("R of the way", "+.2f"),
    "doubts": ("doubts", ""),
}


def render(folder: Path) -> str:
    """The page of a folder of predictions as HTML."""
    counts = read_metrics(folder / "metrics.json")
    best, reasons = best_and_reasons(each_row(folder / "predictions.tsv"))
    return (
        page_templates()
        .get_template("prediction.html.j2")
        .render(
            line=counts["line"],
            sentence=sentence(best, counts),
            head=counts["head"],
            missing=counts["missing_marks"],
            samples=table_rows(folder / "samples.tsv"),
            loops_of=counts["loops_of"],
            picture=data_uri(folder / PICTURE),
            points=[point(name, of) for name, of in counts["thresholds"].items()],
            columns=["element", *(title for title, _ in COLUMNS.values())],
            best=[cells(row) for row in best],
            scored=counts["scored"],
            reasons=reasons.most_common(SHOWN),
            other_reasons=max(len(reasons) - SHOWN, 0),
        )
    )


def best_and_reasons(
    rows: Iterable[dict[str, str]],
) -> tuple[list[dict[str, str]], Counter[str]]:
    """The `SHOWN` best-scored rows, the best first, and how many rows have which reason; no other
    row is kept.
    """
    reasons: Counter[str] = Counter()

    def scored() -> Iterator[dict[str, str]]:
        for row in rows:
            if row["reason"]:
                reasons[row["reason"]] += 1
            else:
                yield row

    return heapq.nlargest(SHOWN, scored(), key=order), reasons


def order(row: dict[str, str]) -> float:
    """What rows are ordered by: the score with a head, or else the one without labels."""
    return float(row["head"] or row["zero_shot"])


def sentence(best: list[dict[str, str]], counts: dict[str, Any]) -> str:
    """What the request gave, in one sentence."""
    text = f"{counts['scored']:,} of {counts['rows']:,} pairs of an element and a gene have a score"
    if best:
        first = best[0]
        text += f"; the best is {place(first)} for {first['gene'] or 'its promoter'}"
    return f"{text}; {counts['doubted']:,} deserve doubt."


def point(name: str, of: dict[str, Any]) -> dict[str, str]:
    """A threshold and what it was worth, as text."""
    figures = {
        figure: f"{of[figure][0]:.2f} ({of[figure][1]:.2f} to {of[figure][2]:.2f})"
        for figure in ("precision", "recall")
    }
    screens = [
        f"{screen}: {precision:.2f} and {recall:.2f}"
        for screen, (precision, recall) in of["screens"].items()
    ]
    return {
        "name": name,
        "threshold": f"{of['threshold']:+.2f}",
        "screens": "; ".join(screens),
        "above": f"{of['above']:,}",
        **figures,
    }


def place(row: dict[str, str]) -> str:
    """An element as the request has it."""
    return f"{row['chrom']}:{int(row['start']):,}-{int(row['end']):,}"


def cells(row: dict[str, str]) -> list[str]:
    """An element's cells."""
    texts = [
        format(float(row[name]), form) if form and row[name] else row[name]
        for name, (_, form) in COLUMNS.items()
    ]
    return [place(row), *texts]

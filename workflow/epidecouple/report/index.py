"""The index of all runs: verdicts, headline numbers, and the settings in which the runs differ."""

import json
import time
from pathlib import Path
from typing import Any

from ..core.metrics import label
from .ending import FILE as ENDING
from .ending import PASSED, WORDS, endings
from .layout import headline_rows
from .pages import page_templates, read_optional, verdict_of
from .run_page import other_pages, provenance_rows

ABSENT = "–"


def runs_in(results: Path) -> list[Path]:
    """Folders of the runs, the newest first: those that have a verdict, the table of a target of
    its own, or the word of a call that ended.
    """
    made = {
        file: max(file.stat().st_mtime for file in evidence)
        for file in results.iterdir()
        if (evidence := evidence_of(file))
    }
    return sorted(made, key=made.__getitem__, reverse=True)


def evidence_of(run: Path) -> list[Path]:
    """Files by which a folder is known to hold a run."""
    return [
        *run.glob("gates/*.verdict.json"),
        *run.glob("resistance/metrics.json"),
        *run.glob("model/card.md"),
        *run.glob(ENDING),
    ]


def gate_summary(run: Path) -> tuple[str, str]:
    """The outcome of a run by its gates and by how its calls ended, and a few words about it."""
    verdicts = [
        verdict_of(run, path.name.split(".")[0])
        for path in sorted(run.glob("gates/*.verdict.json"))
    ]
    for outcome, text in (("FAILED", "failed"), ("waived", "waived")):
        names = [verdict["gate"] for verdict in verdicts if verdict["outcome"] == outcome]
        if names:
            return outcome, f"{text}: {', '.join(names)}"
    counted = f"{len(verdicts)} passed" if verdicts else "none judged"
    ended = [ending["kind"] for ending in endings(run).values()]
    for kind in ended:
        if kind != PASSED:
            return "FAILED", f"{WORDS[kind]} ({counted})"
    if not ended:
        return "not", f"{counted}; no call has ended"
    return ("passed", counted) if verdicts else ("not", counted)


def headline_values(run: Path) -> list[Any]:
    """The headline numbers of a run, None where it has none."""
    contents = [
        (read_optional(run / stage / "metrics.json"), row.metric) for stage, row in headline_rows()
    ]
    return [content and content["metrics"].get(metric) for content, metric in contents]


def flat(settings: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as dotted keys, values as JSON."""
    dotted: dict[str, str] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        nested = isinstance(value, dict) and value
        dotted |= flat(value, f"{name}.") if nested else {name: json.dumps(value)}
    return dotted


def differing(settings: list[dict[str, str]]) -> dict[str, list[str]]:
    """Keys that two runs have with different values, with the value of each run; a run that never
    read a key has none.
    """
    keys = sorted({key for of_run in settings for key in of_run} - {"run"})
    rows = {key: [of_run.get(key, ABSENT) for of_run in settings] for key in keys}
    return {key: values for key, values in rows.items() if len(set(values) - {ABSENT}) > 1}


def run_row(run: Path) -> dict[str, Any]:
    """One run's row of the index."""
    outcome, summary = gate_summary(run)
    changed = time.strftime(
        "%Y-%m-%d %H:%M", time.localtime(max(file.stat().st_mtime for file in evidence_of(run)))
    )
    report = f"{run.name}/report.html" if (run / "report.html").is_file() else ""
    pages = {text: f"{run.name}/{place}" for text, place in other_pages(run).items()}
    return {
        "name": run.name,
        "outcome": outcome,
        "summary": summary,
        "changed": changed,
        "report": report,
        "pages": pages,
    } | {"numbers": headline_values(run)}


def render(results: Path) -> str:
    """The page as HTML."""
    runs = runs_in(results)
    settings = [
        flat({key: value for row in provenance_rows(run) for key, value in row["settings"].items()})
        for run in runs
    ]
    page = page_templates().get_template("index.html.j2")
    return page.render(
        runs=[run_row(run) for run in runs],
        labels=[label(row.metric) for _, row in headline_rows()],
        differing=differing(settings),
    )

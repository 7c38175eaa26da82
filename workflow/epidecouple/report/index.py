"""The index of all runs: what each came to, its headline numbers, and in which settings the runs
differ.
"""

import json
import time
from pathlib import Path
from typing import Any

from .layout import headline_rows
from .pages import page_templates, read_optional, verdict_of
from .run_page import other_pages, provenance_rows

ABSENT = "–"


def runs_in(results: Path) -> list[Path]:
    """Folders of the runs, the newest first: those that have a verdict or the table of a target of
    its own.
    """
    made = {
        file: max(file.stat().st_mtime for file in evidence)
        for file in results.iterdir()
        if (evidence := evidence_of(file))
    }
    return sorted(made, key=made.get, reverse=True)


def evidence_of(run: Path) -> list[Path]:
    """Files by which a folder is known to hold a run."""
    return [
        *run.glob("gates/*.verdict.json"),
        *run.glob("resistance/metrics.json"),
        *run.glob("model/card.md"),
    ]


def told_gates(run: Path) -> tuple[str, str]:
    """What the gates of a run came to, and a sentence about it."""
    verdicts = [
        verdict_of(run, path.name.split(".")[0])
        for path in sorted(run.glob("gates/*.verdict.json"))
    ]
    for outcome, text in (("FAILED", "failed"), ("waived", "waived")):
        names = [verdict["gate"] for verdict in verdicts if verdict["outcome"] == outcome]
        if names:
            return outcome, f"{text}: {', '.join(names)}"
    return ("passed", f"{len(verdicts)} passed") if verdicts else ("not", "none judged")


def headline_values(run: Path) -> list[Any]:
    """The headline numbers of a run, None where it has none."""
    found = {
        stage: (read_optional(run / stage / "metrics.json") or {"metrics": {}})["metrics"]
        for stage, _ in headline_rows()
    }
    return [found[stage].get(row.metric) for stage, row in headline_rows()]


def flat(settings: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as dotted keys, values as JSON."""
    found = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        found |= (
            flat(value, f"{name}.")
            if isinstance(value, dict) and value
            else {name: json.dumps(value)}
        )
    return found


def differing(settings: list[dict[str, str]]) -> dict[str, list[str]]:
    """Keys that two runs have with different values, with the value of each run; a run that never
    read a key has none.
    """
    keys = sorted({key for found in settings for key in found} - {"run"})
    rows = {key: [found.get(key, ABSENT) for found in settings] for key in keys}
    return {key: values for key, values in rows.items() if len(set(values) - {ABSENT}) > 1}


def run_row(run: Path) -> dict[str, Any]:
    """One run's row of the index."""
    outcome, told = told_gates(run)
    changed = time.strftime(
        "%Y-%m-%d %H:%M", time.localtime(max(file.stat().st_mtime for file in evidence_of(run)))
    )
    report = f"{run.name}/report.html" if (run / "report.html").is_file() else ""
    pages = {text: f"{run.name}/{place}" for text, place in other_pages(run).items()}
    return {
        "name": run.name,
        "outcome": outcome,
        "told": told,
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
    texts = [
        f"{row.text} (R alone)" if stage == "resistance" else row.text
        for stage, row in headline_rows()
    ]
    page = page_templates().get_template("index.html.j2")
    return page.render(
        runs=[run_row(run) for run in runs], texts=texts, differing=differing(settings)
    )

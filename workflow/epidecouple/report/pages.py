"""What all pages share: templates, formats of numbers, embedded figures, tables and verdicts."""

import base64
import csv
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

from ..core.gates import FAILED, sentences
from ..core.metrics import label
from ..core.paths import ROOT, TEMPLATES
from ..core.provenance import read_json
from .effects import effect_sentence
from .layout import FIGURES


def page_templates() -> jinja2.Environment:
    """The templates of all pages."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "label": label,
        "kept": kept_in_model,
        "effect": lambda spec: effect_sentence(*spec) if spec else "",
        "pretty": lambda value: json.dumps(value, indent=1, sort_keys=True),
    }
    return environment


def kept_in_model(component: dict[str, Any], record: dict[str, Any]) -> str:
    """What of a component is in the model that was kept, from the ledger's record."""
    if not all(record["kept_epochs"].values()):
        return "not in effect: a phase was thrown away"
    if component["steps"] is None:
        return "yes" if component["passed"] else "no"
    share = "" if component["share"] is None else f", {component['share']:.0%} of the gradient"
    return f"{component['steps']:.0f} steps{share}"


def number(value: Any) -> str:
    """A metric for reading: three significant digits at least, thousands separated."""
    if value is None:
        return "missing"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if float(value).is_integer():
        return f"{value:,.0f}"
    return (
        f"{value:.3f}"
        if 0.01 <= abs(value) < 10
        else f"{value:.2g}"
        if abs(value) < 1
        else f"{value:,.1f}"
    )


def read_optional(path: Path) -> dict[str, Any] | None:
    """A JSON file's content, None when it is not there."""
    return read_json(path) if path.is_file() else None


def table_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table, none when it is not there."""
    return list(each_row(path)) if path.is_file() else []


def each_row(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a table, one after the other."""
    with path.open() as file:
        yield from csv.DictReader(file, delimiter="\t")


def data_uri(path: Path) -> str:
    """An SVG as a data URI, empty when the figure was not drawn."""
    return (
        f"data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}"
        if path.is_file()
        else ""
    )


def drawn_figure(run: Path, name: str) -> dict[str, str] | None:
    """A figure of a run for its page: picture, caption, and where picture and data lie; None when
    it was not drawn.
    """
    picture = Path("figures") / f"{name}.svg"
    if not (run / picture).is_file():
        return None
    shown = FIGURES[name]
    return {
        "name": name,
        "uri": data_uri(run / picture),
        "caption": shown.caption,
        "svg": str(picture),
        "tsv": shown.table,
    }


def verdict_of(run: Path, gate: str) -> dict[str, Any]:
    """A gate's outcome (passed, FAILED, waived, not reached), its checks and a sentence per failed
    one.
    """
    verdict = read_optional(run / "gates" / f"{gate}.verdict.json")
    if verdict is None:
        return {"gate": gate, "outcome": "not reached", "checks": [], "sentences": []}
    failed = any(check["outcome"] == FAILED for check in verdict["checks"])
    outcome = "passed" if not failed else "waived" if verdict["waived"] else "FAILED"
    return {
        "gate": gate,
        "outcome": outcome,
        "checks": verdict["checks"],
        "sentences": sentences(verdict),
    }


def commit() -> str:
    """The commit of the working copy, with a mark when it has changes; unknown where there is no
    git, or no history of these files: a repository that they were copied into tells nothing of
    them.
    """
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return "unknown"
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=ROOT
    )
    return described.stdout.strip() or "unknown"

"""Documentation that is generated: config/README.md from the schema, the gates, the design and the
DAG picture.

`make docs` writes all of it.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from epidecouple.core.config import load_schema
from epidecouple.core.gates import SIGNS, load_rows
from epidecouple.core.paths import REQUEST_SCHEMA, ROOT
from epidecouple.verification.design import Component, Requirement, load_design

DAG_PATTERN = re.compile(r"(<!-- dag -->\n```mermaid\n).*?(```\n<!-- /dag -->)", re.S)


def config_page() -> str:
    """config/README.md: every key of a run and of a request for predictions, with type, default and
    meaning.
    """
    head = (
        "# Configuration\n\nGenerated from `workflow/schemas/config.schema.yaml` by `make docs`; do"
        " not edit by hand.\n\nA run reads `config/config.yaml`, or the files given with"
        " `--configfile`, which replace it, the last one winning. Keys on the\ncommand line"
        " (`--config mirror=../mirror seed=2`) win. An unknown key or a value of the wrong type is"
        " refused\nbefore anything runs, with the file and the line.\n\n| key | type | default |"
        " meaning |\n|---|---|---|---|\n"
    )
    predictions = (
        "\n## Predictions\n\nGenerated from `workflow/schemas/predict.schema.yaml`. A call that"
        " names `pairs` makes predictions and\nno run; it reads these keys only, from `--config` or"
        " a file of its own:\n`snakemake --cores 2 predict --configfile request.yaml`.\n\n| key |"
        " type | default | meaning |\n|---|---|---|---|\n"
    )
    schema, request = load_schema(), load_schema(REQUEST_SCHEMA)
    rows = [_rows(part, "", part.get("required", [])) for part in (schema, request)]
    return head + "".join(rows[0]) + predictions + "".join(rows[1])


def _rows(schema: dict, prefix: str, required: list[str]) -> list[str]:
    rows = []
    for name, part in schema["properties"].items():
        nested = part.get("type") == "object" and "properties" in part
        default = (
            "required"
            if name in required
            else ""
            if nested
            else f"`{json.dumps(part.get('default'))}`"
        )
        kind = (
            " or ".join(f"`{value}`" for value in part["enum"]) if "enum" in part else _type(part)
        )
        rows.append(f"| `{prefix}{name}` | {kind} | {default} | {part.get('description', '')} |\n")
        if nested:
            rows += _rows(part, f"{prefix}{name}.", part.get("required", []))
    return rows


def _type(part: dict) -> str:
    return part["type"] if isinstance(part["type"], str) else " or ".join(part["type"])


def gates_page() -> str:
    """docs/gates.md: every threshold with its reason and remedy."""
    head = (
        "# Gates\n\nGenerated from `config/gates.yaml` by `make docs`; do not edit by hand.\n\nA"
        " gate stands between two stages. A metric that is missing or not a number fails. A row"
        " whose condition does not hold\nis *not applicable*, which is shown and never counts as"
        " passed. A run replaces a threshold with\n`thresholds: {gate.metric: {value: ..., why:"
        " ...}}`, and lets a gate fail without stopping with `waive: [gate]`;\nboth are printed in"
        " the report.\n\n| gate | metric | need | applies when | why | if it fails"
        " |\n|---|---|---|---|---|---|\n"
    )
    return head + "".join(_gate_row(row) for row in load_rows())


def _gate_row(row: dict) -> str:
    conditions = (
        ", ".join(f"{_bound(condition)}" for condition in row.get("applies_when", [])) or "always"
    )
    need = f"{SIGNS[row['must_be']]} {row['value']:g}"
    return (
        f"| {row['gate']} | `{row['metric']}` | {need} | {conditions} | {row['why']} |"
        f" {row['remedy']} |\n"
    )


def _bound(row: dict) -> str:
    return f"`{row['metric']}` {SIGNS[row['must_be']]} {row['value']:g}"


def design_page() -> str:
    """docs/design.md: components, where they live, what a run must record, which mutants break
    them.
    """
    head = (
        "# The design, as data\n\nGenerated from `workflow/epidecouple/verification/design.toml` by"
        " `make docs`; do not edit by hand.\n\nEvery training run records the evidence below and"
        " writes `verification.json`; a requirement that is not met stops it\nwith a"
        " `DesignViolation` (`verification: observe` writes it down and goes on). Hard: true by"
        " construction; soft: a loss.\nWho kills each mutant is in [mutants.md](mutants.md).\n\n|"
        " component | | mechanism | lives in | evidence | mutants |\n|---|---|---|---|---|---|\n"
    )
    return head + "".join(_component_row(component) for component in load_design())


def _component_row(component: Component) -> str:
    evidence = "<br>".join(
        f"`{rule.evidence}` {rule.expectation} ({_moment(rule)})" for rule in component.requires
    )
    places, mutants = (
        ", ".join(f"`{name}`" for name in names)
        for names in (component.lives_in, component.mutants)
    )
    return (
        f"| {component.name} | {component.kind} | {component.mechanism} | {places} | {evidence} |"
        f" {mutants} |\n"
    )


def _moment(rule: Requirement) -> str:
    moment = {
        "start": "before the first step",
        "epoch": "every epoch",
        "audit": "audited epochs",
        "end": "after training",
    }[rule.when]
    return f"{moment} of {', '.join(rule.stages)}" if rule.stages else moment


def rule_graph() -> str:
    """The default configuration's rule graph in mermaid, edges sorted by name.

    Left out: what leads to `all`, figures, and edges that a longer path implies.
    """
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--rulegraph",
        "mermaid-js",
        "--cores",
        "1",
        "--forceall",
    ]
    shown = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    names = dict(re.findall(r"(id\d+)\[([^\]]+)\]", shown))
    edges = [(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", shown)]
    kept = _without_shortcuts({edge for edge in edges if not {"all", "figure"} & set(edge)})
    return "flowchart TB\n" + "".join(f"    {a} --> {b}\n" for a, b in sorted(kept))


def _without_shortcuts(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The transitive reduction of an acyclic graph."""
    below = {a: {y for x, y in edges if x == a} for a, _ in edges}

    def reach(a: str) -> set[str]:
        return set().union(*({b} | reach(b) for b in below.get(a, ())))

    return {(a, b) for a, b in edges if not any(b in reach(other) for other in below[a] - {b})}


def with_rule_graph(readme: str, graph: str) -> str:
    """README with its DAG picture replaced."""
    return DAG_PATTERN.sub(lambda found: found[1] + graph + found[2], readme)


def pages() -> dict[Path, str]:
    """Every generated page and its content."""
    readme = ROOT / "README.md"
    return {
        ROOT / "config" / "README.md": config_page(),
        ROOT / "docs" / "design.md": design_page(),
        ROOT / "docs" / "gates.md": gates_page(),
        readme: with_rule_graph(readme.read_text(), rule_graph()),
    }


if __name__ == "__main__":
    for path, content in pages().items():
        path.write_text(content)

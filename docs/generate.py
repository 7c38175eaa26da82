"""Documentation that is generated: config/README.md from the keys of the configuration, and the
tables of docs/tables from gates, metrics, design, ablation and measured accuracy.

`make docs` writes all of it.
"""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import bad_inputs
import pandas as pd
import yaml
from pydantic_core import PydanticUndefined

from epidecouple.ablation.arms import all_arms
from epidecouple.ablation.verdicts import effects, judged
from epidecouple.core.config import Config, is_section
from epidecouple.core.gates import SIGNS, load_rows
from epidecouple.core.metrics import Metric, registry, rows, short_label
from epidecouple.core.paths import ABLATION_RUNS, EFFECTS, ROOT, SAMPLE_ACCURACY
from epidecouple.core.sections.request import ModelRequest
from epidecouple.core.sections.section import Section
from epidecouple.prediction.request import Request
from epidecouple.pretrained.regulation_request import RegulationRequest
from epidecouple.report.ablation_page import SHOWN, cell
from epidecouple.verification.design import (
    MOMENTS,
    Component,
    Requirement,
    load_design,
)

# Rules that the picture of the DAG has no room for.
LEFT_OUT = re.compile(r"all$|figures_")
TABLES = ROOT / "docs" / "tables"
TABLE_HEAD = "| key | type | default | meaning |\n|---|---|---|---|\n"
CONFIG_HEAD = """# Configuration

Generated from `workflow/epidecouple/core/config.py` by `make docs`; do not edit by hand.

A run reads `config/config.yaml`, or the files after `--configfile`, which replace it; the last one
wins. Keys after `--config` win over both. A key of a section stands in braces, and the other keys
of the section stay as they are: `--config mirror=../mirror 'subset={epochs: 2, pairs: 500}'`.
Text that looks like a number needs quotes of its own: `--config 'run="007"'`. An unknown key or a
value of the wrong type is refused before anything runs, with the file and the line.

"""
REQUEST_HEAD = """
## Predictions

Generated from `workflow/epidecouple/prediction/request.py`. A call that names `pairs` makes
predictions and no run; it reads these keys only, from `--config` or a file of its own:
`snakemake --cores 2 predict --configfile request.yaml`.

"""
REGULATION_HEAD = """
### With a regulation model

Generated from `workflow/epidecouple/pretrained/request.py`. Where `model` names a folder such as
`models/regulation` or `models/loop_resistance`, elements and genes are scored, and these
keys are read ([docs/predict.md](../docs/predict.md)).

"""
ABLATION_HEAD = """# What does each part of the design buy, and what does it cost?

Generated from `resources/ablation_runs.tsv`; do not edit by hand. The table is that of

    snakemake --cores 2 ablation

(`results/demo/ablation/runs.tsv`), which trains the arms, rivals and negative controls of
`resources/ablation.yaml` in simulated worlds. A seed is a world of its own, in which all arms train
on the same pairs; verdicts rest on paired differences with a 95 % t interval over seeds. Arms that
train both energies at once have the better of two learning rates, chosen on validation chromosomes.
[What each arm is](#what-each-arm-is) ends the page. The default world was run whole, by one call on
one state of the code; of the other worlds the arms in the tables. “Unseen” are cell lines that no
arm was trained on. “What can be known” is the true R with the part of the true U that DNA
determines: an arm above it has learned from marks what all lines share. Times of the trainings are
in `results/demo/benchmarks/ablation/`.
Tables with fewer columns are of an earlier version of the command, which measured fewer figures.
`snakemake --cores 2 ablation_quick` trains six arms under one seed.
"""


def config_page() -> str:
    """config/README.md: every key of a run and of a request for predictions, with type, default and
    meaning.
    """
    keys = "".join(_rows(Config))
    parts = [CONFIG_HEAD, TABLE_HEAD, keys]
    parts += [REQUEST_HEAD, TABLE_HEAD, *_request_rows(Request)]
    return "".join([*parts, REGULATION_HEAD, TABLE_HEAD, *_request_rows(RegulationRequest)])


def _request_rows(kind: type[ModelRequest]) -> list[str]:
    """A row per key of a request; those on the output, which all kinds have, stand last."""
    rows = dict(zip(kind.model_fields, _rows(kind), strict=True))
    last = [rows.pop(name) for name in ("name", "results", "threads")]
    return [*rows.values(), *last]


def _rows(kind: type[Section], prefix: str = "", defaults: Section | None = None) -> list[str]:
    """A row per key, with those of its sections behind it.

    defaults : a record of this kind that holds them; without it they are those of the keys
    """
    properties = kind.model_json_schema()["properties"]
    rows = []
    for name, field in kind.model_fields.items():
        default = getattr(defaults, name) if defaults else field.default
        meaning = field.description or inspect.getdoc(field.annotation).rstrip(".")
        cells = [f"`{prefix}{name}`", _type(properties[name]), _default(default), meaning]
        rows.append(f"| {' | '.join(cells)} |\n")
        if is_section(field.annotation):
            own = None if default is PydanticUndefined else default
            rows += _rows(field.annotation, f"{prefix}{name}.", own)
    return rows


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "required"
    return "" if isinstance(value, Section) else f"`{json.dumps(value)}`"


def _type(part: dict) -> str:
    return " or ".join(f"`{value}`" for value in part.get("enum", [])) or part.get("type", "object")


def gates_page() -> str:
    """docs/tables/gates.md: every threshold with its reason and remedy."""
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


def metrics_page() -> str:
    """docs/tables/metrics.md: what every metric means."""
    head = (
        "# Metrics\n\nGenerated from `resources/metrics.yaml` by `make docs`; do not edit by"
        " hand.\n\nA stage writes its metrics to `metrics.json`. `<line>`, `<mark>` and the like"
        " stand for part of a name. Unit 1 is\na share, a correlation or an area under a curve."
        " Better: exact means that there is one right value; the\n[gates](gates.md) have it. The"
        " same metric of two trainings (`train_subset`, `train_full`) or two diagnoses is of\ntwo"
        " models.\n\n| metric | label | stages | unit | better | definition |\n"
        "|---|---|---|---|---|---|\n"
    )
    endings = (
        "\nA name may end in one of these, also in two of them:\n\n"
        "| ending | meaning |\n|---|---|\n"
    )
    metrics = "".join(_metric_row(row) for row in rows())
    suffixes = registry()["suffixes"].items()
    return head + metrics + endings + "".join(_suffix_row(*item) for item in suffixes)


def _metric_row(row: Metric) -> str:
    stages = ", ".join(row.stages) + (f" ({row.only})" if row.only else "")
    definition, label = (text.replace("|", "\\|") for text in (row.definition, row.label))
    return f"| `{row.name}` | {label} | {stages} | {row.unit} | {row.better} | {definition} |\n"


def _suffix_row(name: str, suffix: dict) -> str:
    return f"| `_{name}` | {suffix['label']} |\n"


def design_page() -> str:
    """docs/tables/design.md: components, where they live, what a run must record, which mutants
    break them.
    """
    head = (
        "# The design, as data\n\nGenerated from `workflow/epidecouple/verification/design.toml` by"
        " `make docs`; do not edit by hand.\n\nEvery training run records the evidence below and"
        " writes `verification.json`; a requirement that is not met stops it\nwith a"
        " `DesignViolation` (`verification: observe` writes it down and goes on). Hard: true by"
        " construction; soft: a loss.\nThe regulation score and R of loops have no ledger: their"
        " evidence is taken when pairs are scored or R is fitted, and\nstops the stage in the same"
        " way; what a part is worth on real data is the row of a gate.\nWho kills each mutant is in"
        " [mutants.md](mutants.md).\n\n|"
        " component | | mechanism | lives in | evidence | mutants |\n|---|---|---|---|---|---|\n"
    )
    return head + "".join(_component_row(component) for component in load_design())


def _component_row(component: Component) -> str:
    evidence = "<br>".join(
        f"`{rule.evidence}` {rule.expectation} ({_moment(rule)})" for rule in component.requires
    )
    evidence += "".join(f"<br>gate `{row}`" for row in component.gate)
    places = _listed(component.lives_in)
    mutants = _listed(component.mutants)
    return (
        f"| {component.name} | {component.kind} | {component.mechanism} | {places} | {evidence} |"
        f" {mutants} |\n"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _moment(rule: Requirement) -> str:
    moment = MOMENTS[rule.when]
    return f"{moment} of {', '.join(rule.phases)}" if rule.phases else moment


def ablation_page() -> str:
    """docs/tables/ablation.md: verdicts on the claims and means of all arms, by world, from the
    table of trainings that was kept; last what each arm is.
    """
    runs = pd.read_csv(ABLATION_RUNS, sep="\t")
    parts = [ABLATION_HEAD]
    for world, block in runs.groupby("world", sort=False):
        found = [row for row in judged(runs, world) if row["verdict"] != "not run"]
        claims = [f"| {row['claim']} | **{row['verdict']}** | {row['sentence']} |" for row in found]
        if claims:
            head = [
                "",
                f"## World “{world}”: the claims",
                "",
                "| claim | verdict | why |",
                "|---|---|---|",
            ]
            parts += [*head, *claims]
        parts += ["", f"## World “{world}”: all arms", "", *_arms_table(block)]
    legend = [f"| {arm.name} | {arm.text} |" for arm in all_arms().values()]
    parts += ["", "## What each arm is", "", "| arm | what it is |", "|---|---|", *legend]
    return "\n".join(parts) + "\n"


def effects_table() -> str:
    """resources/effects.tsv, from the same table: what the report shows beside each component."""
    found = effects(pd.read_csv(ABLATION_RUNS, sep="\t"))
    return str(found.to_csv(sep="\t", index=False, float_format="%.4f"))


def _arms_table(block: pd.DataFrame) -> list[str]:
    """Mean and sd over seeds of the metrics that any arm of a world has."""
    shown = [metric for metric in SHOWN if metric in block and block[metric].notna().any()]
    head = ["arm", "seeds", *(short_label(metric) for metric in shown)]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for arm, rows_of_arm in block.groupby("arm", sort=False):
        cells = [cell(rows_of_arm[metric].dropna()) for metric in shown]
        lines.append(f"| {' | '.join([str(arm), str(len(rows_of_arm)), *cells])} |")
    return lines


DOCS_HEAD = """# Documentation

Generated from `mkdocs.yml` by `make docs`; do not edit by hand. `make site` builds the same as a
site, with the Python interface of every module.

"""


def docs_page() -> str:
    """docs/README.md: the pages, each of which answers one question, then the tables."""
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    pages = [f"- {_page_link(place)}\n" for place in nav if isinstance(place, str)]
    sections = [section for section in nav if isinstance(section, dict)]
    return "".join([DOCS_HEAD, *pages, *map(_section, sections)])


def _section(section: dict[str, list[str]]) -> str:
    ((title, places),) = section.items()
    links = "".join(f"- {_page_link(place)}\n" for place in places)
    return f"\n## {title}\n\n{links}"


def _page_link(place: str) -> str:
    """A page of the site by its title, or by its name where it has none, seen from docs/."""
    own = ROOT / "docs" / place
    path = own if own.exists() else ROOT / ("README.md" if place == "index.md" else place)
    title = re.match("# (.+)", path.read_text())
    target = place if own.exists() else f"../{path.relative_to(ROOT)}"
    return f"[{title[1] if title else place}]({target})"


ACCURACY_HEAD = """# How often is the check of peak files right?

Generated from `resources/sample_accuracy.tsv` by `make docs`; do not edit by hand. It is made by

    snakemake known_profiles --config mirror=<folder>

(`results/samples/sample_accuracy.tsv`). How it was measured, and what the check cannot tell:
[own_data.md](../own_data.md#how-often-the-check-of-files-is-right). “Beside”: how many other marks
of the line were known.

"""


def accuracy_page() -> str:
    """docs/tables/sample_accuracy.md: how often the check of peak files was right."""
    table = pd.read_csv(SAMPLE_ACCURACY, sep="\t")
    everything = table[table.of == "all"]
    head = ["question", "beside", "files", "right", "false alarms", "swaps", "detected", "named"]
    rows = [
        [row.question, row.beside, row.files, *_shares(row, "right", "false_alarms"), row.swaps]
        + _shares(row, "detected", "named")
        for row in everything.itertuples()
    ]
    parts = [*_table(head, rows), "", "By mark and line, beside all marks:", ""]
    kinds = table[(table.of != "all") & (table.beside == "all")]
    head = ["", "question", "files", "right", "false alarms", "swaps", "detected"]
    rows = [
        [row.of, row.question, row.files, f"{row.right:.2f}", f"{row.false_alarms:.2f}", row.swaps]
        + [f"{row.detected:.2f}"]
        for row in kinds.sort_values(["of", "question"]).itertuples()
    ]
    return ACCURACY_HEAD + "\n".join([*parts, *_table(head, rows)]) + "\n"


def _shares(row: tuple, *names: str) -> list[str]:
    """Shares with their intervals, as text."""
    return [
        f"{getattr(row, name):.2f}"
        f" ({getattr(row, f'{name}_lower'):.2f}–{getattr(row, f'{name}_upper'):.2f})"
        for name in names
    ]


def _table(head: list[str], rows: list[list]) -> list[str]:
    """A table in Markdown."""
    lines = [f"| {' | '.join(map(str, cells))} |" for cells in [head, *rows]]
    return [lines[0], "|" + "---|" * len(head), *lines[1:]]


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
    kept = _without_shortcuts({edge for edge in edges if not any(map(LEFT_OUT.match, edge))})
    return "flowchart TB\n" + "".join(f"    {a} --> {b}\n" for a, b in sorted(kept))


def _without_shortcuts(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The transitive reduction of an acyclic graph."""
    below = {a: {y for x, y in edges if x == a} for a, _ in edges}

    def reach(a: str) -> set[str]:
        return set().union(*({b} | reach(b) for b in below.get(a, ())))

    return {(a, b) for a, b in edges if not any(b in reach(other) for other in below[a] - {b})}


RULES_HEAD = """# Which stage waits for which?

Generated from the rules of the default configuration by `make docs`; do not edit by hand. `judge_*`
writes a verdict and always succeeds; `gate_*` exits 1 with the reason.

"""


def rules_page() -> str:
    """docs/tables/rules.md: the picture of the workflow."""
    return f"{RULES_HEAD}```mermaid\n{rule_graph()}```\n"


def pages() -> dict[Path, str]:
    """Every generated page and its content."""
    return {
        ROOT / "config" / "README.md": config_page(),
        ROOT / "docs" / "README.md": docs_page(),
        TABLES / "design.md": design_page(),
        TABLES / "gates.md": gates_page(),
        TABLES / "metrics.md": metrics_page(),
        TABLES / "ablation.md": ablation_page(),
        TABLES / "bad_inputs.md": bad_inputs.page(),
        TABLES / "sample_accuracy.md": accuracy_page(),
        TABLES / "rules.md": rules_page(),
        EFFECTS: effects_table(),
    }


if __name__ == "__main__":
    for path, content in pages().items():
        path.write_text(content)

"""The report of a run: one self-contained page, rendered from what is on disk; what is missing is said to be missing."""

import argparse
import base64
import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import jinja2

from .gates import FAILED, sentences
from .provenance import read_json

TEMPLATES = Path(__file__).parent.parent / "report"
# Stage -> figures shown in its section, in the order of the pipeline.
SECTIONS = {
    "data": ("Data", ["funnel"]),
    "train_subset": ("Subset training", ["learning_curve_subset"]),
    "train_full": ("Full training", ["learning_curve"]),
    "evaluate": ("Skill on held-out chromosomes and lines", []),
    "resistance": ("In which line does a pair loop? R alone, without DNA", ["resistance"]),
    "recovery": ("Recovery of the known energies", ["recovery"]),
    "diagnose": ("Decoupling", ["information", "correlation"]),
    "biology": ("Biology", ["states", "signs", "prototypes", "trees"]),
    "mutagenesis": ("What U reads: bases", ["logos"]),
    "motifs": ("What U reads: motifs", ["motif_effects", "interactions"]),
    "motif_recovery": ("Recovery of the planted motifs", []),
}
LEARNING_CURVE = (
    "Early stopping keeps the marked epoch. Below: what a quick linear probe reads about the line from z and from raw e, beyond permuted "
    "lines, and how much z and e correlate within lines. It shows the direction while training; nonlinear traces and error bars are in the "
    "section on decoupling."
)
CAPTIONS = {
    "resistance": "Blue: the R of the model. The lines' tables chose the pairs, so the left side favours what tells the listing line.",
    "funnel": "A filter that leaves nothing stops the run. Only label-discordant pairs teach R.",
    "learning_curve_subset": LEARNING_CURVE,
    "learning_curve": LEARNING_CURVE,
    "recovery": "Points on the diagonal are energies recovered exactly. R is compared within pairs: its level is not identified.",
    "information": (
        "Left, the published table: its DNA tells the line by composition, so z could learn it. Right, the crossed panel: every pair is in "
        "every line, and DNA tells nothing, exactly. Ranks only: each mark replaced by its rank in the line, which takes technical offsets "
        "away. It shows what these probes can read, a lower bound: a value at 0 does not prove that nothing is there."
    ),
    "correlation": (
        "Shared structure would show as rows or columns of one colour. It shows linear dependence only; distance correlation and its p "
        "are among the numbers."
    ),
    "states": "Each row is a chromatin state that all lines share; what it adds to R can be read off. "
    "It cannot show which state acts: states are summaries of marks, and marks come together.",
    "signs": "A point is a line with its chromosome-bootstrap interval, GC and distance regressed out; hollow: R was not shown the mark; "
    "grey: the expected side. A sign is a check, not a finding: even a mark left out is told by the others.",
    "prototypes": "Exact tests over all permutations of the lines; the row of loops and all marks is the one primary test. What an "
    "untrained encoder reaches is in the marks and not learned, and similarity over a few lines says nothing about causes.",
    "trees": "Average-linkage trees; r is how well the heights stand for the distances, and lines of one colour were grouped beforehand. "
    "A tree forces nested groups on any distances, so mixtures of lineages have no right place in it.",
    "logos": "The stretches of the strongest test pairs whose bases do most to U, with flanks. They show what this model reads where U is "
    "high; bases it reads only in pairs of low U, or only two at a time, are not seen.",
    "motif_effects": "Mean change of U when a motif is written into test windows, against shuffled motifs (grey: two of their sd). "
    "It shows what the model responds to, not what the cell does, and a motif that needs a partner or a place may show nothing.",
    "interactions": "Change of U by two motifs beyond the sum of each alone, for the motifs that are called. "
    "It can show that U is not additive, but not why: a response that saturates looks like interaction too.",
}
# The figure of the first screen is the first of these that was drawn.
HEROES = ("recovery", "states", "resistance", "learning_curve", "learning_curve_subset", "funnel")
HEADLINES = (
    ("evaluate", "aupr_seen_line_unseen_chromosome", "AUPR, seen lines, unseen chromosomes"),
    ("evaluate", "aupr_unseen_line_unseen_chromosome", "AUPR, unseen lines, unseen chromosomes"),
    ("evaluate", "within_pair_auc", "in which line does a pair loop? (AUC of −R within pairs)"),
    ("resistance", "within_pair_auc", "R without DNA: in which line does a pair loop? (AUC within pairs)"),
    ("resistance", "within_pair_auc_unlisted", "the same where neither line lists the pair"),
    ("recovery", "potential_corr", "correlation of U with the truth"),
    ("recovery", "resistance_within_pair_corr", "within-pair correlation of R with the truth"),
    ("diagnose", "z_line_linear", "share of H(line) a linear probe reads from z"),
)


def read_optional(path: Path) -> dict[str, Any] | None:
    """A JSON file's content, None when it is not there."""
    return read_json(path) if path.is_file() else None


def verdict_rows(run: Path, gates: list[str]) -> list[dict]:
    """One entry per gate, in order: name, outcome (passed, FAILED, waived, not reached), checks and sentences."""
    rows = []
    for gate in gates:
        found = read_optional(run / "gates" / f"{gate}.verdict.json")
        if found is None:
            rows.append({"gate": gate, "outcome": "not reached", "checks": [], "sentences": []})
            continue
        failed = any(check["outcome"] == FAILED for check in found["checks"])
        outcome = "passed" if not failed else "waived" if found["waived"] else "FAILED"
        rows.append({"gate": gate, "outcome": outcome, "checks": found["checks"], "sentences": sentences(found)})
    return rows


def section_rows(run: Path) -> list[dict]:
    """One entry per stage that ran: title, metrics, and its figures as data URIs with captions."""
    rows = []
    for stage, (title, figures) in SECTIONS.items():
        content = read_optional(run / stage / "metrics.json")
        shown = [(name, data_uri(run / "figures" / f"{name}.svg"), CAPTIONS[name]) for name in figures]
        if content is not None:
            drawn = [figure for figure in shown if figure[1]]
            found = {"stage": stage, "title": title, "metrics": content["metrics"], "figures": drawn}
            rows.append(found | {"arms": table_rows(run / stage / "arms.tsv")})
    return rows


def table_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table, none when it is not there."""
    if not path.is_file():
        return []
    with path.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def verification_of(run: Path) -> dict[str, Any] | None:
    """What the ledger of the full training found, or of the subset's where there is no full one; of a refused one from its log."""
    places = [(run / stage / "verification.json", run / "logs" / f"{stage}.violation.json") for stage in ("train_full", "train_subset")]
    found = (read_optional(path) for pair in places for path in pair)
    return next((record for record in found if record is not None), None)


def data_uri(path: Path) -> str:
    """An SVG as a data URI, empty when the figure was not drawn."""
    return f"data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}" if path.is_file() else ""


def headline_rows(sections: list[dict]) -> list[tuple[str, float]]:
    """The figures of the first screen that the run has."""
    found = {section["stage"]: section["metrics"] for section in sections}
    return [(text, found[stage][name]) for stage, name, text in HEADLINES if found.get(stage, {}).get(name) is not None]


def hero_figure(sections: list[dict]) -> dict[str, str] | None:
    """The figure of the first screen: the first of `HEROES` that the run has."""
    drawn = {name: (uri, caption) for section in sections for name, uri, caption in section["figures"]}
    name = next((name for name in HEROES if name in drawn), None)
    return name and {"name": name, "uri": drawn[name][0], "caption": drawn[name][1]}


def provenance_rows(run: Path) -> list[dict]:
    """Per stage: code digest, versions, input fingerprints and the resources its benchmark measured."""
    rows = []
    for stage in ("panel", "elements", *SECTIONS):
        content = read_optional(run / stage / "metrics.json")
        if content is not None:
            rows.append({"stage": stage, **content["provenance"], **benchmark(run / "benchmarks" / f"{stage}.tsv")})
    return rows


def benchmark(path: Path) -> dict[str, str]:
    """Wall time (s) and peak memory (MB) of a stage as Snakemake measured them."""
    if not path.is_file():
        return {}
    with path.open() as file:
        row = next(csv.DictReader(file, delimiter="\t"))
    return {"seconds": row["s"], "max_rss": row["max_rss"]}


def commit() -> str:
    """The commit of the working copy, with a mark when it has changes; unknown outside git."""
    found = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=TEMPLATES)
    return found.stdout.strip() or "unknown"


def number(value: Any) -> str:
    """A metric for reading: four digits, thousands separated; missing values are said to be missing."""
    if value is None:
        return "missing"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def page_templates() -> jinja2.Environment:
    """The templates of all pages."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number, "pretty": lambda value: json.dumps(value, indent=1, sort_keys=True)}
    return environment


def render(run: Path, gates: list[str], stopped: bool) -> str:
    """The page as HTML; `stopped` says that the call has failed, be it at a gate or before one could judge."""
    verdicts, sections, provenance = verdict_rows(run, gates), section_rows(run), provenance_rows(run)
    settings = {key: value for row in provenance for key, value in row["settings"].items()}
    return page_templates().get_template("report.html.j2").render(
        run=run.name, verdicts=verdicts, sections=sections, headlines=headline_rows(sections), hero=hero_figure(sections),
        provenance=provenance, settings=settings, commit=commit(), verification=verification_of(run), stopped=stopped,
    )  # fmt: skip


def main() -> None:
    """Render the report of a run, finished or not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--gates", required=True, help="gates of the run in order, separated by commas")
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--failed", action="store_true", help="the call that asks for the report has failed")
    arguments = parser.parse_args()
    arguments.report.write_text(render(arguments.run, arguments.gates.split(","), arguments.failed))


if __name__ == "__main__":
    main()

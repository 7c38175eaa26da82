"""The report of a run: one self-contained page, rendered from what is on disk."""

from pathlib import Path
from typing import Any

from ..core.gates import FAILED, NOT_APPLICABLE, RESIDUAL, values_of
from ..core.metrics import label, short_label
from .answer import answer
from .ending import PASSED, Ending, endings, of_verdicts
from .layout import HEROES, LEADING, SECTIONS, Row, headline_rows
from .pages import commit, drawn_figure, page_templates, read_optional, table_rows, verdict_of

# The stage that knows the truth of a simulation.
RECOVERY = "recovery"


def verdict_rows(run: Path, gates: list[str]) -> list[dict[str, Any]]:
    """One entry per gate, in order, each with its leading check."""
    verdicts = [verdict_of(run, gate) for gate in gates]
    return [verdict | {"leading": leading_check(verdict)} for verdict in verdicts]


def leading_check(verdict: dict[str, Any]) -> dict[str, Any] | None:
    """The check that says most about a gate: the first that failed, else the one of `LEADING`, else
    the first that applies.
    """
    applied = [check for check in verdict["checks"] if check["outcome"] != NOT_APPLICABLE]
    first = [check for check in applied if check["outcome"] == FAILED]
    first += [check for check in applied if check["metric"] == LEADING.get(verdict["gate"])]
    return next(iter(first + applied), None)


def section_rows(run: Path, thresholds: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry per stage that ran and measured something: of files that can be compared with none,
    as simulated ones, the check of samples has nothing to say.

    thresholds : the run's own
    """
    contents = {stage: read_optional(run / stage / "metrics.json") for stage in SECTIONS}
    metrics = {stage: content["metrics"] for stage, content in contents.items() if content}
    said = [stage for stage in metrics if metrics[stage].get("samples_comparable") != 0]
    return [section_row(run, stage, metrics, thresholds) for stage in said]


def section_row(
    run: Path,
    stage: str,
    of_stages: dict[str, dict[str, Any]],
    thresholds: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """A stage's title and question, its rows, all its metrics and its figures.

    of_stages : stage -> its metrics
    """
    section, metrics = SECTIONS[stage], of_stages[stage]
    truth = of_stages.get(RECOVERY, {})
    figures = [drawn_figure(run, name) for name in section.figures]
    return {
        "stage": stage,
        "title": section.title,
        "question": section.question,
        "metrics": metrics,
        "figures": [figure for figure in figures if figure],
        "rows": [measured(row, metrics, truth) for row in section.rows if row.metric in metrics],
        "arms": table_rows(run / stage / "arms.tsv"),
        "known_states": table_rows(run / stage / "known_states.tsv"),
        "states_explain": states_explain(metrics, thresholds),
        "doubts": sample_doubts(run / stage / "samples.tsv"),
    }


def sample_doubts(table: Path) -> list[str]:
    """What the check of samples says against files; empty where a stage has no such table."""
    return [row["doubts"] for row in table_rows(table) if row["doubts"]]


def states_explain(metrics: dict[str, Any], thresholds: dict[str, dict[str, Any]]) -> bool:
    """False where the residual carries a larger share of R than the threshold allows."""
    limit = values_of([RESIDUAL], thresholds)[RESIDUAL]["value"]
    return metrics.get("residual_share", limit) <= limit


def measured(row: Row, metrics: dict[str, Any], truth: dict[str, Any]) -> dict[str, Any]:
    """One row of a stage's table: label, value, interval where there is one, reference values.

    metrics : of the stage; truth : of the stage `recovery`, empty where the truth is not known
    """
    interval = [metrics.get(f"{row.metric}_{end}") for end in ("lower", "upper")]
    beside = [(row.oracle, truth), *((name, metrics) for name in row.references)]
    return {
        "label": label(row.metric),
        "value": metrics[row.metric],
        "interval": None if None in interval else interval,
        "references": [
            (short_label(name), known[name])
            for name, known in beside
            if known.get(name) is not None
        ],
    }


def headlines(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The numbers of the first screen that the run has."""
    metrics = {section["stage"]: section["metrics"] for section in sections}
    return [
        measured(row, metrics[stage], metrics.get(RECOVERY, {}))
        for stage, row in headline_rows()
        if metrics.get(stage, {}).get(row.metric) is not None
    ]


def hero_figure(sections: list[dict[str, Any]]) -> dict[str, str] | None:
    """The figure of the first screen: the first of `HEROES` that the run has, the states only where
    they explain R.
    """
    drawn = {figure["name"]: figure for section in sections for figure in section["figures"]}
    if not all(section["states_explain"] for section in sections):
        drawn.pop("states", None)
    return next((drawn[name] for name in HEROES if name in drawn), None)


def verification_of(run: Path) -> dict[str, Any] | None:
    """The ledger's record of the full training, or of the subset where there is no full one; that
    of a refused training from its log.
    """
    for stage in ("train_full", "train_subset"):
        record = read_optional(run / stage / "verification.json")
        if record is not None:
            return record | (read_optional(run / stage / "timing.json") or {})
        refused = read_optional(run / "logs" / f"{stage}.violation.json")
        if refused is not None:
            return refused
    return None


def provenance_rows(run: Path) -> list[dict[str, Any]]:
    """Per stage: code digest, settings, versions and input fingerprints."""
    records = {
        stage: read_optional(run / stage / "provenance.json")
        for stage in ("panel", "elements", *SECTIONS)
    }
    return [record | {"stage": stage} for stage, record in records.items() if record is not None]


def cost_rows(run: Path) -> list[dict[str, Any]]:
    """Wall time (s) and peak memory (MB) of every job that Snakemake measured, in the order in
    which they ended.
    """
    paths = sorted((run / "benchmarks").rglob("*.tsv"), key=lambda path: path.stat().st_mtime)
    named = [
        (str(path.relative_to(run / "benchmarks").with_suffix("")), table_rows(path))
        for path in paths
    ]
    return [
        {"job": job, "seconds": float(row["s"]), "memory": row["max_rss"]}
        for job, rows in named
        for row in rows
    ]


def stage_costs(costs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each stage cost, the dearest first: number of its jobs, their seconds, and as the length
    of a bar the percentage of the dearest stage.

    A job of one line (`shard/LineA`) counts to its stage.
    """
    seconds: dict[str, list[float]] = {}
    for row in costs:
        seconds.setdefault(row["job"].split("/")[0], []).append(row["seconds"])
    most = max(map(sum, seconds.values()), default=0) or 1
    ordered = sorted(seconds.items(), key=lambda item: -sum(item[1]))
    return [
        {"stage": stage, "jobs": len(each), "seconds": sum(each), "bar": 100 * sum(each) / most}
        for stage, each in ordered
    ]


def other_pages(run: Path) -> dict[str, str]:
    """Other pages that the run has: title, and place relative to the report."""
    pages = {
        "Side by side with other designs": "comparison/report.html",
        "R alone, without DNA": "resistance/report.html",
    }
    pages |= {"Model card": "model/card.md"}
    return {text: place for text, place in pages.items() if (run / place).is_file()}


def last_ending(run: Path, page: Path) -> Ending | None:
    """How the last call for a page ended, None while it runs and where it left no word."""
    kept = endings(run).get(str(page))
    return Ending(**kept) if kept else None


def link_from(run: Path, file: str) -> str:
    """A file of the run as a link from the run's folder, empty for one that lies elsewhere."""
    path = Path(file)
    return str(path.relative_to(run)) if file and path.is_relative_to(run) else ""


def render(
    run: Path,
    gates: list[str],
    page: Path = Path("report.html"),
    thresholds: dict[str, dict[str, Any]] | None = None,
) -> str:
    """The page as HTML.

    page : where it lies, relative to the run's folder; thresholds : the run's own
    """
    sections = section_rows(run, thresholds or {})
    costs = cost_rows(run)
    provenance = provenance_rows(run)
    settings = {key: value for row in provenance for key, value in row["settings"].items()}
    comparison = read_optional(run / "comparison" / "metrics.json")
    verdicts = verdict_rows(run, gates)
    ending = last_ending(run, page)
    judged = [verdict for verdict in verdicts if verdict["checks"]]
    return (
        page_templates()
        .get_template("report.html.j2")
        .render(
            run=run.name,
            verdicts=verdicts,
            passed=of_verdicts(judged).sentence,
            sections=sections,
            answers=answer({row["stage"]: row["metrics"] for row in sections}, settings),
            headlines=headlines(sections),
            hero=hero_figure(sections),
            provenance=provenance,
            settings=settings,
            commit=commit(),
            verification=verification_of(run),
            stopped=ending is not None and ending.kind != PASSED,
            ending=ending,
            ending_file=link_from(run, ending.file) if ending else "",
            costs=costs,
            stage_costs=stage_costs(costs),
            root="../" * len(page.parent.parts),
            pages=other_pages(run),
            comparison=comparison and comparison["metrics"],
        )
    )

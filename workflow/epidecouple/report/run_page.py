"""The report of a run: one self-contained page, rendered from what is on disk; what is missing is
said to be missing.
"""

from pathlib import Path
from typing import Any

from ..core.gates import FAILED, NOT_APPLICABLE
from .layout import HEROES, LEADING, SECTIONS, Row, headline_rows
from .pages import commit, drawn_figure, page_templates, read_optional, table_rows, verdict_of


def verdict_rows(run: Path, gates: list[str]) -> list[dict]:
    """One entry per gate, in order, each with the check that it is told by."""
    found = [verdict_of(run, gate) for gate in gates]
    return [verdict | {"leading": leading_check(verdict)} for verdict in found]


def leading_check(verdict: dict) -> dict | None:
    """The check that says most about a gate: the first that failed, else the one of `LEADING`, else
    the first that applies.
    """
    applied = [check for check in verdict["checks"] if check["outcome"] != NOT_APPLICABLE]
    first = [check for check in applied if check["outcome"] == FAILED]
    first += [check for check in applied if check["metric"] == LEADING.get(verdict["gate"])]
    return next(iter(first + applied), None)


def section_rows(run: Path) -> list[dict]:
    """One entry per stage that ran: title, question, the rows it leads with, all its metrics and
    its figures.
    """
    rows = []
    for stage, section in SECTIONS.items():
        content = read_optional(run / stage / "metrics.json")
        if content is not None:
            found = content["metrics"]
            figures = [figure for name in section.figures if (figure := drawn_figure(run, name))]
            rows.append(
                {
                    "stage": stage,
                    "title": section.title,
                    "question": section.question,
                    "metrics": found,
                    "figures": figures,
                }
                | {
                    "rows": told_rows(section.rows, found),
                    "arms": table_rows(run / stage / "arms.tsv"),
                }
            )
    return rows


def told_rows(rows: tuple[Row, ...], metrics: dict[str, Any]) -> list[dict]:
    """The rows whose metric the stage wrote: text, value, interval where there is one, and what to
    hold it against.
    """
    return [told(row, metrics) for row in rows if row.metric in metrics]


def told(row: Row, metrics: dict[str, Any]) -> dict:
    """One row of a stage's metrics."""
    interval = [metrics.get(f"{row.metric}_{end}") for end in ("lower", "upper")]
    beside = [
        (text, metrics[metric]) for text, metric in row.beside if metrics.get(metric) is not None
    ]
    return {
        "text": row.text,
        "value": metrics[row.metric],
        "interval": None if None in interval else interval,
        "beside": beside,
    }


def headlines(sections: list[dict]) -> list[dict]:
    """The numbers of the first screen that the run has."""
    found = {section["stage"]: section["metrics"] for section in sections}
    return [
        told(row, found[stage])
        for stage, row in headline_rows()
        if found.get(stage, {}).get(row.metric) is not None
    ]


def hero_figure(sections: list[dict]) -> dict[str, str] | None:
    """The figure of the first screen: the first of `HEROES` that the run has, the states only where
    they explain R.
    """
    drawn = {figure["name"]: figure for section in sections for figure in section["figures"]}
    if any(section["metrics"].get("prototypes_explain_resistance") == 0 for section in sections):
        drawn.pop("states", None)
    return next((drawn[name] for name in HEROES if name in drawn), None)


def verification_of(run: Path) -> dict[str, Any] | None:
    """What the ledger of the full training found, or of the subset's where there is no full one; of
    a refused one from its log.
    """
    places = [
        (run / stage / "verification.json", run / "logs" / f"{stage}.violation.json")
        for stage in ("train_full", "train_subset")
    ]
    found = (read_optional(path) for pair in places for path in pair)
    return next((record for record in found if record is not None), None)


def provenance_rows(run: Path) -> list[dict]:
    """Per stage: code digest, settings, versions and input fingerprints."""
    found = {
        stage: read_optional(run / stage / "provenance.json")
        for stage in ("panel", "elements", *SECTIONS)
    }
    return [content | {"stage": stage} for stage, content in found.items() if content is not None]


def cost_rows(run: Path) -> list[dict]:
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


def other_pages(run: Path) -> dict[str, str]:
    """Other pages of the run that are there: what they are, and where they lie beside the
    report.
    """
    pages = {
        "Side by side with other designs": "comparison/report.html",
        "R alone, without DNA": "resistance/report.html",
    }
    pages |= {"Model card": "model/card.md"}
    return {text: place for text, place in pages.items() if (run / place).is_file()}


def render(run: Path, gates: list[str], stopped: bool, root: str = "") -> str:
    """The page as HTML.

    `stopped` says that the call has failed, be it at a gate or before one could judge; `root` leads
    from the page to the run's folder.
    """
    sections, provenance = section_rows(run), provenance_rows(run)
    settings = {key: value for row in provenance for key, value in row["settings"].items()}
    comparison = read_optional(run / "comparison" / "metrics.json")
    return (
        page_templates()
        .get_template("report.html.j2")
        .render(
            run=run.name,
            verdicts=verdict_rows(run, gates),
            sections=sections,
            headlines=headlines(sections),
            hero=hero_figure(sections),
            provenance=provenance,
            settings=settings,
            commit=commit(),
            verification=verification_of(run),
            stopped=stopped,
            costs=cost_rows(run),
            root=root,
            pages=other_pages(run),
            comparison=comparison and comparison["metrics"],
        )
    )

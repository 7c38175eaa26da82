"""The report of a run: one self-contained page, rendered from what is on disk."""

import json
from pathlib import Path

from ..report.run_page import render
from .runner import run


def run_report(run: Path, gates: list[str], report: Path, thresholds: str = "{}") -> None:
    """Render the report of a run, finished or not.

    gates : of the run, in order; thresholds : the run's own, as JSON
    """
    report.write_text(render(run, gates, report.relative_to(run), json.loads(thresholds)))


if __name__ == "__main__":
    run(run_report)

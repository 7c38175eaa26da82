"""The report of a run: one self-contained page, rendered from what is on disk."""

import json
from pathlib import Path

from ..report.run_page import render
from .runner import run


def run_report(
    run: Path, gates: list[str], report: Path, thresholds: str = "{}", failed: bool = False
) -> None:
    """Render the report of a run, finished or not.

    gates : of the run, in order; thresholds : the run's own, as JSON
    failed : whether the call that renders the report has failed
    """
    root = "../" * len(report.parent.relative_to(run).parts)
    report.write_text(render(run, gates, failed, root, json.loads(thresholds)))


if __name__ == "__main__":
    run(run_report)

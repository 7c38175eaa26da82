"""The report of a run: one self-contained page, rendered from what is on disk; what is missing is
said to be missing.
"""

from pathlib import Path

from ..report.run_page import render
from .runner import run


def run_report(run: Path, gates: list[str], report: Path, failed: bool = False) -> None:
    """Render the report of a run, finished or not.

    gates : of the run, in order; failed : whether the call that asks for the report has failed
    """
    root = "../" * len(report.parent.relative_to(run).parts)
    report.write_text(render(run, gates, failed, root))


if __name__ == "__main__":
    run(run_report)

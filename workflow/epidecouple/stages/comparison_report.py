"""The page of a comparison: conclusions, figure, table and failed checks; nothing is computed here
but means for reading.
"""

from pathlib import Path

import pandas as pd

from ..core.provenance import read_metrics
from ..report.comparison_page import render
from .runner import run


def comparison_report(run: Path, table: Path, failed: Path, metrics: Path, page: Path) -> None:
    """Render the page."""
    figures = pd.read_csv(table, sep="\t")
    checks = pd.read_csv(failed, sep="\t")
    page.write_text(render(run, figures, checks, read_metrics(metrics)))


if __name__ == "__main__":
    run(comparison_report)

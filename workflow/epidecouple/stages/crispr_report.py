"""The page of the target crispr; nothing is computed here."""

from pathlib import Path

from ..report.crispr_page import render
from .runner import run


def crispr_report(run: Path, page: Path) -> None:
    """Render the page."""
    page.write_text(render(run))


if __name__ == "__main__":
    run(crispr_report)

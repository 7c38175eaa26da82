"""The page of the target bengi; nothing is computed here."""

from pathlib import Path

from ..report.bengi_page import render
from .runner import run


def bengi_report(run: Path, page: Path) -> None:
    """Render the page."""
    page.write_text(render(run))


if __name__ == "__main__":
    run(bengi_report)

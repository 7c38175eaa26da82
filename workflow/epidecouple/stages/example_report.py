"""The page of the target example; nothing is computed here."""

from pathlib import Path

from ..report.example_page import render
from .runner import run


def example_report(folder: Path, page: Path) -> None:
    """Render the page of a folder of results."""
    page.write_text(render(folder))


if __name__ == "__main__":
    run(example_report)

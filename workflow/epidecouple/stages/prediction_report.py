"""The page of a prediction by a regulation model; nothing is computed here."""

from pathlib import Path

from ..report.prediction_page import render
from .runner import run


def prediction_report(folder: Path, page: Path) -> None:
    """Render the page of a folder of predictions."""
    page.write_text(render(folder))


if __name__ == "__main__":
    run(prediction_report)

"""The page of an ablation; nothing is computed here but means for reading."""

from pathlib import Path

import pandas as pd

from ..ablation.arms import all_arms
from ..core.provenance import read_json
from ..report.ablation_page import render
from .runner import run


def ablation_report(runs: Path, verdicts: Path, name: str, folder: Path, page: Path) -> None:
    """Render the page of the target `name`; `folder` is that of the run."""
    table = pd.read_csv(runs, sep="\t")
    table["text"] = [all_arms()[arm].text for arm in table.arm]
    page.write_text(render(folder, name, table, read_json(verdicts)))


if __name__ == "__main__":
    run(ablation_report)

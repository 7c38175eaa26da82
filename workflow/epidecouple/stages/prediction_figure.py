"""A picture of the gene with the highest score in a prediction."""

from pathlib import Path

import pandas as pd

from ..report.figures.predictions import best_gene, draw_locus
from .runner import run

TEXT = ("gene", "reason", "cell_line")


def prediction_figure(predictions: Path, svg: Path) -> None:
    """Draw the locus of the best-scored gene of predictions.tsv."""
    table = pd.read_csv(predictions, sep="\t", dtype=dict.fromkeys(TEXT, "str"))
    draw_locus(best_gene(table.fillna(dict.fromkeys(TEXT, ""))), svg)


if __name__ == "__main__":
    run(prediction_figure)

"""A picture of the gene with the highest score in a prediction."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ..core.batch_sizes import ROWS_AT_ONCE
from ..report.figures.predictions import best_gene, draw_locus, of_gene
from .runner import run

TEXT = ("gene", "reason", "cell_line")


def prediction_figure(predictions: Path, svg: Path) -> None:
    """Draw the locus of the best-scored gene of predictions.tsv, which is read twice, a block at a
    time: for the gene, and for its rows.
    """
    best = pd.concat([best_gene(block).head(1) for block in blocks_of(predictions)])
    best = best.sort_values("score", ascending=False, kind="stable").head(1)
    draw_locus(best_gene(pd.concat([of_gene(rows, best) for rows in blocks_of(predictions)])), svg)


def blocks_of(predictions: Path) -> Iterator[pd.DataFrame]:
    """The rows of predictions.tsv, a block at a time; only what is empty is missing, and no line or
    gene that is named NA.
    """
    with pd.read_csv(
        predictions,
        sep="\t",
        dtype=dict.fromkeys(TEXT, "str"),
        keep_default_na=False,
        na_values=[""],
        chunksize=ROWS_AT_ONCE,
    ) as reader:
        for block in reader:
            yield block.fillna(dict.fromkeys(TEXT, ""))


if __name__ == "__main__":
    run(prediction_figure)

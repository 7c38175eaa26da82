"""Every score of the tested rows: zero-shot, with heads, and of rivals; and the file that
CRISPR_comparison reads.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..evaluation.crispr_scores import HEAD, ZERO_SHOT, all_scores
from ..experiments.crispr import read_predictions
from ..experiments.crispr_catalog import crispr_catalog
from ..regulation.score import PARTS
from .runner import run

log = logging.getLogger(__name__)

# Columns of CRISPR_comparison's predictions, and where they come from.
PREDICTION_COLUMNS = {
    "chrom": "chr",
    "start": "start",
    "end": "end",
    "name": "name",
    "element_class": "class",
    "gene": "TargetGene",
    "line": "CellType",
}
OURS = {ZERO_SHOT: "zero_shot", HEAD: "with_head"}


def crispr_scores(
    config: Config, training: Path, tested: Path, scores: Path, predictions: Path
) -> None:
    """Write the scores, one column each, and ours as predictions in the assembly of the table."""
    rows = pd.read_parquet(tested)
    published = read_predictions(crispr_catalog(config.crispr).published)
    columns = all_scores(pd.read_parquet(training), rows, published, config.seed)
    table = pd.DataFrame(columns, rows.index)
    table.to_parquet(scores)
    ours = table[list(OURS)].rename(columns=OURS)
    named = rows[list(PREDICTION_COLUMNS)].rename(columns=PREDICTION_COLUMNS)
    predicted = pd.concat([named, ours, rows[list(PARTS)]], axis=1)
    predicted.to_csv(predictions, sep="\t", index=False, float_format="%.5g")
    log.info("%d rows by %d scores", *table.shape)


if __name__ == "__main__":
    run(crispr_scores)

"""Every score of the tested rows: zero-shot, with heads, and of rivals; and the file that
CRISPR_comparison reads.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..core.provenance import Measured, read_json
from ..evaluation.crispr_evidence import evidence
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
    config: Config, training: Path, tested: Path, way: Path, scores: Path, predictions: Path
) -> Measured:
    """Write the scores, one column each, and ours as predictions in the assembly of the table; the
    numbers are evidence that they are what was designed.
    """
    trained, rows = (pd.read_parquet(intact(path)) for path in (training, tested))
    published = read_predictions(crispr_catalog(config.crispr).published)
    table = pd.DataFrame(all_scores(trained, rows, published, config.seed), rows.index)
    table.to_parquet(scores)
    seal(scores)
    predicted = prediction_table(rows, table)
    predicted.to_csv(predictions, sep="\t", index=False, float_format="%.5g")
    log.info("%d rows by %d scores", *table.shape)
    return Measured(evidence(trained, rows, table, read_json(way)), [training, tested, way])


def prediction_table(rows: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Pairs with our scores and the parts of the first, in the columns that CRISPR_comparison
    reads.
    """
    named = rows[list(PREDICTION_COLUMNS)].rename(columns=PREDICTION_COLUMNS)
    ours = scores[list(OURS)].rename(columns=OURS)
    return pd.concat([named, ours, rows[list(PARTS)]], axis=1)


if __name__ == "__main__":
    run(crispr_scores)

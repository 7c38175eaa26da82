"""How well every score tells which elements regulate a gene: tables with intervals, and headline
figures.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.integrity import intact
from ..core.provenance import Measured
from ..evaluation.crispr_benchmark import (
    compared_rows,
    complete,
    curve_table,
    headlines,
    part_gains,
    published_headlines,
    published_rows,
    score_table,
    stratum_table,
)
from ..evaluation.crispr_scores import scores_of
from .runner import run

log = logging.getLogger(__name__)


def crispr_table(
    config: Config,
    tested: Path,
    scores: Path,
    table: Path,
    curves: Path,
    strata: Path,
    published: Path,
) -> Measured:
    """Write the tables and measure the headline figures."""
    pairs = pd.read_parquet(intact(tested))
    every = scores_of(pd.read_parquet(intact(scores)))
    shared = complete(every)
    rows, draws = compared_rows(pairs), (config.crispr.bootstrap, config.seed)
    compared = score_table(rows, shared, *draws)
    tables = {
        table: compared,
        curves: curve_table(rows, shared, *draws),
        strata: stratum_table(pairs, shared, *draws),
        published: published_rows(pairs, every, *draws),
    }
    for path, content in tables.items():
        content.to_csv(path, sep="\t", index=False, float_format="%.6f")
    metrics = headlines(compared, pairs) | published_headlines(tables[published])
    metrics |= part_gains(pairs, *draws)
    log.info("weighted AUPRC, zero-shot: %.3f", metrics["zero_shot_auprc"])
    return Measured(metrics, [tested, scores])


if __name__ == "__main__":
    run(crispr_table)

"""How well R says in which line a pair loops, beside its rivals: within-pair AUC with intervals,
and what bounds it.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact
from ..core.provenance import Measured, read_json
from ..data.labels import discordant, label_matrix
from ..evaluation.resistance_benchmark import arm_table, benchmark_metrics, ranking_of
from ..evaluation.scores import pooled_scores
from ..files.catalog import catalog_of
from ..files.loops import named_like, read_loops
from .runner import run

log = logging.getLogger(__name__)


def resistance_table(
    config: Config,
    panel: Path,
    scores: list[Path],
    unseen: list[Path],
    folds: list[Path],
    arms: Path,
) -> Measured:
    """Write the table of arms and measure its headline figures."""
    crossed = pd.read_parquet(intact(panel))
    labels = label_matrix(crossed, config.all_lines)
    rows = np.flatnonzero(discordant(labels))
    pairs = crossed.iloc[rows].reset_index(drop=True)
    loops = {
        line: named_like(read_loops(files.loops), pairs.chrom)
        for line, files in catalog_of(config).lines.items()
    }
    of_arms = pooled_scores(scores, rows) | pooled_scores(unseen, rows)
    ranking = ranking_of(labels[rows], pairs, config)
    table = arm_table(of_arms, ranking, config.all_lines)
    table.to_csv(arms, sep="\t", index=False, float_format="%.4f")
    shares = [read_json(path)["residual_share"] for path in folds]
    metrics = benchmark_metrics(table, of_arms, ranking, pairs, loops, shares)
    balanced = metrics["crossfit_balanced_auc"]
    log.info("balanced AUC of -R on %d pairs: %.3f", len(pairs), balanced)
    return Measured({"panel_pairs": len(crossed)} | metrics, [panel])


if __name__ == "__main__":
    run(resistance_table)

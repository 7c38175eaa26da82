"""The tables of the loop panel: balanced AUC of every arm with its interval and null, strata."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.gates import LINE_BLIND
from ..core.integrity import intact
from ..core.provenance import Measured
from ..data.labels import discordant
from ..data.loop_loci import loop_labels
from ..evaluation.loop_benchmark import (
    LoopRanking,
    loop_arms_table,
    loop_figures,
    loop_metrics,
    near_share,
    strata_table,
)
from ..evaluation.scores import pooled_scores
from .runner import run

log = logging.getLogger(__name__)


def loop_table(
    config: Config, loci: Path, scores: list[Path], arms: Path, strata: Path
) -> Measured:
    """Write the tables of arms and of strata and measure the headline figures."""
    table = pd.read_parquet(intact(loci))
    labels = loop_labels(table, config.all_lines)
    rows = discordant(labels)
    chosen = table[rows].reset_index(drop=True)
    of_arms = pooled_scores(scores, np.arange(len(chosen)))
    ranking = LoopRanking(labels[rows], chosen.chrom.to_numpy(dtype=str), config)
    figures = loop_figures(ranking, of_arms, config.all_lines)
    limit = config.thresholds[LINE_BLIND]["value"]
    by_arm = loop_arms_table(figures, limit)
    by_arm.to_csv(arms, sep="\t", index=False, float_format="%.4f")
    by_stratum = strata_table(ranking, of_arms, chosen, config)
    by_stratum.to_csv(strata, sep="\t", index=False, float_format="%.4f")
    metrics = loop_metrics(figures) | near_share(chosen, labels[rows], config)
    log.info("balanced AUC of -R on %d loci: %.3f", len(chosen), metrics["loop_auc"])
    counts = {"loop_loci": len(chosen), "loop_loci_of_all_kinds": len(table)}
    return Measured(counts | metrics, [loci])


if __name__ == "__main__":
    run(loop_table)

"""Whether the table of scores is what was designed: exact checks on what users get."""

from typing import Any

import numpy as np
import pandas as pd

from ..regulation.head import LOGIT, Rows, fit_head, left_out, tiers
from ..regulation.score import PARTS
from .crispr_scores import narrowed, rows_of


def evidence(
    trained: pd.DataFrame, tested: pd.DataFrame, scores: pd.DataFrame, way: dict[str, Any]
) -> dict[str, float]:
    """Evidence of the design, for the gate.

    trained, tested : pairs with their inputs; scores : of the tested rows, as stored; way : of the
    stage `crispr_way`
    """
    lines = tested.line.unique()
    return {
        "score_additivity_error": additivity_error(tested),
        "scored_lines_that_taught": sum(line in way[line]["lines"] for line in lines),
        "smallest_sd_of_parts": float(tested[list(PARTS)].std().min()),
        "head_error_without_own_labels": own_label_error(trained, tested, scores),
    }


def additivity_error(tested: pd.DataFrame) -> float:
    """Largest difference between the logit and the signed sum of its parts."""
    total = sum(sign * tested[name] for name, sign in PARTS.items())
    return float((tested[LOGIT] - total).abs().max())


def own_label_error(trained: pd.DataFrame, tested: pd.DataFrame, scores: pd.DataFrame) -> float:
    """Largest difference, on the chromosome with the most rows, between the stored score of a head
    and that of a head for which all labels of this chromosome are turned round.

    0 where no head saw the labels of a chromosome that it scores. The head is the one with the most
    inputs among those that know every row.
    """
    chrom = str(tested.chrom.mode()[0])
    tier = [tier for tier in tiers() if np.isfinite(scores[tier.name]).all()][-1]
    rows = narrowed(rows_of(trained), tier)
    own = rows.chrom == chrom
    turned = Rows(rows.inputs, np.where(own, 1 - rows.labels, rows.labels), rows.chrom)
    on_it = tested.chrom == chrom
    again = left_out(fit_head, turned, narrowed(rows_of(tested[on_it]), tier))
    return float(np.abs(scores[tier.name].to_numpy()[on_it] - again).max())

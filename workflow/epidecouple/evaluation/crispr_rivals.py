"""What a regulation score has to beat on the same rows: rules that users apply, and regressions on
the same inputs.
"""

import numpy as np
import pandas as pd

from ..experiments.crispr import READ_COUNTS
from ..regulation.head import Fit, Scorer
from ..regulation.inputs import DISTANCE, UBIQUITOUS
from .baselines import boosted_classifier

DISTANCE_ALONE, OPEN, ACTIVITY, SHARE = RULES = (
    "distance",
    "DNase x contact",
    "activity x contact",
    "share of activity x contact",
)
BOOSTING_ROUNDS = 150
SMALLEST_LEVEL = 1e-2


def rules(inputs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Scores without labels, of inputs as `head_inputs` gives them: each (n,), higher where an
    element is more likely to regulate the gene.
    """
    open_site = np.log(inputs["DNase element 600"] + SMALLEST_LEVEL)
    return {
        DISTANCE_ALONE: -inputs[DISTANCE].to_numpy(),
        OPEN: (open_site + inputs.potential).to_numpy(),
        ACTIVITY: inputs["activity x contact"].to_numpy(),
        SHARE: inputs["share"].to_numpy(),
    }


def read_count_inputs(pairs: pd.DataFrame) -> pd.DataFrame:
    """The table's own read counts at the element, the distance and the flag."""
    counts = np.log1p(pairs[READ_COUNTS])
    return pd.concat([counts, pairs[[DISTANCE, UBIQUITOUS]]], axis=1)


def published_score(pairs: pd.DataFrame, predictions: pd.DataFrame) -> np.ndarray:
    """Published score of each pair (chrom, start, end, gene), float64 (n,): the sum over the
    predictions for the gene that overlap the element, 0 where none does, as CRISPR_comparison takes
    it; NaN for a gene without predictions.
    """
    score = np.full(len(pairs), np.nan)
    of_gene = dict(tuple(predictions.groupby(["chrom", "gene"])))
    for gene, rows in pairs.groupby(["chrom", "gene"], sort=False).indices.items():
        if gene in of_gene:
            score[rows] = _overlapping(pairs.iloc[rows], of_gene[gene])
    return score


def _overlapping(pairs: pd.DataFrame, predictions: pd.DataFrame) -> np.ndarray:
    start, end = (pairs[name].to_numpy()[:, None] for name in ("start", "end"))
    overlaps = (predictions.start.to_numpy() < end) & (predictions.end.to_numpy() > start)
    return overlaps @ predictions.score.to_numpy()


def boosted(seed: int) -> Fit:
    """How gradient boosting is fitted on inputs and labels: small trees, strongly shrunk, a third
    of the inputs a split.
    """

    def fit(inputs: pd.DataFrame, labels: np.ndarray) -> Scorer:
        model = boosted_classifier(BOOSTING_ROUNDS, seed, leaves=8, rows_in_leaf=40)
        model.fit(inputs.to_numpy(), labels)
        return lambda rows: model.decision_function(rows.to_numpy())

    return fit

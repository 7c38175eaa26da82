"""Every score of the CRISPR rows: ours without labels, ours with a head, and what others would do.

Two forms are told apart everywhere: scores that never saw a CRISPR label, and scores fitted on
labels of other chromosomes.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import pandas as pd

from ..regulation.head import LOGIT, Rows, Tier, fit_head, left_out, tiers
from ..regulation.inputs import input_names
from .crispr_rivals import RULES, boosted, published_score, read_count_inputs, rules

ZERO_SHOT = "share x exp(-R_way)"
ABC = "ABC, as published"
HEAD = "head, all marks, other lines, flag"
BOOSTING = "gradient boosting, the same inputs"
COUNTS = "logistic, read counts of the table, flag"


class Kind(Enum):
    """What a score knows, and whose it is."""

    ZERO_SHOT = "zero-shot"
    HEAD = "with a head"
    RULE = "rival without labels"
    FITTED = "rival with labels"

    @property
    def fitted(self) -> bool:
        """Whether it was fitted on CRISPR labels."""
        return self in (Kind.HEAD, Kind.FITTED)


def kinds() -> dict[str, Kind]:
    """The kind of every score by its name, in the order of the tables."""
    names = {
        Kind.ZERO_SHOT: [ZERO_SHOT],
        Kind.RULE: [*RULES, ABC],
        Kind.HEAD: [tier.name for tier in tiers()],
        Kind.FITTED: [BOOSTING, COUNTS],
    }
    return {name: kind for kind, of_kind in names.items() for name in of_kind}


@dataclass(frozen=True)
class Score:
    """A score of rows: values (n,), NaN for rows that it does not know; higher where an element is
    more likely to regulate the gene.
    """

    name: str
    kind: Kind
    values: np.ndarray


def all_scores(
    trained: pd.DataFrame, tested: pd.DataFrame, published: pd.DataFrame, seed: int
) -> dict[str, np.ndarray]:
    """Every score (n,) of the tested rows by its name, NaN for rows that it does not know; higher
    where an element is more likely to regulate the gene.

    trained, tested : pairs with their labels and inputs; published : of `read_predictions`. A head
    whose marks the tested rows lack does not know them.
    """
    both = rows_of(trained), rows_of(tested.reindex(columns=trained.columns))
    full = [narrowed(rows, tiers()[-1]) for rows in both]
    counts = [
        Rows(read_count_inputs(table), rows.labels, rows.chrom)
        for table, rows in zip((trained, tested), both, strict=True)
    ]
    return {
        ZERO_SHOT: tested[LOGIT].to_numpy(),
        **rules(tested),
        ABC: published_score(tested, published),
        **{
            tier.name: left_out(fit_head, *(narrowed(rows, tier) for rows in both))
            for tier in tiers()
        },
        BOOSTING: left_out(boosted(seed), *full),
        COUNTS: left_out(fit_head, *counts),
    }


def rows_of(pairs: pd.DataFrame) -> Rows:
    """Rows of a table of pairs with their inputs."""
    labels = pairs.regulated.to_numpy(dtype=float)
    inputs = pairs[input_names(list(pairs.columns))]
    return Rows(inputs, labels, pairs.chrom.to_numpy(dtype=str))


def narrowed(rows: Rows, tier: Tier) -> Rows:
    """The rows with the inputs that one head reads."""
    return Rows(tier.of(rows.inputs), rows.labels, rows.chrom)


def scores_of(table: pd.DataFrame) -> list[Score]:
    """The scores of a table that has one column per name."""
    return [Score(name, kind, table[name].to_numpy()) for name, kind in kinds().items()]

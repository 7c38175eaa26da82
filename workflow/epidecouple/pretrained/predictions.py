"""A table of predictions as files: the table itself, two browser tracks, and what is counted."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..files.tracks import write_bedpe, write_interact

log = logging.getLogger(__name__)

# So many reasons are told, the most frequent ones.
REASONS_TOLD = 5


@dataclass(frozen=True)
class TrackLayout:
    """What browser tracks show: the columns that a pair's row ends with, and a title."""

    values: Sequence[str]
    title: str


def scored_rows(predictions: pd.DataFrame) -> pd.DataFrame:
    """Rows that have a score."""
    return predictions[predictions.reason == ""]


def write_predictions(
    predictions: pd.DataFrame, logit: pd.Series, tracks: TrackLayout, folder: Path
) -> None:
    """Write predictions.tsv and two tracks, and log how many rows have no score and why.

    logit : of the scored rows; the tracks shade by its rank
    """
    predictions.to_csv(folder / "predictions.tsv", sep="\t", index=False, float_format="%.5g")
    ends = placed_ends(scored_rows(predictions))
    drawn = ends.assign(logit=logit, probability=logit.rank(pct=True))
    write_bedpe(drawn, folder / "predictions.bedpe", tracks.values)
    write_interact(drawn, folder / "predictions.interact", tracks.title)
    log.info("%d of %d rows scored", len(drawn), len(predictions))
    reasons = predictions.reason[predictions.reason != ""].value_counts()
    for reason, count in reasons[:REASONS_TOLD].items():
        log.warning("not scored: %d rows: %s", count, reason)


def placed_ends(rows: pd.DataFrame) -> pd.DataFrame:
    """Scored rows with the ends that the tracks draw, in hg19: the element as wide as it was given,
    the promoter one base.
    """
    half = (rows.end.astype(int) - rows.start.astype(int)) // 2
    return rows.assign(
        enhancer_chrom=rows.chrom,
        enhancer_start=(rows.element_mid - half).clip(lower=0),
        enhancer_end=rows.element_mid + np.maximum(half, 1),
        promoter_chrom=rows.chrom,
        promoter_start=rows.tss,
        promoter_end=rows.tss + 1,
    )


def counts_of(predictions: pd.DataFrame) -> dict[str, Any]:
    """The line, and how many rows there are, with a score and without one."""
    scored = len(scored_rows(predictions))
    return {
        "line": next(iter(predictions.cell_line), ""),
        "rows": len(predictions),
        "scored": scored,
        "not_scored": len(predictions) - scored,
    }

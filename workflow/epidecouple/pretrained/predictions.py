"""Predictions as files: the table itself and two browser tracks, written block by block, and what
is counted on the way.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..files.text import numbers_of
from ..files.tracks import EDGES, finished, ranked, write_tracks, written

log = logging.getLogger(__name__)

# So many reasons are told, the most frequent ones.
REASONS_TOLD = 5


@dataclass(frozen=True)
class TrackLayout:
    """What browser tracks show: the columns that a pair's row ends with, a title, and the logit of
    scored rows by whose rank they are shaded.
    """

    values: Sequence[str]
    title: str
    logit: Callable[[pd.DataFrame], pd.Series]


class Counted:
    """Counts of predictions in a line, gathered block by block."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._counts: Counter[str] = Counter(rows=0, scored=0, not_scored=0)
        self._reasons: Counter[str] = Counter()

    @property
    def counts(self) -> dict[str, Any]:
        """The line, and how many rows there are, with a score and without one."""
        return {"line": self._line, **self._counts}

    def of(self, blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """The same blocks, each of them counted."""
        for block in blocks:
            scored, reasons = scored_rows(block), block.reason[block.reason != ""]
            self._counts.update(rows=len(block), scored=len(scored), not_scored=len(reasons))
            self._reasons.update(reasons)
            self.count_scored(scored)
            yield block

    def count_scored(self, scored: pd.DataFrame) -> None:
        """What else is counted among rows that were scored."""

    def log(self) -> None:
        """Log how many rows were scored, and the most frequent reasons against the others."""
        log.info("%d of %d rows scored", self._counts["scored"], self._counts["rows"])
        for reason, count in self._reasons.most_common(REASONS_TOLD):
            log.warning("not scored: %d rows: %s", count, reason)


def scored_rows(predictions: pd.DataFrame) -> pd.DataFrame:
    """Rows that have a score."""
    return predictions[predictions.reason == ""]


def write_predictions(
    blocks: Iterable[pd.DataFrame], counted: Counted, tracks: TrackLayout, folder: Path
) -> None:
    """Write predictions.tsv and two tracks, count the rows, and log how many have no score and why.

    blocks : of predictions; where they end with an error, no file is left
    """
    with finished(folder) as place:
        told = counted.of(written(blocks, place / "predictions.tsv", "%.5g"))
        drawn = ranked((drawable(block, tracks) for block in told), place)
        write_tracks(drawn, place, tracks.values, tracks.title)
    counted.log()


def drawable(predictions: pd.DataFrame, tracks: TrackLayout) -> pd.DataFrame:
    """Scored rows as the tracks draw them."""
    rows = scored_rows(predictions)
    return placed_ends(rows).assign(logit=tracks.logit(rows))


def placed_ends(rows: pd.DataFrame) -> pd.DataFrame:
    """Scored rows with the ends that the tracks draw, in hg19: the element as wide as it was given,
    the promoter one base.
    """
    start, end = (numbers_of(rows[edge])[0].astype("int64") for edge in EDGES)
    half = (end - start) // 2
    return rows.assign(
        enhancer_chrom=rows.chrom,
        enhancer_start=(rows.element_mid - half).clip(lower=0),
        enhancer_end=rows.element_mid + np.maximum(half, 1),
        promoter_chrom=rows.chrom,
        promoter_start=rows.tss,
        promoter_end=rows.tss + 1,
    )

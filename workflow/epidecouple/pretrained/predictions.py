"""Predictions as files: the table itself and two browser tracks, written block by block, and what
is counted on the way.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..files.text import numbers_of
from ..files.tracks import EDGES, finished, ranked, write_tracks, written

log = logging.getLogger(__name__)

# So many kinds of reasons are named, the most frequent ones.
KINDS_NAMED = 5


@dataclass(frozen=True)
class TrackLayout:
    """What browser tracks show: the columns that a pair's row ends with, a title, and the logit of
    scored rows by whose rank they are shaded.
    """

    values: Sequence[str]
    title: str
    logit: Callable[[pd.DataFrame], pd.Series]


class Counted:
    """Counts of predictions, gathered block by block: rows, those with a score and without one, and
    kinds of reasons, which differ by more than numbers.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter(rows=0, scored=0, not_scored=0)
        self._kinds: Counter[str] = Counter()
        self._first: dict[str, tuple[int, str]] = {}

    def of(self, blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """The same blocks, each of them counted."""
        for block in blocks:
            scored, others = scored_rows(block), block[block.reason != ""]
            self.counts.update(rows=len(block), scored=len(scored), not_scored=len(others))
            self._count_kinds(others)
            self.count_scored(scored)
            yield block

    def count_scored(self, scored: pd.DataFrame) -> None:
        """What else is counted among rows that were scored."""

    def _count_kinds(self, others: pd.DataFrame) -> None:
        kind = others.reason.str.replace(r"\d+", "#", regex=True)
        self._kinds.update(kind)
        for label, name in kind.drop_duplicates().items():
            self._first.setdefault(name, (others.row[label], others.reason[label]))

    def log(self) -> None:
        """Log how many rows were scored, and the most frequent kinds of reasons against the others,
        each with its first row.
        """
        log.info("%d of %d rows scored", self.counts["scored"], self.counts["rows"])
        for kind, count in self._kinds.most_common(KINDS_NAMED):
            row, reason = self._first[kind]
            log.warning("not scored: %d rows, like row %s: %s", count, row, reason)


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
        kept = counted.of(written(blocks, place / "predictions.tsv", "%.5g"))
        drawn = ranked((drawable(block, tracks) for block in kept), place)
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

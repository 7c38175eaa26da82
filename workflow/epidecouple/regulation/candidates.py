"""Candidate elements of a line: its strongest DNase peaks, which compete for promoters.

Coordinates are 0-based, in bp.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..data.signal import Track
from .activity import activity
from .tracks import Tracks

# As many as ABC takes.
STRONGEST = 150_000
# Peaks whose middles are closer are one candidate: half of ABC's 500 bp.
MERGED_BELOW_BP = 250


class OnChromosome(NamedTuple):
    """Candidates of a chromosome in order: middle (n,) and activity (n,)."""

    middle: np.ndarray
    activity: np.ndarray


Candidates = dict[str, OnChromosome]
NONE = OnChromosome(np.zeros(0, np.int64), np.zeros(0))


def candidates(tracks: Tracks, peaks: pd.DataFrame) -> Candidates:
    """Candidates of a line by chromosome; peaks : its DNase peaks (chrom, start, end, signal)."""
    merged = merged_middles(strongest(peaks, STRONGEST))
    table = merged.assign(activity=activity(tracks, merged.chrom, merged.middle))
    return {
        str(chrom): OnChromosome(rows.middle.to_numpy(), rows.activity.to_numpy())
        for chrom, rows in table.groupby("chrom", sort=False)
    }


def strongest(peaks: pd.DataFrame, count: int) -> pd.DataFrame:
    """The `count` peaks of the highest signal, the first ones of a tie."""
    return peaks.nlargest(count, "signal")


def merged_middles(peaks: pd.DataFrame) -> pd.DataFrame:
    """chrom, middle: middles of the peaks, a run of neighbours no more than `MERGED_BELOW_BP` apart
    replaced by its median.
    """
    middle = (peaks.start + peaks.end) // 2
    ordered = pd.DataFrame({"chrom": peaks.chrom, "middle": middle}).sort_values(
        ["chrom", "middle"], ignore_index=True
    )
    apart = ordered.groupby("chrom").middle.diff().fillna(np.inf) > MERGED_BELOW_BP
    run = apart.cumsum()
    chrom = ordered.groupby(run).chrom.first()
    middle = ordered.groupby(run).middle.median().astype(np.int64)
    return pd.DataFrame({"chrom": chrom, "middle": middle}).reset_index(drop=True)


def all_peaks(track: Track) -> pd.DataFrame:
    """The peaks that a track was made from; their order by signal is that of their quantiles."""
    empty = pd.DataFrame(columns=["chrom", "start", "end", "signal"])
    return pd.concat(track.peaks.values(), ignore_index=True) if track.peaks else empty

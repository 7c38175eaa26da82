"""Marks of a line as quantile tracks: a peak counts by its rank in its own file.

Files of different laboratories have signal values of different units; ranks have none. Coordinates
are 0-based and half-open, in bp.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ..data.signal import Track
from ..files.peaks import read_peaks
from ..statistics.ranking import ranks

Tracks = dict[str, Track]
# Mean quantiles are small: where one peak in ten bases counts as much as the median peak, the level
# is ln 1.5.
LEVEL_SCALE = 10.0


def quantile_track(peaks: pd.DataFrame) -> Track:
    """Track of a mark (chrom, start, end, signal) whose peaks have the quantile of their signal
    among all peaks of the file, in (0, 1], ties the mean of theirs.
    """
    return Track(with_quantiles(peaks))


def with_quantiles(peaks: pd.DataFrame) -> pd.DataFrame:
    """The peaks with the quantile of each one's signal in place of the signal."""
    return peaks.assign(signal=ranks(peaks.signal) / max(len(peaks), 1))


def read_tracks(files: dict[str, Path]) -> Tracks:
    """Quantile tracks of a line's peak files, by mark; raises `InputError` as `read_peaks` does."""
    return {mark: quantile_track(read_peaks(path)) for mark, path in files.items()}


def window(chrom: pd.Series, middle: pd.Series, width: int) -> pd.DataFrame:
    """Loci of `width` bp around positions, cut at the start of the chromosome."""
    start = (middle - width // 2).clip(lower=0)
    return pd.DataFrame({"chrom": chrom, "start": start, "end": middle + width // 2})


def level(track: Track, chrom: pd.Series, middle: pd.Series, width: int) -> np.ndarray:
    """ln(1 + 10 x mean quantile) of a mark around positions (n,)."""
    return np.log1p(LEVEL_SCALE * track.mean(window(chrom, middle, width)))

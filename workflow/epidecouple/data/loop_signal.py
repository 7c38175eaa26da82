"""What R reads of a locus of the loop panel: marks in quantiles, at both anchors and between them.

The positions, in this order: both anchors at every width, the bins between them, the integral over
the way, and the strongest peak near either anchor. Coordinates are 0-based and half-open, in bp.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from ..core.sections.targets import LoopPanelConfig
from .loop_loci import ANCHORS
from .signal import in_quantiles, mean_signal, strongest_peak

# The way begins and ends so far inside the anchors' midpoints; its integral is in units of the
# second.
INSIDE_BP, INTEGRAL_BP = 1_500, 300
# Keeps a mark that is the same everywhere finite.
SMALLEST_SD = 1e-6


def positions_of(config: LoopPanelConfig) -> list[str]:
    """Names of the positions, in the order of every signal array."""
    at_widths = [f"{anchor}_{width}" for width in config.widths for anchor in ANCHORS]
    bins = [f"bin_{k + 1}" for k in range(config.bins)]
    return [*at_widths, *bins, "way", *(f"{anchor}_peak" for anchor in ANCHORS)]


def swapped(config: LoopPanelConfig) -> np.ndarray:
    """Where each position (P,) lies when the anchors change places: an involution."""
    ends = 2 * len(config.widths)
    bins = np.arange(ends, ends + config.bins)
    way = ends + config.bins
    at_widths = np.arange(ends).reshape(-1, 2)[:, ::-1].ravel()
    return np.concatenate([at_widths, bins[::-1], [way, way + 2, way + 1]])


def places(loci: pd.DataFrame, config: LoopPanelConfig) -> pd.DataFrame:
    """Intervals (chrom, start, end) over which the signal is averaged, one position after another.

    n_loci rows for each position but the peaks. An interval is cut at the start of the chromosome,
    and at least 1 bp wide.
    """
    left, right = (loci[anchor].to_numpy() for anchor in ANCHORS)
    starts, ends = [], []
    for width in config.widths:
        for middle in (left, right):
            starts.append(middle - width // 2)
            ends.append(middle + width // 2)
    for k in range(config.bins):
        starts.append(left + (right - left) * k // config.bins)
        ends.append(left + (right - left) * (k + 1) // config.bins)
    starts.append(left + INSIDE_BP)
    ends.append(right - INSIDE_BP)
    start = np.maximum(np.concatenate(starts), 0)
    end = np.maximum(np.concatenate(ends), start + 1)
    chrom = pd.concat([loci.chrom.astype("category")] * len(starts), ignore_index=True)
    return pd.DataFrame({"chrom": chrom, "start": start, "end": end})


def locus_signal(
    loci: pd.DataFrame, peaks: dict[str, pd.DataFrame], marks: list[str], config: LoopPanelConfig
) -> np.ndarray:
    """Signal of one line at the loci, float32 (n, P, M): log1p of mean quantiles and of integrals.

    loci : chrom, left, right; peaks : mark -> chrom, start, end, signal, of the marks that the line
    has. A mark that it lacks is NaN. The strongest peaks are quantiles, 0 where none is near.
    """
    averaged = places(loci, config)
    signal = np.full((len(loci), len(positions_of(config)), len(marks)), np.nan, np.float32)
    for m, mark in enumerate(marks):
        if mark in peaks:
            signal[:, :, m] = _of_mark(loci, averaged, in_quantiles(peaks[mark]), config)
    return signal


def _of_mark(
    loci: pd.DataFrame, averaged: pd.DataFrame, peaks: pd.DataFrame, config: LoopPanelConfig
) -> np.ndarray:
    """Signal of one mark at the loci, float64 (n, P)."""
    intervals = len(positions_of(config)) - len(ANCHORS)
    mean = mean_signal(averaged, peaks).reshape(intervals, len(loci)).T
    way = averaged.tail(len(loci))
    mean[:, -1] *= (way.end - way.start).to_numpy() / INTEGRAL_BP
    strongest = [
        strongest_peak(loci.chrom, loci[anchor].to_numpy(), peaks, config.peak_bp)
        for anchor in ANCHORS
    ]
    return np.column_stack([np.log1p(mean), *strongest])


class Scale(NamedTuple):
    """What marks are standardised by: mean and standard deviation, float32 (..., P, M) each."""

    mean: np.ndarray
    sd: np.ndarray

    @classmethod
    def of(cls, signal: np.ndarray) -> "Scale":
        """That of loci (n, ..., P, M); a standard deviation is never 0."""
        return cls(signal.mean(0), np.maximum(signal.std(0), SMALLEST_SD))

    def __call__(self, signal: np.ndarray) -> np.ndarray:
        """Standardised signal, float32 of the same shape; a mark that is NaN becomes 0, the
        mean.
        """
        return np.nan_to_num((signal - self.mean) / self.sd).astype(np.float32)


def standardised(signal: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Standardise each line's marks at every position on some of the loci: float32, same shape.

    signal : (n, C, P, M), NaN for a mark that a line lacks, which becomes 0, the mean
    fitted : rows whose mean and standard deviation count
    """
    return Scale.of(signal[fitted])(signal)


def centred_inputs(signal: np.ndarray, donors: np.ndarray | None = None) -> np.ndarray:
    """What R reads: each line's marks minus their mean over the lines, and that mean of the locus.

    signal : (n, C, P, M), standardised; returns float32 (n, C, P, 2M)
    donors : row (n,) that each locus takes the centred marks from, for the null in which they are
    another locus' marks; the mean stays its own
    """
    mean = signal.mean(1, keepdims=True)
    centred = signal - mean
    if donors is not None:
        centred = centred[donors]
    return np.concatenate([centred, np.broadcast_to(mean, signal.shape)], axis=3)

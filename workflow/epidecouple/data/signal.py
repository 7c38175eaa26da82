"""Signal of a mark at a locus: the mean of its peaks' signal over the locus, then log1p.

A peak file is read as a step function along the genome: at each base, the sum of the signal of the
peaks that cover it. Its integral is piecewise linear, so the mean over a locus is a difference of
two interpolated values, whatever the length of the locus and the number of peaks in it.
Coordinates are 0-based and half-open, in bp.
"""

import numpy as np
import pandas as pd

from ..core.dna import ENDS
from ..core.sections.data import WindowsConfig


class Track:
    """A mark along the genome: the step function of its peaks, read at any locus.

    peaks : chrom, start, end, signal
    The integral of a chromosome is made when a locus of it is first read, and kept.
    """

    def __init__(self, peaks: pd.DataFrame) -> None:
        self.peaks = dict(tuple(peaks.groupby("chrom", sort=False)))
        self.integrals: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def integral(self, loci: pd.DataFrame) -> np.ndarray:
        """Signal summed over the bases of each locus, float64 (n_loci,); loci as in `mean`, start
        equal to end allowed.
        """
        total = np.zeros(len(loci))
        start, end = loci.start.to_numpy(), loci.end.to_numpy()
        for chrom, rows in loci.groupby("chrom", sort=False, observed=True).indices.items():
            if chrom in self.peaks:
                edges, integral = self._of(str(chrom))
                to_start, to_end = (np.interp(at[rows], edges, integral) for at in (start, end))
                total[rows] = to_end - to_start
        return total

    def mean(self, loci: pd.DataFrame) -> np.ndarray:
        """Mean signal over each locus (chrom, start, end, with end > start), float64 (n_loci,)."""
        return self.integral(loci) / (loci.end - loci.start).to_numpy()

    def _of(self, chrom: str) -> tuple[np.ndarray, np.ndarray]:
        if chrom not in self.integrals:
            self.integrals[chrom] = _integral(self.peaks[chrom])
        return self.integrals[chrom]


def mean_signal(loci: pd.DataFrame, peaks: pd.DataFrame) -> np.ndarray:
    """Mean peak signal over each locus.

    loci : chrom, start, end, with end > start; peaks : chrom, start, end, signal
    Returns float64 (n_loci,), in the units of the peak file; 0 for a locus without a peak.
    """
    return Track(peaks).mean(loci)


def _integral(peaks: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Edges of one chromosome's peaks, in order, and the integral of the signal up to each."""
    starts_and_ends = np.concatenate([peaks.start, peaks.end])
    jumps = np.concatenate([peaks.signal, -peaks.signal])
    edges, edge = np.unique(starts_and_ends, return_inverse=True)
    height = np.cumsum(np.bincount(edge, weights=jumps))
    covering = np.cumsum(np.bincount(edge, weights=np.repeat([1, -1], len(peaks))))
    # Where no peak lies, rounding leaves a residue that normalisation could blow up.
    height[covering == 0] = 0.0
    return edges, np.concatenate([[0.0], np.cumsum(height[:-1] * np.diff(edges))])


def in_quantiles(peaks: pd.DataFrame) -> pd.DataFrame:
    """The peaks of a file with their signal replaced by its quantile in the file, in (0, 1].

    Peaks of equal signal get their mean quantile. Files of different laboratories then have one
    scale.
    """
    return peaks.assign(signal=peaks.signal.rank(pct=True))


def strongest_peak(
    chrom: pd.Series, middle: np.ndarray, peaks: pd.DataFrame, reach_bp: int
) -> np.ndarray:
    """Signal of the strongest peak whose midpoint lies within `reach_bp` of each place.

    chrom, middle : (n,), places in bp; peaks : chrom, start, end, signal
    Returns float64 (n,), 0 where no peak is so near.
    """
    strongest = np.zeros(len(middle))
    peaks_on = dict(tuple(peaks.groupby("chrom", sort=False)))
    for name, rows in chrom.groupby(chrom.to_numpy(), sort=False).indices.items():
        if name in peaks_on:
            strongest[rows] = _strongest_on(middle[rows], peaks_on[name], reach_bp)
    return strongest


def _strongest_on(middle: np.ndarray, peaks: pd.DataFrame, reach_bp: int) -> np.ndarray:
    """`strongest_peak` on one chromosome."""
    of_peaks = ((peaks.start + peaks.end) // 2).to_numpy()
    order = np.argsort(of_peaks)
    first = np.searchsorted(of_peaks[order], middle - reach_bp)
    last = np.searchsorted(of_peaks[order], middle + reach_bp, side="right")
    # reduceat wants indices inside the array, and takes the element itself for an empty range.
    signal = np.append(peaks.signal.to_numpy()[order], 0.0)
    maxima = np.maximum.reduceat(signal, np.column_stack([first, last]).ravel())[::2]
    return np.where(first < last, maxima, 0.0)


def bins_between(pairs: pd.DataFrame, bins: int) -> pd.DataFrame:
    """Cut the way between the two midpoints of each pair into `bins` bins of equal width.

    Returns chrom, start, end, n_pairs * bins rows: a pair's bins one after the other, from its
    enhancer to its promoter. A bin is at least 1 bp wide.
    """
    share = np.arange(bins + 1) / bins
    enhancer, promoter = (pairs[f"{end}_mid"].to_numpy()[:, None] for end in ENDS)
    edges = np.floor(enhancer + (promoter - enhancer) * share).astype(np.int64)
    start = np.minimum(edges[:, :-1], edges[:, 1:])
    end = np.maximum(edges[:, :-1], edges[:, 1:])
    chrom = np.repeat(pairs.chrom.astype("category"), bins)
    return pd.DataFrame(
        {"chrom": chrom, "start": start.ravel(), "end": np.maximum(end, start + 1).ravel()}
    )


def places(positions: int, bins: int, way: int) -> dict[str, slice]:
    """Slices of the positions axis of a signal array (n, positions, M), by where they lie.

    bins : how many of the positions are bins; way : how many are densities of the way. Keys:
    enhancer, promoter, window (the bins between), way.
    """
    ends, window = positions - bins - way, positions - way
    return {
        "enhancer": slice(0, ends, 2),
        "promoter": slice(1, ends, 2),
        "window": slice(ends, window),
        "way": slice(window, positions),
    }


def widths(windows: WindowsConfig) -> list[int]:
    """Width in bp of every position of a pair's signal.

    Bins are as wide as their pair demands; they get `windows.bin_bp`, the width at which they are
    ranked.
    """
    ends = [width for width in (windows.signal_bp, *windows.scales) for _ in ENDS]
    return ends + [windows.bin_bp] * windows.bins


def resized(loci: pd.DataFrame, width: int) -> pd.DataFrame:
    """Resize loci to `width` bp around the same midpoints: chrom, start, end.

    A locus is cut at the start of the chromosome.
    """
    start = (loci.start + loci.end) // 2 - width // 2
    return pd.DataFrame({"chrom": loci.chrom, "start": start.clip(lower=0), "end": start + width})


def ends_signal(ends: list[pd.DataFrame], peaks: pd.DataFrame) -> np.ndarray:
    """Mean signal of one mark at every element, float64 (n_elements, widths).

    ends : windows of the elements (chrom, start, end), one table per width
    """
    return np.column_stack([mean_signal(loci, peaks) for loci in ends])


def pair_signal(
    pairs: pd.DataFrame, at_ends: np.ndarray, between: pd.DataFrame, peaks: pd.DataFrame
) -> np.ndarray:
    """log1p of one mark's mean signal at the positions of each pair.

    pairs : with `enhancer`, `promoter` as rows of `at_ends`
    at_ends : (n_elements, widths), from `ends_signal`
    between : the bins of these pairs, from `bins_between`
    Returns float64 (n_pairs, 2 widths + bins): enhancer and promoter at the first width, at the
    next, and so on; then the bins from enhancer to promoter.
    """
    columns = [at_width[pairs[end]] for at_width in at_ends.T for end in ENDS]
    return np.log1p(
        np.column_stack([*columns, mean_signal(between, peaks).reshape(len(pairs), -1)])
    )

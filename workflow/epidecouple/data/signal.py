"""The epigenome as numbers: mean peak signal of a locus, log1p-compressed. 0-based, half-open.

The signal of a peak file is a step function along the genome (the sum of the signal of the peaks
that cover a base). Its integral is piecewise linear, so the mean over any interval is a difference
of two interpolated values: cost per locus does not depend on its length or on the number of peaks
in it.
"""

import numpy as np
import pandas as pd

from ..core.config import WindowsConfig
from ..core.dna import ENDS


def mean_signal(loci: pd.DataFrame, peaks: pd.DataFrame) -> np.ndarray:
    """Mean peak signal over each locus.

    loci : chrom, start, end (bp, end > start); peaks : chrom, start, end, signal
    Returns float64 (n_loci,), in signal units; 0 where no peak lies.
    """
    mean = np.zeros(len(loci))
    of_chromosome = dict(tuple(peaks.groupby("chrom", sort=False)))
    for chrom, rows in loci.groupby("chrom", sort=False).indices.items():
        if chrom in of_chromosome:
            start = loci.start.to_numpy()[rows]
            end = loci.end.to_numpy()[rows]
            at, integral = _integral(of_chromosome[chrom])
            mean[rows] = (np.interp(end, at, integral) - np.interp(start, at, integral)) / (
                end - start
            )
    return mean


def _integral(peaks: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Breakpoints of the step function and its integral up to each of them."""
    edges = np.concatenate([peaks.start, peaks.end])
    jumps = np.concatenate([peaks.signal, -peaks.signal])
    at, where = np.unique(edges, return_inverse=True)
    height = np.cumsum(np.bincount(where, weights=jumps))
    covering = np.cumsum(np.bincount(where, weights=np.repeat([1, -1], len(peaks))))
    height[covering == 0] = (
        0.0  # exactly, where rounding would leave a residue that normalisation could blow up
    )
    return at, np.concatenate([[0.0], np.cumsum(height[:-1] * np.diff(at))])


def bins_between(pairs: pd.DataFrame, bins: int) -> pd.DataFrame:
    """Equal bins between the two midpoints of each pair, ordered from enhancer to promoter.

    Returns chrom, start, end with n_pairs * bins rows, a pair's bins one after the other; a bin is
    at least 1 bp.
    """
    share = np.arange(bins + 1) / bins
    enhancer, promoter = (
        pairs[f"{kind}_mid"].to_numpy()[:, None] for kind in ("enhancer", "promoter")
    )
    edges = np.floor(enhancer + (promoter - enhancer) * share).astype(np.int64)
    start = np.minimum(edges[:, :-1], edges[:, 1:])
    end = np.maximum(edges[:, :-1], edges[:, 1:])
    chrom = np.repeat(pairs.chrom.astype("category"), bins)
    return pd.DataFrame(
        {"chrom": chrom, "start": start.ravel(), "end": np.maximum(end, start + 1).ravel()}
    )


def places(positions: int, bins: int) -> dict[str, slice]:
    """Which of the positions of a signal array (n, positions, M) lie at the enhancer, at the
    promoter, and in the bins between.
    """
    return {
        "enhancer": slice(0, positions - bins, 2),
        "promoter": slice(1, positions - bins, 2),
        "window": slice(positions - bins, None),
    }


def widths(windows: WindowsConfig) -> list[int]:
    """Width in bp of every position of the signal array; for the bins, which differ from pair to
    pair, the one whose ranks they get.
    """
    ends = [width for width in (windows.signal_bp, *windows.scales) for _ in ENDS]
    return ends + [windows.bin_bp] * windows.bins


def resized(loci: pd.DataFrame, width: int) -> pd.DataFrame:
    """Loci of `width` bp about the same midpoints, cut at the start of the chromosome: chrom,
    start, end.
    """
    start = (loci.start + loci.end) // 2 - width // 2
    return pd.DataFrame({"chrom": loci.chrom, "start": start.clip(lower=0), "end": start + width})


def ends_signal(ends: list[pd.DataFrame], peaks: pd.DataFrame) -> np.ndarray:
    """One mark's mean signal of every element at every width, float64 (n_elements, len(ends)); ends
    : chrom, start, end per width.
    """
    return np.column_stack([mean_signal(places, peaks) for places in ends])


def pair_signal(
    pairs: pd.DataFrame, at_ends: np.ndarray, between: pd.DataFrame, peaks: pd.DataFrame
) -> np.ndarray:
    """One mark's log1p mean signal at enhancer and promoter, at every width in turn, and in the
    bins between them.

    pairs : `enhancer`, `promoter` as rows of `at_ends` (n_elements, widths), which `ends_signal`
    gives
    between : the bins of these pairs as `bins_between` gives them. Returns float64 (n_pairs, 2
    widths + bins).
    """
    columns = [at_width[pairs[end]] for at_width in at_ends.T for end in ENDS]
    return np.log1p(
        np.column_stack([*columns, mean_signal(between, peaks).reshape(len(pairs), -1)])
    )

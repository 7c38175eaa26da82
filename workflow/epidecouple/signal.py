"""The epigenome as numbers: mean peak signal of a locus, log1p-compressed. 0-based, half-open.

The signal of a peak file is a step function along the genome (the sum of the signal of the peaks that
cover a base). Its integral is piecewise linear, so the mean over any interval is a difference of two
interpolated values: cost per locus does not depend on its length or on the number of peaks in it.
"""

import numpy as np
import pandas as pd


def mean_signal(loci: pd.DataFrame, peaks: pd.DataFrame) -> np.ndarray:
    """Mean peak signal over each locus.

    loci : chrom, start, end (bp, end > start); peaks : chrom, start, end, signal
    Returns float64 (n_loci,), in signal units; 0 where no peak lies.
    """
    mean = np.zeros(len(loci))
    of_chromosome = dict(tuple(peaks.groupby("chrom", sort=False)))
    for chrom, rows in loci.groupby("chrom", sort=False).indices.items():
        if chrom in of_chromosome:
            start, end = loci.start.to_numpy()[rows], loci.end.to_numpy()[rows]
            at, integral = _integral(of_chromosome[chrom])
            mean[rows] = (np.interp(end, at, integral) - np.interp(start, at, integral)) / (end - start)
    return mean


def _integral(peaks: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Breakpoints of the step function and its integral up to each of them."""
    edges = np.concatenate([peaks.start, peaks.end])
    jumps = np.concatenate([peaks.signal, -peaks.signal])
    at, where = np.unique(edges, return_inverse=True)
    height = np.cumsum(np.bincount(where, weights=jumps))
    covering = np.cumsum(np.bincount(where, weights=np.repeat([1, -1], len(peaks))))
    height[covering == 0] = 0.0  # exactly, where rounding would leave a residue that normalisation could blow up
    return at, np.concatenate([[0.0], np.cumsum(height[:-1] * np.diff(at))])


def bins_between(pairs: pd.DataFrame, bins: int) -> pd.DataFrame:
    """Equal bins between the two midpoints of each pair, ordered from enhancer to promoter.

    Returns chrom, start, end with n_pairs * bins rows, a pair's bins one after the other; a bin is at least 1 bp.
    """
    share = np.arange(bins + 1) / bins
    enhancer, promoter = (pairs[f"{kind}_mid"].to_numpy()[:, None] for kind in ("enhancer", "promoter"))
    edges = np.floor(enhancer + (promoter - enhancer) * share).astype(np.int64)
    start, end = np.minimum(edges[:, :-1], edges[:, 1:]), np.maximum(edges[:, :-1], edges[:, 1:])
    chrom = np.repeat(pairs.chrom.to_numpy(), bins)
    return pd.DataFrame({"chrom": chrom, "start": start.ravel(), "end": np.maximum(end, start + 1).ravel()})


def pair_signal(pairs: pd.DataFrame, ends: pd.DataFrame, bins: int, peaks: pd.DataFrame) -> np.ndarray:
    """One mark's log1p mean signal at enhancer, promoter and the bins between them.

    pairs : chrom, midpoints, and `enhancer`, `promoter` as rows of `ends` (chrom, start, end)
    Returns float64 (n_pairs, 2 + bins).
    """
    at_ends = mean_signal(ends, peaks)
    between = mean_signal(bins_between(pairs, bins), peaks).reshape(len(pairs), bins)
    return np.log1p(np.column_stack([at_ends[pairs.enhancer], at_ends[pairs.promoter], between]))


def normalisation(reference: np.ndarray) -> tuple[float, float]:
    """Mean and sd of one mark's log1p signal over the reference loci; sd is 0 for a mark that is absent there."""
    return float(reference.mean()), float(reference.std())

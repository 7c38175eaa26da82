"""Where a motif matches: log-odds scores on both strands, and their exact p-values.

memelite's FIMO was tried in their place: it assumes equal base frequencies and tells nothing of
windows below a threshold (16 % of them at p 0.001), compiles for 19 s at its first call and brings
numba, 208 MB.
"""

import numpy as np
import torch

from ..core.dna import N
from ..files.motifs import Motif
from ..model.sequence import one_hot

PSEUDOCOUNT = 0.01
GRID = 1000


def background_of(codes: np.ndarray) -> np.ndarray:
    """Frequencies (4,) of A, C, G and T in windows (n, L), the two strands alike."""
    count = np.bincount(codes.ravel(), minlength=N + 1)[:N].astype(float)
    both = count + count[::-1]
    return both / both.sum()


def log_odds(probabilities: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Log2 ratio (w, 4) of a motif's base probabilities to the background's, a little background
    mixed in.
    """
    mixed = (probabilities + PSEUDOCOUNT * background) / (1 + PSEUDOCOUNT)
    return np.log2(mixed / background)


def scan(codes: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Scores float32 (n, k, 2, L - w + 1) of windows (n, L) with k matrices (k, w, 4), strand +
    then -, at each start; N scores 0.
    """
    filters = torch.from_numpy(matrices.astype(np.float32)).transpose(1, 2)
    both = torch.stack([filters, filters.flip(1, 2)], dim=1).flatten(0, 1)
    windows = one_hot(torch.from_numpy(np.ascontiguousarray(codes)))
    scores = torch.nn.functional.conv1d(windows, both)
    return scores.view(len(codes), len(matrices), 2, -1).numpy()


def best_scores(
    codes: np.ndarray, matrices: list[np.ndarray], windows_at_once: int = 256
) -> np.ndarray:
    """Highest score (n, len(matrices)) of each motif in each window, over starts and strands; -inf
    for a motif longer than the window.
    """
    best = np.full((len(codes), len(matrices)), -np.inf, dtype=np.float32)
    widths = np.array([len(matrix) for matrix in matrices])
    for width in np.unique(widths[widths <= codes.shape[1]]):
        columns = np.flatnonzero(widths == width)
        stacked = np.stack([matrices[k] for k in columns])
        for start in range(0, len(codes), windows_at_once):
            block = slice(start, start + windows_at_once)
            best[block, columns] = scan(codes[block], stacked).max((2, 3))
    return best


def tail(matrix: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores that a motif can reach on a grid, ascending, and the probability that a random w-mer
    scores at least as much.

    The distribution of the sum over positions is that of the convolution of the positions'
    distributions (Staden 1989), scores rounded to 1 / `GRID` of their range.
    """
    low = matrix.min(1)
    step = max(np.ptp(matrix, axis=1).sum(), 1e-9) / GRID
    whole = np.rint((matrix - low[:, None]) / step).astype(int)
    probability = np.ones(1)
    for row in whole:
        longer = np.zeros(len(probability) + row.max())
        for base, shift in enumerate(row):
            longer[shift : shift + len(probability)] += background[base] * probability
        probability = longer
    return low.sum() + step * np.arange(len(probability)), probability[::-1].cumsum()[::-1]


def match_p(
    scores: np.ndarray, matrix: np.ndarray, background: np.ndarray, starts: int
) -> np.ndarray:
    """Probability that the best of 2 x `starts` random w-mers (both strands) reaches each of the
    scores; rounding only raises it.
    """
    grid, probability = tail(matrix, background)
    rounding = (len(matrix) / 2 + 1) * (grid[-1] - grid[0]) / GRID
    at = np.searchsorted(grid, scores - rounding)
    single = np.append(probability, 0)[at]
    return -np.expm1(2 * starts * np.log1p(-np.minimum(single, 1 - 1e-12)))


def shuffle(motif: Motif, rng: np.random.Generator) -> Motif:
    """The motif with its positions in random order: the same bases, another word."""
    return Motif(motif.identifier, motif.name, rng.permutation(motif.probabilities))

"""Distance matrices between lines, and the exact Mantel test of their agreement."""

from itertools import permutations

import numpy as np
from scipy.stats import rankdata

MOST_LINES = 8


def distances(vectors: np.ndarray) -> np.ndarray:
    """Euclidean distances (C, C) between rows of (C, d)."""
    return np.sqrt(np.square(vectors[:, None] - vectors[None]).sum(-1))


def correlation_distances(profiles: np.ndarray) -> np.ndarray:
    """1 - Pearson correlation between rows of (C, n): (C, C)."""
    return 1 - np.corrcoef(profiles)


def mantel(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Spearman correlation of two distance matrices (C, C) and its one-sided exact p over all line permutations (Mantel 1967).

    p = (number of permutations whose correlation is at least the observed one) / C!, the identity included, so the
    floor is 1 / C!. Raises ValueError for more than 8 lines, where enumeration would take minutes.
    """
    lines = len(a)
    if lines > MOST_LINES:
        raise ValueError(f"exact enumeration is meant for at most {MOST_LINES} lines, not {lines}")
    upper = np.triu_indices(lines, 1)
    ranked = np.zeros(b.shape)
    ranked[upper] = _centred_ranks(b[upper])
    ranked += ranked.T
    orders = np.array(list(permutations(range(lines))))
    shuffled = ranked[orders[:, upper[0]], orders[:, upper[1]]]
    scores = shuffled @ _centred_ranks(a[upper])
    observed = scores[0]
    norm = np.sqrt(np.square(_centred_ranks(a[upper])).sum() * np.square(_centred_ranks(b[upper])).sum())
    return float(observed / norm), float((scores >= observed - 1e-9).mean())


def _centred_ranks(values: np.ndarray) -> np.ndarray:
    ranks = rankdata(values)
    return ranks - ranks.mean()

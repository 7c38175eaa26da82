"""Distance matrices between lines, and the exact Mantel test of their agreement."""

from itertools import permutations

import numpy as np
from scipy.stats import rankdata

MOST_LINES, DRAWS = 8, 20_000


def distances(vectors: np.ndarray) -> np.ndarray:
    """Euclidean distances (C, C) between rows of (C, d)."""
    return np.sqrt(np.square(vectors[:, None] - vectors[None]).sum(-1))


def correlation_distances(profiles: np.ndarray) -> np.ndarray:
    """1 - Pearson correlation between rows of (C, n): (C, C)."""
    return 1 - np.corrcoef(profiles)


def mantel(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Spearman correlation of two distance matrices (C, C) and its one-sided p over line permutations (Mantel 1967).

    p = share of permutations whose correlation is at least the observed one, the identity included: over all C! of
    them up to 8 lines, so that the floor is 1 / C!, and over 20,000 drawn ones beyond.
    """
    upper = np.triu_indices(len(a), 1)
    ranked = np.zeros(b.shape)
    ranked[upper] = _centred_ranks(b[upper])
    ranked += ranked.T
    orders = _orders(len(a))
    shuffled = ranked[orders[:, upper[0]], orders[:, upper[1]]]
    scores = shuffled @ _centred_ranks(a[upper])
    observed = scores[0]
    norm = np.sqrt(np.square(_centred_ranks(a[upper])).sum() * np.square(_centred_ranks(b[upper])).sum())
    return float(observed / norm), float((scores >= observed - 1e-9).mean())


def _orders(lines: int) -> np.ndarray:
    """Permutations of the lines, one a row, the identity first."""
    if lines <= MOST_LINES:
        return np.array(list(permutations(range(lines))))
    rng = np.random.default_rng(lines)
    return np.stack([np.arange(lines), *(rng.permutation(lines) for _ in range(DRAWS - 1))])


def _centred_ranks(values: np.ndarray) -> np.ndarray:
    ranks = rankdata(values)
    return ranks - ranks.mean()

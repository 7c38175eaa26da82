"""Which states are compared within pairs: the graph on which differences between states rest.

Scores of states are known up to one constant per connected component of this graph, and have a
finite maximum of the likelihood only where it is strongly connected (Ford 1957). docs/method.md has
the proof.
"""

import numpy as np
from scipy.sparse.csgraph import connected_components


def comparisons(states: np.ndarray, labels: np.ndarray, n_states: int) -> np.ndarray:
    """How often a line in state k loops where another line, in state l, does not: int (K, K).

    states : int (n, C), of n pairs in C lines, 0 .. K - 1; labels : (n, C), 0 or 1
    Two lines in the same state say nothing about it: the diagonal is 0.
    """
    looping = _members(states, labels == 1, n_states)
    silent = _members(states, labels == 0, n_states)
    counts = np.einsum("nk,nl->kl", looping, silent).astype(int)
    np.fill_diagonal(counts, 0)
    return counts


def _members(states: np.ndarray, counted: np.ndarray, n_states: int) -> np.ndarray:
    """In how many of the counted lines (n, C) a pair is in each state: (n, K)."""
    return (np.eye(n_states)[states] * counted[..., None]).sum(1)


def components(counts: np.ndarray, strong: bool = False) -> np.ndarray:
    """Component of each state, int (K,), in the graph of the comparisons (K, K).

    strong : follow comparisons from the looping to the silent line only, so that two states of one
    component are compared, over others, in both directions
    """
    kind = "strong" if strong else "weak"
    return connected_components(counts > 0, directed=True, connection=kind)[1]

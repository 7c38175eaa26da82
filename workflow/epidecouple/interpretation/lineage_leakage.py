"""Lineage-motif leakage: U should not follow the motifs of factors that differ between lines, for
those belong to the epigenome.
"""

from itertools import chain

import numpy as np

from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..files.motifs import Motif
from .motif_scan import background_of, best_scores, log_odds, shuffle

SHUFFLES = 100


def match_scores(panel: Panel, pairs: np.ndarray, motifs: list[Motif]) -> np.ndarray:
    """Best log-odds score of each motif at the enhancer plus that at the promoter, float32 (n, k);
    each window is read once.
    """
    unique, where = np.unique([panel.enhancer[pairs], panel.promoter[pairs]], return_inverse=True)
    codes = np.asarray(panel.codes[unique])
    background = background_of(codes)
    matrices = [log_odds(motif.probabilities, background) for motif in motifs]
    return best_scores(codes, matrices)[where.reshape(2, -1)].sum(0)


def largest_correlation(potential: np.ndarray, scores: np.ndarray) -> float:
    """Largest |correlation| of U (n,) with a column of scores (n, k)."""
    of_motifs = scores - scores.mean(0)
    of_u = potential - potential.mean()
    norm = np.sqrt(np.square(of_u).sum() * np.square(of_motifs).sum(0))
    return float(np.abs(of_u @ of_motifs / norm).max())


def leakage(
    potential: np.ndarray, panel: Panel, pairs: np.ndarray, motifs: list[Motif], seed: int
) -> dict[str, float]:
    """The leakage index of lineage motifs over crossed pairs, where no line prefers a pair, beside
    that of shuffled motifs.

    leakage_index : largest |correlation| of U (n,) with a motif's match score; leakage_index_null :
    its mean over sets of the same motifs shuffled, which have the same base composition;
    leakage_index_excess : the difference; leakage_index_p : share of sets that reach it.
    """
    rng = rng_for(seed, Stream.LEAKAGE_SHUFFLES)
    sets = [motifs] + [[shuffle(motif, rng) for motif in motifs] for _ in range(SHUFFLES)]
    scores = match_scores(panel, pairs, list(chain(*sets)))
    of_sets = np.split(scores, len(sets), axis=1)
    index = np.array([largest_correlation(potential, part) for part in of_sets])
    usual = float(index[1:].mean())
    return {
        "leakage_index": index[0],
        "leakage_index_null": usual,
        "leakage_index_excess": index[0] - usual,
        "leakage_index_p": float((index >= index[0]).mean()),
    }

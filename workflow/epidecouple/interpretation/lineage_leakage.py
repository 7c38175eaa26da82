"""Lineage-motif leakage: U should not follow the motifs of factors that differ between lines, for
those belong to the epigenome.
"""

import numpy as np

from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..files.motifs import Motif
from .motif_scan import background_of, best_scores, log_odds, shuffled

SHUFFLES = 100


def match_scores(panel: Panel, pairs: np.ndarray, motifs: list[Motif]) -> np.ndarray:
    """Best log-odds score of each motif at the enhancer plus that at the promoter, float32 (n, k);
    each window is read once.
    """
    unique, where = np.unique([panel.enhancer[pairs], panel.promoter[pairs]], return_inverse=True)
    codes = np.asarray(panel.codes[unique])
    background = background_of(codes)
    return best_scores(codes, [log_odds(motif.probabilities, background) for motif in motifs])[
        where.reshape(2, -1)
    ].sum(0)


def largest_correlation(potential: np.ndarray, scores: np.ndarray) -> float:
    """Largest |correlation| of U (n,) with a column of scores (n, k)."""
    centred, ours = scores - scores.mean(0), potential - potential.mean()
    return float(
        np.abs(ours @ centred / np.sqrt(np.square(ours).sum() * np.square(centred).sum(0))).max()
    )


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
    sets = [motifs] + [[shuffled(motif, rng) for motif in motifs] for _ in range(SHUFFLES)]
    scores = match_scores(panel, pairs, [motif for chosen in sets for motif in chosen])
    found = np.array(
        [largest_correlation(potential, part) for part in np.split(scores, len(sets), axis=1)]
    )
    usual = float(found[1:].mean())
    reached = float((found >= found[0]).mean())
    return {
        "leakage_index": found[0],
        "leakage_index_null": usual,
        "leakage_index_excess": found[0] - usual,
        "leakage_index_p": reached,
    }

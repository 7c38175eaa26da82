"""Which motifs U reads: insertion of motifs, matches of the seqlets of mutagenesis, interactions,
CTCF orientation, lineage leakage.
"""

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from ..core.config import Config
from ..core.dna import BASES, ENDS
from ..core.progress import tracked
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..files.motifs import Motif
from .ctcf_flip import flip_test
from .edited_pairs import EditablePairs
from .lineage_leakage import leakage
from .motif_insertion import ALPHA, Insertion, Places, effect_table, insert_motif, interaction_table
from .motif_scan import best_scores, log_odds, match_p, shuffle

# Interactions are measured between the motifs called at either end, the strongest ones.
INTERACTING = 12
CTCF = "CTCF"


def match_table(seqlets: pd.DataFrame, motifs: list[Motif], background: np.ndarray) -> pd.DataFrame:
    """Each seqlet with the motif that matches its bases best: motif, name, p over starts, strands
    and motifs, q, matched (q <= 0.05).
    """
    codes = np.array(
        [[(BASES + "N").index(base) for base in bases] for bases in seqlets.bases], dtype=np.uint8
    )
    matrices = [log_odds(motif.probabilities, background) for motif in motifs]
    scores = best_scores(codes, matrices)
    starts = [max(codes.shape[1] + 1 - len(matrix), 1) for matrix in matrices]
    p = np.column_stack(
        [match_p(scores[:, k], matrix, background, starts[k]) for k, matrix in enumerate(matrices)]
    )
    best = p.argmin(1)
    over_motifs = np.minimum(p.min(1) * len(motifs), 1)
    q = false_discovery_control(over_motifs)
    names = {"motif": [motifs[k].identifier for k in best], "name": [motifs[k].name for k in best]}
    return seqlets.assign(**names, p=over_motifs, q=q, matched=(q <= ALPHA).astype(int))


def insert_everywhere(
    pairs: EditablePairs, motifs: list[Motif], places: Places, seed: int
) -> dict[str, list[Insertion]]:
    """Every motif inserted into every pair, at one end and at the other: end -> insertions in the
    order of the motifs.
    """

    def at(end: str) -> list[Insertion]:
        numbered = tracked(list(enumerate(motifs)), f"motifs inserted at the {end}")
        return [
            insert_motif(pairs, motif, end, places, rng_for(seed, Stream.INSERTED_WORDS, k))
            for k, motif in numbered
        ]

    return {end: at(end) for end in ENDS}


def mean_changes(insertions: dict[str, list[Insertion]]) -> dict[str, np.ndarray]:
    """End -> mean change of U by each insertion (k,)."""
    return {
        end: np.array([insertion.change.mean() for insertion in made])
        for end, made in insertions.items()
    }


def strongest_called(
    effects: pd.DataFrame, insertions: dict[str, list[Insertion]]
) -> dict[str, dict[str, Insertion]]:
    """End -> motif -> insertion, of the motifs called there, the largest effects first.

    insertions : end -> one per motif, in the order of the rows of that end in `effects`
    """
    strongest = {}
    for end in ENDS:
        at_end = effects[effects.end == end].reset_index(drop=True)
        rows = at_end[at_end.called == 1].beyond_shuffled.abs().nlargest(INTERACTING).index
        strongest[end] = {at_end.motif[k]: insertions[end][k] for k in rows}
    return strongest


def insertion_tables(
    pairs: EditablePairs, motifs: list[Motif], config: Config
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Effects of all motifs at both ends, and interactions of those that are called."""
    rng = rng_for(config.seed, Stream.INSERTION_PLACES)
    places = Places.draw(len(pairs.pairs), rng)
    words = [shuffle(motifs[k % len(motifs)], rng) for k in range(config.motifs.shuffles)]
    insertions = insert_everywhere(pairs, motifs, places, config.seed)
    null = insert_everywhere(pairs, words, places, config.seed)
    effects = effect_table(mean_changes(insertions), mean_changes(null), motifs)
    couples = {
        "enhancer": null["enhancer"],
        "promoter": null["promoter"][1:] + null["promoter"][:1],
    }
    called = strongest_called(effects, insertions)
    return effects, interaction_table(pairs, called, couples)


def orientation_metrics(
    pairs: EditablePairs, enhancer_first: np.ndarray, motifs: list[Motif]
) -> dict[str, float]:
    """The flip test of the first motif named CTCF; only the count of such motifs where there is
    none.
    """
    named = [motif for motif in motifs if CTCF in (motif.name.upper(), motif.identifier.upper())]
    metrics: dict[str, float] = {"ctcf_motifs": len(named)}
    if named:
        metrics |= flip_test(pairs, enhancer_first, named[0])
    return metrics


def leakage_metrics(
    potential: np.ndarray, panel: Panel, pairs: np.ndarray, motifs: list[Motif], config: Config
) -> dict[str, float]:
    """The leakage index of `motifs.lineage`, and how many of them the motif file holds."""
    named = [
        motif for motif in motifs if {motif.name, motif.identifier} & set(config.motifs.lineage)
    ]
    metrics: dict[str, float] = {"lineage_motifs": len(named)}
    if named:
        metrics |= leakage(potential, panel, pairs, named, config.seed)
    return metrics

"""What a motif does to U when it is inserted: alone at either end, and a motif at one end together
with one at the other.

The same windows, places and strands serve every motif, and the null is what shuffled motifs do
there: what an insertion destroys is the same for all (marginalisation, as in Koo 2021).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control
from torch import Tensor

from ..core.dna import ENDS, reverse_complement
from ..files.motifs import Motif
from .edited_pairs import EditablePairs

ALPHA = 0.05


@dataclass(frozen=True)
class Places:
    """Where a motif is inserted into each of n windows: centre as a share of the room that it
    leaves, and strand.
    """

    centre: np.ndarray
    reverse: np.ndarray

    @classmethod
    def draw(cls, count: int, rng: np.random.Generator) -> "Places":
        """Uniform centres, every second strand reversed."""
        return cls(rng.random(count), np.arange(count) % 2 == 1)


def instances(motif: Motif, count: int, rng: np.random.Generator) -> np.ndarray:
    """Words uint8 (count, w) drawn from the base probabilities of a motif."""
    reached = motif.probabilities.cumsum(1)[None, :, :3] < rng.random(
        (count, len(motif.probabilities), 1)
    )
    return reached.sum(2).astype(np.uint8)


def insert_words(codes: np.ndarray, words: np.ndarray, places: Places) -> np.ndarray:
    """Windows uint8 (n, L) with a word (n, w) each in its place; the window keeps its length."""
    width = words.shape[1]
    starts = np.floor(places.centre * (codes.shape[1] - width + 1)).astype(int)
    turned = np.where(places.reverse[:, None], reverse_complement(words), words)
    edited = codes.copy()
    np.put_along_axis(edited, starts[:, None] + np.arange(width), turned, axis=1)
    return edited


@dataclass(frozen=True)
class Insertion:
    """A motif in the windows of one end: the embeddings (n, d_z) and the change of U (n,)."""

    embedded: Tensor
    change: np.ndarray


def insert_motif(
    pairs: EditablePairs, motif: Motif, end: str, places: Places, rng: np.random.Generator
) -> Insertion:
    """Insert instances of a motif into one end of all pairs."""
    words = instances(motif, len(pairs.pairs), rng)
    embedded = pairs.embed(end, insert_words(pairs.codes[end], words, places))
    everyone = np.arange(len(pairs.pairs))
    return Insertion(embedded, pairs.edited(everyone, **{end: embedded}) - pairs.potential)


def null_p(values: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Two-sided p of values (k,) by their distance from the median of a null (B,): (1 + as far) /
    (1 + B).
    """
    middle = np.median(null)
    away = np.sort(np.abs(null - middle))
    as_far = len(null) - np.searchsorted(away, np.abs(values - middle), side="left")
    return (1 + as_far) / (1 + len(null))


def effect_table(
    changes: dict[str, np.ndarray], null: dict[str, np.ndarray], motifs: list[Motif]
) -> pd.DataFrame:
    """One row per motif and end: mean change of U, what is left of it beyond shuffled motifs, p, q,
    called.

    changes, null : end -> mean change of U by each motif (k,), by each shuffled one (B,). q:
    Benjamini-Hochberg over both ends; called: q <= 0.05.
    """
    frames = [
        pd.DataFrame(
            {
                "motif": [motif.identifier for motif in motifs],
                "name": [motif.name for motif in motifs],
                "end": end,
                "change": changes[end],
                "beyond_shuffled": changes[end] - np.median(null[end]),
                "null_sd": null[end].std(),
                "p": null_p(changes[end], null[end]),
            }
        )
        for end in ENDS
    ]
    table = pd.concat(frames, ignore_index=True)
    q = false_discovery_control(table.p)
    return table.assign(q=q, called=(q <= ALPHA).astype(int))


def interaction(pairs: EditablePairs, enhancer: Insertion, promoter: Insertion) -> float:
    """Mean change of U by both insertions beyond the sum of their changes: 0 where the two ends do
    not read each other.
    """
    everyone = np.arange(len(pairs.pairs))
    both = pairs.edited(everyone, enhancer.embedded, promoter.embedded) - pairs.potential
    return float((both - enhancer.change - promoter.change).mean())


def interaction_table(
    pairs: EditablePairs,
    called: dict[str, dict[str, Insertion]],
    null: dict[str, list[Insertion]],
) -> pd.DataFrame:
    """Every motif at the enhancer with every one at the promoter: interaction, p, q.

    called : end -> motif -> insertion
    null : end -> insertions of shuffled motifs; the k-th ones of both ends are a couple
    """
    rows = [
        (a, b, interaction(pairs, x, y))
        for a, x in called["enhancer"].items()
        for b, y in called["promoter"].items()
    ]
    table = pd.DataFrame(rows, columns=["enhancer_motif", "promoter_motif", "interaction"])
    if table.empty:
        return table.assign(p=[], q=[])
    couples = zip(null["enhancer"], null["promoter"], strict=True)
    expected = np.array([interaction(pairs, x, y) for x, y in couples])
    p = null_p(table.interaction.to_numpy(), expected)
    return table.assign(p=p, q=false_discovery_control(p))

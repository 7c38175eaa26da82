"""Turning one of two convergent CTCF sites: it takes the loop away in the cell, so it should lower
U (Rao 2014, de Wit 2015).
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import wilcoxon

from ..core.dna import ENDS, reverse_complement
from ..files.motifs import Motif
from .edited_pairs import EditablePairs
from .motif_scan import background_of, log_odds, match_p, scan

LARGEST_P = 0.05


class Sites(NamedTuple):
    """A motif's best match in each of n windows: start (bp), strand (0 is +), and p corrected for
    starts and strands; each (n,).
    """

    starts: np.ndarray
    strands: np.ndarray
    p: np.ndarray


def best_sites(codes: np.ndarray, motif: Motif, background: np.ndarray) -> Sites:
    """The best match of a motif in each window uint8 (n, L)."""
    matrix = log_odds(motif.probabilities, background)
    scores = scan(codes, matrix[None])[:, 0]
    starts = scores.shape[2]
    best = scores.reshape(len(scores), -1).argmax(1)
    p = match_p(scores.max((1, 2)), matrix, background, starts)
    return Sites(best % starts, best // starts, p)


def turn_sites(codes: np.ndarray, starts: np.ndarray, width: int) -> np.ndarray:
    """Windows (n, L) with the site at `starts` (n,) in place of its reverse complement."""
    edited = codes.copy()
    at = starts[:, None] + np.arange(width)
    sites = np.take_along_axis(codes, at, axis=1)
    np.put_along_axis(edited, at, reverse_complement(sites), axis=1)
    return edited


def flip_test(pairs: EditablePairs, enhancer_first: np.ndarray, motif: Motif) -> dict[str, float]:
    """Mean change of U when one site of a convergent pair is turned, and its one-sided p
    (Wilcoxon).

    enhancer_first : bool (n,), the enhancer lies before the promoter. Convergent: the site of the
    first element is on the + strand, that of the second on -. A change is the mean of turning
    either. Without such pairs, nan.
    """
    sites = {
        end: best_sites(codes, motif, background_of(codes)) for end, codes in pairs.codes.items()
    }
    enhancer, promoter = sites["enhancer"], sites["promoter"]
    first = np.where(enhancer_first, enhancer.strands, promoter.strands)
    second = np.where(enhancer_first, promoter.strands, enhancer.strands)
    clear = (enhancer.p <= LARGEST_P) & (promoter.p <= LARGEST_P)
    rows = np.flatnonzero((first == 0) & (second == 1) & clear)
    if not len(rows):
        return {"flip_pairs": 0, "flip_change": float("nan"), "flip_p": float("nan")}
    width = len(motif.probabilities)
    changes = []
    for end in ENDS:
        turned = turn_sites(pairs.codes[end][rows], sites[end].starts[rows], width)
        embedded = pairs.embed(end, turned)
        changes.append(pairs.edited(rows, **{end: embedded}) - pairs.potential[rows])
    change = np.mean(changes, axis=0)
    p = float(wilcoxon(change, alternative="less").pvalue) if change.any() else 1.0
    return {"flip_pairs": len(rows), "flip_change": float(change.mean()), "flip_p": p}

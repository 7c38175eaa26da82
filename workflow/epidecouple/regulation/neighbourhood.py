"""What else lies around an element and its promoter: inputs of a head.

Candidates and TSS that come between, are stronger, or are close. Coordinates are 0-based, in bp.
"""

import numpy as np
import pandas as pd

from .candidates import NONE, Candidates, OnChromosome
from .competition import REACH_BP, SAME_BP, by_promoter, within
from .contact import contact
from .tracks import Tracks, window

# Reaches around the element whose activity is summed, and around the TSS in which TSS are counted.
CLOSE_BP = (5_000, 50_000)
GENE_DENSE_BP = 100_000
# How far an element looks for promoters, and what a promoter without marks counts.
PROMOTER_REACH_BP = 1_000_000
PROMOTER_BP = 3_000
FAINTEST_PROMOTER = 0.01
PROMOTER_MARKS = ("H3K27ac", "H3K4me3")


def neighbourhood(
    pairs: pd.DataFrame,
    own: np.ndarray,
    tracks: Tracks,
    competing: Candidates,
    tss: dict[str, np.ndarray],
) -> pd.DataFrame:
    """One row per pair (chrom, element_mid, tss): logarithms of counts and sums of activity.

    own : activity x contact of each pair (n,); tss : those of each chromosome in order
    """
    columns = {
        "stronger candidates": stronger(pairs, own, competing),
        **on_the_way(pairs, competing),
        **{
            f"activity within {reach // 1000} kb": near(pairs, competing, reach)
            for reach in CLOSE_BP
        },
        "TSS within 100 kb": tss_near(pairs, tss),
    }
    logarithms = {name: np.log1p(values) for name, values in columns.items()}
    share = np.log(promoter_share(pairs, tracks, tss))
    return pd.DataFrame(logarithms | {"share of the promoter": share}, pairs.index)


def stronger(pairs: pd.DataFrame, own: np.ndarray, competing: Candidates) -> np.ndarray:
    """How many candidates of the promoter have no less activity x contact than the element, float64
    (n,).
    """
    count = np.zeros(len(pairs))
    for rows, tss, on_chromosome in by_promoter(pairs, competing):
        middle, strength = within(on_chromosome, tss, REACH_BP)
        ordered = np.sort(strength * contact(middle - tss))
        count[rows] = len(ordered) - np.searchsorted(ordered, own[rows])
    return count


def on_the_way(pairs: pd.DataFrame, competing: Candidates) -> dict[str, np.ndarray]:
    """Number and summed activity of the candidates between the ends, those within `SAME_BP` of
    either left out.
    """
    ends = pairs[["element_mid", "tss"]].to_numpy()
    start, end = ends.min(1) + SAME_BP, ends.max(1) - SAME_BP
    count, total = summed(pairs.chrom, start, np.maximum(end, start), competing)
    return {"candidates between": count, "activity between": total}


def near(pairs: pd.DataFrame, competing: Candidates, reach: int) -> np.ndarray:
    """Summed activity of the candidates less than `reach` bp from the element, float64 (n,)."""
    element = pairs.element_mid.to_numpy()
    return summed(pairs.chrom, element - reach, element + reach, competing)[1]


def summed(
    chrom: pd.Series, start: np.ndarray, end: np.ndarray, competing: Candidates
) -> tuple[np.ndarray, np.ndarray]:
    """Number and summed activity of the candidates in each interval (n,), half-open."""
    count, total = np.zeros(len(chrom)), np.zeros(len(chrom))
    for name, rows in chrom.groupby(chrom, sort=False).indices.items():
        on_chromosome: OnChromosome = competing.get(str(name), NONE)
        first, last = (np.searchsorted(on_chromosome.middle, at[rows]) for at in (start, end))
        passed = np.append(0.0, np.cumsum(on_chromosome.activity))
        count[rows], total[rows] = last - first, passed[last] - passed[first]
    return count, total


def tss_near(pairs: pd.DataFrame, tss: dict[str, np.ndarray]) -> np.ndarray:
    """How many TSS lie less than `GENE_DENSE_BP` from the pair's own, float64 (n,)."""
    count = np.zeros(len(pairs))
    position = pairs.tss.to_numpy()
    for chrom, rows in pairs.groupby("chrom", sort=False).indices.items():
        reach = (position[rows] - GENE_DENSE_BP, position[rows] + GENE_DENSE_BP)
        first, last = (np.searchsorted(tss.get(str(chrom), []), at) for at in reach)
        count[rows] = last - first
    return count


def promoter_share(pairs: pd.DataFrame, tracks: Tracks, tss: dict[str, np.ndarray]) -> np.ndarray:
    """The promoter's part in what all promoters within 1 Mb hold of the element, in (0, 1].

    A promoter holds by sqrt(H3K27ac x H3K4me3) over 3 kb and by its contact.
    """
    share = np.zeros(len(pairs))
    own = promoter_strength(pairs.chrom, pairs.tss, tracks)
    held = own * contact((pairs.element_mid - pairs.tss).to_numpy())
    for chrom, rows in pairs.groupby("chrom", sort=False).indices.items():
        positions = pd.Series(tss.get(str(chrom), np.zeros(0, np.int64)))
        strength = promoter_strength(pd.Series(chrom, positions.index), positions, tracks)
        element = pairs.element_mid.to_numpy()[rows]
        total = [_held(at, positions.to_numpy(), strength) for at in element]
        share[rows] = held[rows] / np.maximum(total, held[rows])
    return share


def _held(element: int, positions: np.ndarray, strength: np.ndarray) -> float:
    first, last = np.searchsorted(
        positions, [element - PROMOTER_REACH_BP, element + PROMOTER_REACH_BP]
    )
    return float(strength[first:last] @ contact(positions[first:last] - element))


def promoter_strength(chrom: pd.Series, tss: pd.Series, tracks: Tracks) -> np.ndarray:
    """sqrt(H3K27ac x H3K4me3) of promoters (n,), mean quantiles over 3 kb, at least .01."""
    places = window(chrom, tss, PROMOTER_BP)
    acetylated, methylated = (tracks[mark].mean(places) for mark in PROMOTER_MARKS)
    return np.sqrt(acetylated * methylated) + FAINTEST_PROMOTER

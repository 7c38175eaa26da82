"""Competition for a promoter: the activity of all candidates around it, each by its contact.

The share of an element in that sum is the ABC score (Fulco 2019), here with contacts by distance.
Coordinates are 0-based, in bp.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .activity import log_activity
from .candidates import NONE, Candidates, OnChromosome
from .contact import contact, log_contact

REACH_BP = 5_000_000
# Candidates this close to the tested element are the element itself.
SAME_BP = 500


def log_competition(pairs: pd.DataFrame, own: np.ndarray, competing: Candidates) -> np.ndarray:
    """ln of the sum over all candidates of activity x contact at each pair's TSS, float64 (n,).

    pairs : chrom, element_mid, tss; own : activity of the tested elements (n,), which take the
    place of the candidates within `SAME_BP`, so that every element is a competitor itself
    """
    total = np.zeros(len(pairs))
    element = pairs.element_mid.to_numpy()
    for rows, tss, on_chromosome in by_promoter(pairs, competing):
        total[rows] = others(element[rows], tss, on_chromosome)
    distance = element - pairs.tss.to_numpy()
    return np.logaddexp(log_of(total), log_activity(own) + log_contact(distance))


def log_of(total: np.ndarray) -> np.ndarray:
    """Logarithm that is -inf at 0 without a warning."""
    return np.log(total, out=np.full(len(total), -np.inf), where=total > 0)


def by_promoter(
    pairs: pd.DataFrame, competing: Candidates
) -> Iterator[tuple[np.ndarray, int, OnChromosome]]:
    """Rows of the pairs of each promoter, its TSS, and the candidates of its chromosome."""
    for (chrom, tss), rows in pairs.groupby(["chrom", "tss"], sort=False).indices.items():
        yield rows, int(tss), competing.get(str(chrom), NONE)


def others(element: np.ndarray, tss: int, competing: OnChromosome) -> np.ndarray:
    """Sum of activity x contact at a TSS over the candidates within `REACH_BP`, without those that
    are the element: float64 (n,) for elements (n,) of one promoter.
    """
    middle, strength = within(competing, tss, REACH_BP)
    summed = np.append(0.0, np.cumsum(strength * contact(middle - tss)))
    first = np.searchsorted(middle, element - SAME_BP, side="right")
    last = np.searchsorted(middle, element + SAME_BP, side="left")
    return np.maximum(summed[-1] - (summed[last] - summed[first]), 0.0)


def within(competing: OnChromosome, position: int, reach: int) -> OnChromosome:
    """Candidates less than `reach` bp from a position, or just that far before it."""
    first, last = np.searchsorted(competing.middle, [position - reach, position + reach])
    return OnChromosome(competing.middle[first:last], competing.activity[first:last])

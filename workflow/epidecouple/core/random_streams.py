"""Named random streams: what is drawn at random comes from the seed of the run and the name of what
it is for.
"""

from enum import IntEnum, unique

import numpy as np


@unique
class Stream(IntEnum):
    """What is drawn, and the number that keeps its draws apart from all others.

    4 belongs to the intervals (statistics/jackknife.py), which know nothing of this package.
    """

    SIMULATED_FILES = 1
    REFERENCE_LOCI = 2
    BATCHES = 3
    SUBSET_PAIRS = 5
    PUBLISHED_ROWS = 6
    PERMUTED_LABELS = 7
    LOCUS_SUBSETS = 8
    CORRELATED_PAIRS = 9
    GUARDED_PAIRS = 10
    RANDOM_SPLIT = 11
    RANDOM_BATCHES = 12
    CROSSED_ROWS = 13
    DISJOINT_PAIRS = 14
    PERMUTED_PAIRS = 15
    NEIGHBOUR_ROWS = 16
    WATCHED_ROWS = 18
    BIOLOGICAL_OFFSET = 19
    SHARE_OF_LOCI = 20
    INSERTION_WINDOWS = 21
    INSERTION_PLACES = 22
    INSERTED_WORDS = 23
    LEAKAGE_SHUFFLES = 24
    SCREENED_PAIRS = 25
    CHROMATIN_STATES = 26
    BARRIER_SIGNAL = 27
    SCORED_PAIRS = 29
    PERMUTED_COUPLING = 30
    ANOTHER_LOCUS = 31
    NEGATIVE_CONTROLS = 41
    FEW_PAIRS = 42
    PAIRS_OF_LOOPS = 51


def rng_for(seed: int, stream: Stream, *part: int) -> np.random.Generator:
    """The generator of a stream, or of a numbered part of it (an epoch, a permutation)."""
    return np.random.default_rng([seed, stream.value, *part])

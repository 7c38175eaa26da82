"""Peak files as presence at loci: which of a few thousand tiles of the genome a peak reaches.

Presence needs no unit of signal, so files of different laboratories and callers can be compared.
Coordinates are 0-based and half-open, in bp.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

TILE_BP = 2_000
LOCI = 4_000
# Tiles of one chromosome are numbered below this.
ROOM = 2**32
# A tile that fewer files reach tells one file only; one that more of them reach tells none apart.
FEWEST_FILES = 2
SHARE_OF_FILES = (0.05, 0.5)


@dataclass(frozen=True)
class Loci:
    """Tiles of `TILE_BP`: `keys` int64 (n,), sorted, are the place of the chromosome in
    `chromosomes` times `ROOM` plus the number of the tile on it.
    """

    chromosomes: tuple[str, ...]
    keys: np.ndarray

    @property
    def chrom(self) -> np.ndarray:
        """Chromosome of each locus (n,)."""
        return np.array(self.chromosomes, dtype=object)[self.keys // ROOM]

    @property
    def start(self) -> np.ndarray:
        """Start of each locus in bp, int64 (n,)."""
        return (self.keys % ROOM) * TILE_BP


def loci_at(chrom: Sequence[str], start: np.ndarray) -> Loci:
    """The loci that start there (n,), whatever their order."""
    chromosomes = tuple(sorted(set(chrom)))
    place = pd.Index(chromosomes).get_indexer(pd.Index(chrom))
    return Loci(chromosomes, np.sort(place * ROOM + np.asarray(start) // TILE_BP))


def tiles(peaks: pd.DataFrame, chromosomes: Sequence[str]) -> np.ndarray:
    """Keys of the tiles that a peak (chrom, start, end) reaches on some chromosomes, as in `Loci`;
    int64, sorted, each once.
    """
    place = pd.Index(chromosomes).get_indexer(pd.Index(peaks.chrom))
    kept = place >= 0
    first = peaks.start.to_numpy()[kept] // TILE_BP
    count = (peaks.end.to_numpy()[kept] - 1) // TILE_BP - first + 1
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.unique(np.repeat(place[kept] * ROOM + first, count) + step)


def within(keys: np.ndarray, reached: np.ndarray) -> np.ndarray:
    """Which of some keys (n,) are among those reached, int64, sorted; bool (n,)."""
    if not len(reached):
        return np.zeros(len(keys), dtype=bool)
    at = np.minimum(np.searchsorted(reached, keys), len(reached) - 1)
    return reached[at] == keys


def presence(peaks: pd.DataFrame, loci: Loci) -> np.ndarray:
    """Whether a peak reaches each locus; bool (n,)."""
    return within(loci.keys, tiles(peaks, loci.chromosomes))


def counted(reached: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Keys of all tiles that a file reaches (n,), sorted, and how many files reach each (n,).

    reached : `tiles` of each file
    """
    keys, files = np.unique(np.concatenate(reached), return_counts=True)
    return keys, files


def choose_loci(
    keys: np.ndarray, reaching: np.ndarray, files: int, chromosomes: Sequence[str]
) -> Loci:
    """At most `LOCI` tiles that neither few nor most files reach, evenly along the genome.

    keys, reaching : as `counted` gives them, of so many files. What the files are said to be is not
    read, nor their order.
    """
    least, most = (share * files for share in SHARE_OF_FILES)
    telling = keys[(reaching >= max(least, FEWEST_FILES)) & (reaching <= max(most, FEWEST_FILES))]
    steps = np.linspace(0, len(telling) - 1, min(LOCI, len(telling))).astype(np.int64)
    return Loci(tuple(chromosomes), telling[steps])

"""Cell-homogeneous batches: every micro-batch holds one line, every macro-step all training lines
on the same pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..core.random_streams import Stream, rng_for


@dataclass(frozen=True)
class MicroBatch:
    """Rows of the panel and the line (column of the panel) of each, both (n,); homogeneous when all
    lines are equal.
    """

    pairs: np.ndarray
    lines: np.ndarray

    @property
    def line(self) -> int:
        """The line of a homogeneous micro-batch."""
        return int(self.lines[0])


@dataclass(frozen=True)
class MacroStep:
    """One optimiser step: a micro-batch per training line over the same pairs.

    weights : float32 (n,), inverse probability of a pair's stratum being drawn, mean 1 over an
    epoch
    """

    pairs: np.ndarray
    micro_batches: list[MicroBatch]
    weights: np.ndarray


class CellBatchSampler:
    """Draw macro-steps; pairs come from two strata, positive in no line or in at least one.

    `positive_share` is the least share of a batch drawn from the positive stratum; the weights undo
    it, so that a weighted mean over batches estimates the plain mean over pairs. Steps depend on
    (seed, epoch) only.
    """

    def __init__(
        self,
        pairs: np.ndarray,
        positive: np.ndarray,
        lines: list[int],
        batch_pairs: int,
        positive_share: float,
        seed: int,
    ):
        """pairs : rows of the panel (n,); positive : bool (n,), positive in at least one training
        line.
        """
        self.strata = [pairs[~positive], pairs[positive]]
        self.lines, self.seed = lines, seed
        self.batch = min(batch_pairs, len(pairs))
        natural = positive.mean()
        share = float(np.clip(max(natural, positive_share), 0, 1)) if 0 < natural < 1 else natural
        # Where there are two strata and room for both, a batch draws from both: a weight cannot
        # stand in for a pair never drawn.
        room = min(1, self.batch - 1) if 0 < natural < 1 else 0
        self.positives = int(np.clip(round(self.batch * share), room, self.batch - room))
        self.natural = natural

    def __len__(self) -> int:
        """Macro-steps of an epoch."""
        return max(1, sum(len(stratum) for stratum in self.strata) // self.batch)

    def epoch(self, number: int) -> Iterator[MacroStep]:
        """The macro-steps of one epoch."""
        rng = rng_for(self.seed, Stream.BATCHES, number)
        sizes = (self.batch - self.positives, self.positives)
        streams = [_endless(stratum, rng) for stratum in self.strata]
        weights = self._weights(sizes)
        for _ in range(len(self)):
            pairs = np.concatenate(
                [_take(stream, size) for stream, size in zip(streams, sizes, strict=True)]
            )
            yield MacroStep(
                pairs,
                [MicroBatch(pairs, np.full(len(pairs), line)) for line in self.lines],
                weights,
            )

    def _weights(self, sizes: tuple[int, int]) -> np.ndarray:
        natural = (1 - self.natural, self.natural)
        parts = [
            np.full(size, part * self.batch / size if size else 0)
            for size, part in zip(sizes, natural, strict=True)
        ]
        return np.concatenate(parts).astype(np.float32)


def _endless(stratum: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    """The stratum in random order, again and again."""
    while len(stratum):
        yield from stratum[rng.permutation(len(stratum))]


def _take(stream: Iterator[int], count: int) -> np.ndarray:
    return np.fromiter((next(stream) for _ in range(count)), dtype=np.int64, count=count)

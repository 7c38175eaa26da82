"""Training batches: a macro-step holds one micro-batch per training line, all on the same pairs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..core.random_streams import Stream, rng_for


@dataclass(frozen=True)
class MicroBatch:
    """Pairs and the line of each: rows and columns of the panel, both int64 (n,).

    It is homogeneous when all its lines are the same, as in every batch of `CellBatchSampler`.
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

    pairs : int64 (n,), rows of the panel
    weights : float32 (n,), share of a pair's stratum among all pairs over its share in the batch;
    their mean is 1
    """

    pairs: np.ndarray
    micro_batches: list[MicroBatch]
    weights: np.ndarray


class CellBatchSampler:
    """Draws macro-steps from two strata: pairs positive in no training line, and in at least one.

    The weights undo the over-sampling of positive pairs, so a weighted mean over batches estimates
    the plain mean over pairs. The steps of an epoch depend on seed and epoch alone.
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
        """Prepare the strata.

        pairs : int64 (n,), rows of the panel; positive : bool (n,), which are positive in at least
        one training line; lines : columns of the training lines
        positive_share : least share of positive pairs in a batch
        """
        self.strata = [pairs[~positive], pairs[positive]]
        self.lines, self.seed = lines, seed
        self.batch = min(batch_pairs, len(pairs))
        natural = positive.mean()
        share = float(np.clip(max(natural, positive_share), 0, 1)) if 0 < natural < 1 else natural
        # A batch of two pairs or more draws from both strata: no weight makes up for a stratum that
        # is never drawn.
        room = min(1, self.batch - 1) if 0 < natural < 1 else 0
        self.positives = int(np.clip(round(self.batch * share), room, self.batch - room))
        self.natural = natural

    def __len__(self) -> int:
        """Number of macro-steps in an epoch."""
        return max(1, sum(len(stratum) for stratum in self.strata) // self.batch)

    def epoch(self, number: int) -> Iterator[MacroStep]:
        """Yield the macro-steps of one epoch."""
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
        """Weights float32 (batch,) of a batch that draws this many pairs from each stratum."""
        natural = (1 - self.natural, self.natural)
        parts = [
            np.full(size, part * self.batch / size if size else 0)
            for size, part in zip(sizes, natural, strict=True)
        ]
        return np.concatenate(parts).astype(np.float32)


def _endless(stratum: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    """Yield the pairs of a stratum in random order, reshuffled on every pass."""
    while len(stratum):
        yield from stratum[rng.permutation(len(stratum))]


def _take(stream: Iterator[int], count: int) -> np.ndarray:
    return np.fromiter((next(stream) for _ in range(count)), dtype=np.int64, count=count)

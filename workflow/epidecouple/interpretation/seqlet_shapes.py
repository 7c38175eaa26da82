"""Which seqlets are one motif: the same stretch, shifted or on the other strand."""

from collections.abc import Iterator

import numpy as np

# Two seqlets are one motif from this cosine on, with this many bases side by side at least.
ALIKE, LEAST_OVERLAP = 0.7, 10


def shapes(seqlets: np.ndarray) -> np.ndarray:
    """The motif (n,) of each seqlet, by number: 0 is that of the first seqlet, 1 that of the first
    one unlike it, and so on.

    seqlets : (n, length, 4), what each base adds to U, in logit, columns A C G T, strongest first
    """
    founders: list[np.ndarray] = []
    numbers = []
    for seqlet in seqlets:
        cosines = [likeness(seqlet, founder) for founder in founders]
        if not cosines or max(cosines) < ALIKE:
            founders.append(seqlet)
            cosines.append(np.inf)
        numbers.append(int(np.argmax(cosines)))
    return np.array(numbers)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Largest cosine of two seqlets (length, 4) over shifts and both strands; bases without a
    partner count as zero.
    """
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    strands = (one, one[::-1, ::-1])
    products = [(a * b).sum() for strand in strands for a, b in shifted(strand, other)]
    return float(max(products) / lengths) if lengths else 0.0


def shifted(one: np.ndarray, other: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The parts of two seqlets of one length that lie side by side, at every shift."""
    length = len(one)
    for shift in range(length - LEAST_OVERLAP + 1):
        yield one[shift:], other[: length - shift]
        yield one[: length - shift], other[shift:]

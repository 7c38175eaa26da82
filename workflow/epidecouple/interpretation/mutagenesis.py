"""In-silico mutagenesis: what each base of the windows of the strongest test pairs does to U, and
the stretches that do most.
"""

import numpy as np
import pandas as pd

from ..core.dna import BASES, ENDS, N
from ..core.progress import tracked
from .edited_pairs import EditablePairs

SEQLET_BP, FLANK_BP = 12, 5
LETTERS = np.array([*BASES, "N"])


def strongest_pairs(potential: np.ndarray, ends: list[np.ndarray], count: int) -> np.ndarray:
    """Rows of the `count` pairs with the highest U (n,), no two of which share an element; ends:
    element of each pair (n,), twice.
    """
    chosen, used = [], [set(), set()]
    for row in np.argsort(-potential, kind="stable"):
        if len(chosen) < count and all(
            end[row] not in seen for end, seen in zip(ends, used, strict=True)
        ):
            chosen.append(row)
            for end, seen in zip(ends, used, strict=True):
                seen.add(end[row])
    return np.array(chosen)


def single_mutants(window: np.ndarray) -> np.ndarray:
    """Every window (3 L, L) that differs from `window` (L,) in one base, by position; where it has
    N, itself.
    """
    mutants = np.repeat(window[None], 3 * len(window), axis=0)
    position, change = np.divmod(np.arange(len(mutants)), 3)
    mutants[np.arange(len(mutants)), position] = np.where(
        window[position] == N, N, (window[position] + change + 1) % 4
    )
    return mutants


def contributions(pairs: EditablePairs, row: int, end: str) -> np.ndarray:
    """What each base of one window adds to U: U minus the mean U of the three mutants of its
    position, float32 (L,).
    """
    mutants = single_mutants(pairs.codes[end][row])
    potential = pairs.edited(np.full(len(mutants), row), **{end: pairs.embed(end, mutants)})
    return pairs.potential[row] - potential.reshape(-1, 3).mean(1)


def seqlets(contribution: np.ndarray) -> list[tuple[int, float]]:
    """Stretches of `SEQLET_BP` that do not overlap, the largest |sum of contributions| first: start
    and sum of each.
    """
    sums, found = np.convolve(contribution, np.ones(SEQLET_BP), mode="valid"), []
    free = np.abs(sums)
    while (free >= 0).any():
        start = int(free.argmax())
        found.append((start, float(sums[start])))
        free[max(0, start - SEQLET_BP + 1) : start + SEQLET_BP] = -1
    return found


def with_flanks(values: np.ndarray, start: int, filler: float) -> np.ndarray:
    """A seqlet and `FLANK_BP` on either side of it; `filler` beyond the window."""
    padded = np.pad(values, FLANK_BP, constant_values=filler)
    return padded[start : start + SEQLET_BP + 2 * FLANK_BP]


def seqlet_table(pairs: EditablePairs, count: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The `count` strongest seqlets of all windows, and the contribution of each of their bases.

    First: seqlet (0 is the strongest), pair, end, start (bp in the window, of the seqlet without
    flanks), effect (sum over its bases, logit), bases (with flanks). Second: seqlet, position (with
    flanks), base, contribution.
    """
    found = []
    for row in tracked(range(len(pairs.pairs)), "mutated pairs"):
        for end in ENDS:
            contribution = contributions(pairs, row, end)
            letters = LETTERS[pairs.codes[end][row]]
            for start, effect in seqlets(contribution):
                bases = "".join(with_flanks(letters, start, "N"))
                found.append(
                    (
                        abs(effect),
                        pairs.pairs[row],
                        end,
                        start,
                        effect,
                        bases,
                        with_flanks(contribution, start, 0),
                    )
                )
    found = sorted(found, key=lambda seqlet: -seqlet[0])[:count]
    table = pd.DataFrame(
        [seqlet[1:6] for seqlet in found], columns=["pair", "end", "start", "effect", "bases"]
    )
    rows = [
        (k, at, base, value)
        for k, seqlet in enumerate(found)
        for at, (base, value) in enumerate(zip(*seqlet[5:], strict=True))
    ]
    return table.rename_axis("seqlet").reset_index(), pd.DataFrame(
        rows, columns=["seqlet", "position", "base", "contribution"]
    )

"""Pairs of elements and TSS that loops join, and random pairs that no line's loop joins: what the
resistance of the way is learned from. Coordinates are 0-based, in bp.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Elements are peaks of any line, one per bin of this width.
ELEMENT_BP = 1_000
# Closer pairs have no loops, those further apart no share in regulation.
NEAREST_BP, FURTHEST_BP = 20_000, 1_000_000
# A loop joins two loci that lie in its anchors or this close to them: a quarter of the resolution
# of the loop lists.
BESIDE_BP = 2_500


@dataclass(frozen=True)
class Space:
    """All pairs of a chromosome: its elements and TSS, both in order; a pair is the number
    element x len(tss) + tss.
    """

    elements: np.ndarray
    tss: np.ndarray

    def pairs(self, element: np.ndarray, tss: np.ndarray) -> np.ndarray:
        """Numbers of pairs."""
        return element * len(self.tss) + tss

    def distance(self, pairs: np.ndarray) -> np.ndarray:
        """Distance of the ends of each pair in bp."""
        element, tss = np.divmod(pairs, len(self.tss))
        return np.abs(self.elements[element] - self.tss[tss])

    def table(self, chrom: str, pairs: np.ndarray) -> pd.DataFrame:
        """chrom, element_mid, tss of pairs."""
        element, tss = np.divmod(pairs, len(self.tss))
        return pd.DataFrame(
            {"chrom": chrom, "element_mid": self.elements[element], "tss": self.tss[tss]}
        )


def elements_of(peaks: list[pd.DataFrame]) -> dict[str, np.ndarray]:
    """Middles of the peaks of all lists (chrom, start, end), the median of each bin of
    `ELEMENT_BP`, in order, by chromosome.
    """
    every = pd.concat([table[["chrom", "start", "end"]] for table in peaks], ignore_index=True)
    middle = (every.start + every.end) // 2
    medians = middle.groupby([every.chrom, middle // ELEMENT_BP]).median().astype(np.int64)
    return {str(chrom): rows.to_numpy() for chrom, rows in medians.groupby(level=0)}


def joined_pairs(loops: pd.DataFrame, space: Space) -> np.ndarray:
    """Numbers of the pairs of a chromosome that its loops join, in order, each once.

    loops : start1, end1, start2, end2. An end lies in an anchor when it is no further from its
    middle than half its width and `BESIDE_BP`.
    """
    reach = (loops.end1 - loops.start1).to_numpy() // 2 + BESIDE_BP
    middles = [((loops[f"start{k}"] + loops[f"end{k}"]) // 2).to_numpy() for k in (1, 2)]
    here, there = np.minimum(*middles), np.maximum(*middles)
    pairs = [_crossed(space, a, b, reach) for a, b in ((here, there), (there, here))]
    numbers = np.unique(np.concatenate(pairs))
    distance = space.distance(numbers)
    return numbers[(distance >= NEAREST_BP) & (distance <= FURTHEST_BP)]


def _crossed(space: Space, at: np.ndarray, tss_at: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Every element near `at` with every TSS near `tss_at`, loop by loop."""
    elements = _near(space.elements, at, reach)
    promoters = _near(space.tss, tss_at, reach)
    crossed = [
        space.pairs(np.arange(*element)[:, None], np.arange(*tss)).ravel()
        for element, tss in zip(elements, promoters, strict=True)
        if tss[0] < tss[1]
    ]
    return np.concatenate([np.zeros(0, np.int64), *crossed])


def _near(positions: np.ndarray, at: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """First and last + 1 of the positions no further than `reach` from `at`: (n, 2)."""
    first = np.searchsorted(positions, at - reach, side="left")
    return np.column_stack([first, np.searchsorted(positions, at + reach, side="right")])


def choices(space: Space) -> np.ndarray:
    """First and last + 1 of the TSS at most `FURTHEST_BP` from each element: (n_elements, 2)."""
    return _near(space.tss, space.elements, np.full(len(space.elements), FURTHEST_BP))


def random_pairs(space: Space, count: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers of `count` pairs drawn evenly, with replacement, from all whose ends are at most
    `FURTHEST_BP` apart.
    """
    first, last = choices(space).T
    passed = np.cumsum(last - first)
    drawn = rng.integers(0, passed[-1], count) if passed[-1] else np.zeros(0, np.int64)
    element = np.searchsorted(passed, drawn, side="right")
    return space.pairs(element, last[element] - (passed[element] - drawn))


@dataclass(frozen=True)
class LabelledPairs:
    """Pairs (chrom, element_mid, tss) that loops of some line join, `joined` (n, C), and random
    ones that no loop joins.
    """

    looped: pd.DataFrame
    joined: np.ndarray
    unlooped: pd.DataFrame


def labelled_pairs(
    loops: list[pd.DataFrame], spaces: dict[str, Space], count: int, rng: np.random.Generator
) -> LabelledPairs:
    """Pairs of all chromosomes, labelled by the loops of C lines.

    loops : as `read_loops` gives them; count : random pairs to draw, of which those closer than
    `NEAREST_BP` and those that a loop joins are left out
    """
    size = {chrom: np.diff(choices(space)).sum() for chrom, space in spaces.items()}
    looped, joined, unlooped = [], [], []
    for chrom, space in spaces.items():
        of_line = [joined_pairs(table[table.chrom1 == chrom], space) for table in loops]
        some = np.unique(np.concatenate(of_line))
        looped.append(space.table(chrom, some))
        joined.append(np.column_stack([np.isin(some, pairs) for pairs in of_line]))
        drawn = random_pairs(space, round(count * size[chrom] / sum(size.values())), rng)
        free = drawn[(space.distance(drawn) >= NEAREST_BP) & ~np.isin(drawn, some)]
        unlooped.append(space.table(chrom, free))
    return LabelledPairs(
        pd.concat(looped, ignore_index=True),
        np.concatenate(joined),
        pd.concat(unlooped, ignore_index=True),
    )


def spaces_of(elements: dict[str, np.ndarray], tss: dict[str, np.ndarray]) -> dict[str, Space]:
    """The pairs of every chromosome that has elements and TSS."""
    shared = sorted(set(elements) & set(tss))
    return {chrom: Space(elements[chrom], tss[chrom]) for chrom in shared}

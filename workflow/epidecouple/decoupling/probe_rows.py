"""The tables that diagnostics look at: the published one, where DNA tells the line by
composition, its rows on unseen chromosomes, and the crossed panel.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..statistics.permutation import Exchangeable, codes


@dataclass(frozen=True)
class Table:
    """Rows of a table: pair, line, label and chromosome, each (n,), and what may be exchanged under
    the null.
    """

    name: str
    pair: np.ndarray
    line: np.ndarray
    label: np.ndarray
    chrom: np.ndarray
    units: Exchangeable


# Names of the tables.
NATURAL, UNSEEN, CROSSED = "natural", "unseen", "panel"


def unseen_table(panel: Panel, lines: list[int], limit: int, seed: int) -> Table:
    """Published rows of the lines on test chromosomes, which no training saw."""
    table = natural_table(panel, lines, limit, seed, panel.rows("test"))
    return replace(table, name=UNSEEN)


def natural_table(
    panel: Panel, lines: list[int], limit: int, seed: int, pairs: np.ndarray | None = None
) -> Table:
    """Published rows of the lines, of all pairs or of `pairs` (n,) alone; at most `limit` of them,
    drawn at random.

    Exchangeable within a chromosome are blocks of a line's pairs that share a promoter.
    """
    among = np.arange(len(panel.enhancer)) if pairs is None else pairs
    at, columns = np.nonzero(panel.published[np.ix_(among, np.asarray(lines))] >= 0)
    chosen = np.sort(rng_for(seed, Stream.PUBLISHED_ROWS).permutation(len(at))[:limit])
    pair = among[at[chosen]]
    line = np.array(lines)[columns[chosen]]
    units = Exchangeable(codes(line, panel.promoter[pair]), panel.chrom[pair])
    return Table(NATURAL, pair, line, panel.published[pair, line], panel.chrom[pair], units)


def crossed_table(panel: Panel, lines: list[int], limit: int, seed: int) -> Table:
    """Random pairs of the panel, each in all of the lines, at most `limit` rows.

    Lines are exchangeable within a pair.
    """
    pairs = rng_for(seed, Stream.CROSSED_ROWS).permutation(len(panel.enhancer))[
        : limit // len(lines)
    ]
    pair = np.repeat(np.sort(pairs), len(lines))
    line = np.tile(lines, len(pairs))
    units = Exchangeable(np.arange(len(pair)), pair)
    return Table(CROSSED, pair, line, panel.labels[pair, line], panel.chrom[pair], units)


def disjoint_pairs(panel: Panel, limit: int, seed: int) -> np.ndarray:
    """Random pairs of which no two share an element, at most `limit`: rows that may be permuted one
    by one.
    """
    taken: set[int] = set()
    chosen: list[int] = []
    for pair in rng_for(seed, Stream.DISJOINT_PAIRS).permutation(len(panel.enhancer)):
        ends = {panel.enhancer[pair], panel.promoter[pair]}
        if not ends & taken:
            chosen.append(pair)
            taken |= ends
        if len(chosen) == limit:
            break
    return np.sort(chosen)

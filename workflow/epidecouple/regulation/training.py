"""How R_way is trained: pairs that the loops of some lines join, and random ones, read in the marks
of each line.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..core.errors import InputError
from .loop_pairs import LabelledPairs, elements_of, labelled_pairs, spaces_of
from .resistance_of_way import WayResistance, fit_way, pair_inputs
from .tracks import Tracks

# Random pairs are drawn once for all lines, so many times what one line takes, since those that a
# loop joins or that are too close drop out.
SURPLUS = 10


@dataclass(frozen=True)
class LoopLine:
    """A line that teaches: its loops as `read_loops` gives them, its tracks, and its peaks of
    elements (chrom, start, end), one table per mark.
    """

    loops: pd.DataFrame
    tracks: Tracks
    elements: list[pd.DataFrame]


@dataclass(frozen=True)
class Draws:
    """Looped and random pairs to draw in each line, and where from."""

    looped: int
    unlooped: int
    rng: np.random.Generator


def train_way(
    lines: dict[str, LoopLine], marks: list[str], tss: dict[str, np.ndarray], draws: Draws
) -> WayResistance:
    """R_way of some lines; tss : those of each chromosome that is used, in order.

    Nothing of any other line is read: its peaks are no elements, its loops free no pair. Raises
    `InputError` for a line of which no loop joins an element and a TSS: it would teach nothing.
    """
    elements = elements_of([table for line in lines.values() for table in line.elements])
    loops = [line.loops for line in lines.values()]
    spaces = spaces_of(elements, tss)
    labelled = labelled_pairs(loops, spaces, SURPLUS * draws.unlooped, draws.rng)
    samples = {name: sample(labelled, k, draws) for k, name in enumerate(lines)}
    for name in [name for name, pairs in samples.items() if not pairs.looped.any()][:1]:
        problem = f"no loop of {name} joins an element and a TSS"
        raise InputError(problem, "Give loops, peaks and genes of one assembly", "crispr.lines")
    inputs = [pair_inputs(pairs, lines[name].tracks, marks, tss) for name, pairs in samples.items()]
    pairs = pd.concat(samples, names=["line"]).reset_index("line")
    distance = (pairs.element_mid - pairs.tss).abs().to_numpy()
    return fit_way(
        pd.concat(inputs, ignore_index=True),
        pairs.looped.to_numpy(dtype=float),
        distance,
        pairs.line.to_numpy(dtype=str),
    )


def sample(labelled: LabelledPairs, line: int, draws: Draws) -> pd.DataFrame:
    """Pairs of one line (chrom, element_mid, tss, looped), each at most once: as many as there are
    where a line has fewer.
    """
    own = np.flatnonzero(labelled.joined[:, line])
    looped = _some(own, draws.looped, draws.rng)
    unlooped = _some(np.arange(len(labelled.unlooped)), draws.unlooped, draws.rng)
    tables = [labelled.looped.iloc[looped], labelled.unlooped.iloc[unlooped]]
    pairs = pd.concat(tables, ignore_index=True)
    return pairs.assign(looped=np.repeat([1, 0], [len(looped), len(unlooped)]))


def _some(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(rows, min(count, len(rows)), replace=False)

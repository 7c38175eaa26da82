"""The resistance of the way between an element and a promoter, learned from loops of other lines.

A logistic regression tells pairs that a loop joins from random ones, by the marks at both ends, the
way between, the distance and the line. Only its terms on the way are kept: those at the ends
describe where loops end, which is CTCF, and not what makes an element regulate.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..statistics.logistic import fit_logistic
from .between import TSS_BETWEEN, way_inputs
from .tracks import Tracks, level

# Strong shrinkage: neighbouring marks are collinear.
INVERSE_PENALTY = 0.02
# Inner edges of the distance bins whose levels are nuisances, in bp.
DISTANCE_EDGES = (3e4, 5e4, 8e4, 1.2e5, 1.7e5, 2.5e5, 3.5e5, 5e5, 7e5, 1e6)
# Widths at which marks are read at the ends: the element's also by the site alone.
ELEMENT_BP, PROMOTER_BP = (3_000, 600), (3_000,)


@dataclass(frozen=True)
class WayResistance:
    """R_way in logit units: minus the weighted sum of standardised inputs of the way.

    inputs : marks, then `TSS_BETWEEN`; mean, sd, weight : of each; lines : whose loops it was
    learned from. A positive weight is an affinity: what holds contacts up. R_way has no zero of its
    own: it compares ways.
    """

    inputs: list[str]
    mean: list[float]
    sd: list[float]
    weight: list[float]
    lines: list[str]

    @property
    def marks(self) -> list[str]:
        """The marks that it reads."""
        return [name for name in self.inputs if name != TSS_BETWEEN]

    def __call__(self, inputs: pd.DataFrame) -> np.ndarray:
        """R_way (n,) of inputs as `way_inputs` gives them."""
        standard = (inputs[self.inputs].to_numpy() - self.mean) / self.sd
        return -standard @ np.array(self.weight)

    def reading(self, marks: list[str]) -> "WayResistance":
        """The same for a line that has only some marks: of the others every way holds the mean."""
        kept = [n for n, name in enumerate(self.inputs) if name in (*marks, TSS_BETWEEN)]
        chosen = {
            field: [getattr(self, field)[n] for n in kept]
            for field in ("inputs", "mean", "sd", "weight")
        }
        return replace(self, **chosen)

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, for a file."""
        return asdict(self)


def pair_inputs(
    pairs: pd.DataFrame, tracks: Tracks, marks: list[str], tss: dict[str, np.ndarray]
) -> pd.DataFrame:
    """What tells looped pairs in one line: the way, first, then the marks at both ends."""
    way = way_inputs(pairs, tracks, marks, tss)
    return pd.concat([way, end_inputs(pairs, tracks, marks)], axis=1)


def end_inputs(pairs: pd.DataFrame, tracks: Tracks, marks: list[str]) -> pd.DataFrame:
    """Levels of the marks at both ends, named `<mark> element <width>` and so on."""
    places = [("element", "element_mid", ELEMENT_BP), ("promoter", "tss", PROMOTER_BP)]
    levels = {
        f"{mark} {end} {width}": level(tracks[mark], pairs.chrom, pairs[position], width)
        for end, position, widths in places
        for width in widths
        for mark in marks
    }
    return pd.DataFrame(levels, pairs.index)


def fit_way(
    inputs: pd.DataFrame, labels: np.ndarray, distance: np.ndarray, line: np.ndarray
) -> WayResistance:
    """Fit on pairs of several lines.

    inputs : of `pair_inputs` (n, d); labels (n,) 0 or 1; distance (n,) in bp; line (n,) names
    """
    x = inputs.to_numpy()
    mean, sd = x.mean(0), x.std(0)
    sd = np.where(sd > 0, sd, 1.0)
    lines = sorted(set(line))
    bins = np.eye(len(DISTANCE_EDGES) + 1)[np.searchsorted(DISTANCE_EDGES, distance)]
    of_line = np.column_stack([line == name for name in lines])
    weight = fit_logistic(
        np.column_stack([(x - mean) / sd, bins, of_line]), labels, INVERSE_PENALTY
    )
    way = list(inputs.columns).index(TSS_BETWEEN) + 1
    return WayResistance(
        inputs=list(inputs.columns[:way]),
        mean=mean[:way].tolist(),
        sd=sd[:way].tolist(),
        weight=weight[:way].tolist(),
        lines=lines,
    )

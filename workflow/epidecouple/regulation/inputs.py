"""Inputs of a head: marks at both ends and on the way, the parts of the score, the neighbourhood,
the other lines. `direct_*` and `indirect_*` of the tables are none: they are made from distance
and dataset.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..experiments.crispr import ROW_COLUMNS
from .activity import activity
from .between import way_inputs
from .candidates import Candidates
from .contact import contact
from .neighbourhood import neighbourhood
from .other_lines import other_lines
from .resistance_of_way import WayResistance, end_inputs
from .score import parts
from .tracks import Tracks

# Marks of the smaller head; all other marks of a line are those of the larger one.
NINE_MARKS = [
    "CTCF",
    "DNase",
    "H3K27ac",
    "H3K4me2",
    "H3K4me3",
    "H3K9ac",
    "H2A.Z",
    "H4K20me1",
    "POL2",
]
UBIQUITOUS = "ubiquitous"
# Ends of the names of what `marks_of` gives.
OWN_PLACES = (" way", " element 3000", " element 600", " promoter 3000")
DISTANCE = "log10 distance"
DISTANCE_OFFSET_BP = 1_000


@dataclass(frozen=True)
class Line:
    """What scoring in a line needs: its tracks and candidates, those of the other lines, the TSS of
    each chromosome in order, and a resistance of the way learned without this line.
    """

    tracks: Tracks
    competing: Candidates
    others: list[Tracks]
    tss: dict[str, np.ndarray]
    resistance: WayResistance


def head_inputs(pairs: pd.DataFrame, line: Line) -> pd.DataFrame:
    """All inputs of pairs (chrom, element_mid, tss; `ubiquitous`, where it is known), one column
    each, and the parts of the score.
    """
    scored = parts(pairs, line.tracks, line.competing, line.tss, line.resistance)
    distance = (pairs.element_mid - pairs.tss).abs()
    own = activity(line.tracks, pairs.chrom, pairs.element_mid) * contact(distance.to_numpy())
    tables = [
        scored,
        scored_parts(scored, distance),
        marks_of(pairs, line),
        neighbourhood(pairs, own, line.tracks, line.competing, line.tss),
    ]
    if line.others:
        tables.append(other_lines(pairs, line.tracks, line.others))
    return pd.concat(tables, axis=1)


def scored_parts(scored: pd.DataFrame, distance: pd.Series) -> pd.DataFrame:
    """What follows from the parts of the score and the distance."""
    return pd.DataFrame(
        {
            DISTANCE: np.log10(distance + DISTANCE_OFFSET_BP),
            "activity x contact": scored.potential + scored.activity,
            "share": scored.potential + scored.activity - scored.competition,
        }
    )


def marks_of(pairs: pd.DataFrame, line: Line) -> pd.DataFrame:
    """Levels of all marks of the line at both ends and on the way, named `<mark> way` and so on."""
    marks = list(line.tracks)
    way = way_inputs(pairs, line.tracks, marks, line.tss)
    named = way.rename(columns={mark: f"{mark} way" for mark in marks})
    return pd.concat([named, end_inputs(pairs, line.tracks, marks)], axis=1)


def input_names(columns: list[str]) -> list[str]:
    """The inputs among the columns of a table of CRISPR pairs, the flag of ubiquitous genes among
    them.
    """
    return [name for name in columns if name not in ROW_COLUMNS or name == UBIQUITOUS]


def of_marks(columns: list[str], marks: list[str]) -> list[str]:
    """The input names that read the line's own marks only where these are among `marks`."""
    return [name for name in columns if mark_of(name) is None or mark_of(name) in marks]


def mark_of(name: str) -> str | None:
    """The mark whose level or integral an input is, None for any other input."""
    for place in OWN_PLACES:
        if name.endswith(place):
            return name.removesuffix(place)
    return None

"""Whether the parts of the score are what was designed: measured on the pairs that are scored, and
on marks that are hidden or put where they must and must not count.

Values are those of the design, so that a constant that is changed elsewhere shows.
"""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from ..data.signal import Track
from .activity import ACTIVE, OPEN, activity
from .between import TRIM_BP, way_inputs
from .candidates import Candidates
from .contact import log_contact
from .inputs import Line
from .score import parts
from .tracks import Tracks

# The numbers of the design, written once more: taken from where the score has them, a wrong one
# would agree with itself.
SLOPE, CLOSEST_BP = -1.024, 5_000
SAME_BP, REACH_BP = 500, 5_000_000
# Pairs that are looked at, spread over the table; those of the way are looked at one by one.
PAIRS, WAYS = 48, 6
# How far a gene is moved, and half the width of a peak that is put at a place.
MOVED_BP, HALF_PEAK_BP = 10_000, 500
# A way in which a peak fits, beside what belongs to the ends.
SHORTEST_BP = 2 * TRIM_BP + 4 * HALF_PEAK_BP
NO_PEAKS = pd.DataFrame(columns=["chrom", "start", "end", "signal"])


def part_evidence(pairs: pd.DataFrame, name: str, line: Line) -> dict[str, float | str]:
    """The evidence of the design on pairs (chrom, element_mid, tss) in the line of this name."""
    some = pairs.iloc[:: max(1, len(pairs) // PAIRS)][["chrom", "element_mid", "tss"]]
    scored = scored_with(some, line)
    return {
        **potential_evidence(some, scored, line),
        **activity_evidence(some, scored, line),
        **competition_evidence(some, scored, line),
        **way_evidence(some, line),
        "scored_line_taught": int(name in line.resistance.lines),
        "score_error_of_parts": score_error(scored),
    }


def scored_with(pairs: pd.DataFrame, line: Line) -> pd.DataFrame:
    """The parts of the score and the logit."""
    return parts(pairs, line.tracks, line.competing, line.tss, line.resistance)


def hidden(line: Line, *marks: str) -> Line:
    """The line without any peak of some marks."""
    empty = dict.fromkeys(set(marks) & set(line.tracks), Track(NO_PEAKS))
    return replace(line, tracks=line.tracks | empty)


def change(before: pd.Series, after: pd.Series) -> float:
    """max |difference|."""
    return float((before - after).abs().max())


def potential_evidence(
    pairs: pd.DataFrame, scored: pd.DataFrame, line: Line
) -> dict[str, float | str]:
    """What U reads: slope over distance as text, and what must not change it."""
    near, far = log_contact(np.array([20_000, 80_000]))
    closest = log_contact(np.array([0, CLOSEST_BP // 2, CLOSEST_BP]))
    without = scored_with(pairs, hidden(line, *line.tracks))
    return {
        "potential_slope": f"{(far - near) / math.log(4):.3f}",
        "potential_change_below_5_kb": float(np.ptp(closest)),
        "potential_change_when_marks_are_hidden": change(scored.potential, without.potential),
    }


def activity_evidence(pairs: pd.DataFrame, scored: pd.DataFrame, line: Line) -> dict[str, float]:
    """What activity reads, and that the gene plays no part."""
    moved = scored_with(pairs.assign(tss=pairs.tss + MOVED_BP), line)
    of_mark = {
        f"activity_change_when_{mark.lower()}_is_hidden": change(
            scored.activity, scored_with(pairs, hidden(line, mark)).activity
        )
        for mark in (OPEN, ACTIVE)
    }
    return of_mark | {
        "activity_change_when_the_gene_moves": change(scored.activity, moved.activity)
    }


def competition_evidence(pairs: pd.DataFrame, scored: pd.DataFrame, line: Line) -> dict[str, float]:
    """That candidates compete, and the difference from a sum that is written out."""
    alone = scored_with(pairs, replace(line, competing={}))
    own = activity(line.tracks, pairs.chrom, pairs.element_mid)
    expected = [
        competition_of(row, strength, line.competing)
        for row, strength in zip(pairs.itertuples(index=False), own, strict=True)
    ]
    return {
        "competition_change_when_candidates_are_hidden": change(
            scored.competition, alone.competition
        ),
        "competition_error": float(np.abs(scored.competition - expected).max()),
    }


def competition_of(row: tuple[str, int, int], own: float, competing: Candidates) -> float:
    """ln of the sum for one pair (chrom, element_mid, tss) whose element has this activity."""
    chrom, element, tss = row
    middle, strength = competing.get(chrom, (np.zeros(0), np.zeros(0)))
    counted = (np.abs(middle - tss) < REACH_BP) & (np.abs(middle - element) > SAME_BP)
    places = np.append(middle[counted], element)
    strengths = np.append(strength[counted], max(own, 1e-3))
    distance = np.maximum(np.abs(places - tss), CLOSEST_BP).astype(float)
    return float(np.log((strengths * distance**SLOPE).sum()))


def way_evidence(pairs: pd.DataFrame, line: Line) -> dict[str, float]:
    """Change of R_way when every mark has a peak at both ends, and one between, and nowhere else:
    the largest of some pairs.
    """
    long = pairs[(pairs.element_mid - pairs.tss).abs() > SHORTEST_BP].head(WAYS)
    found = np.array([one_way(long.iloc[[k]], line) for k in range(len(long))]).reshape(-1, 2)
    names = ("way_change_when_marks_lie_at_the_ends", "way_change_when_marks_lie_between")
    return dict(zip(names, found.max(0, initial=0.0).tolist(), strict=True))


def one_way(pair: pd.DataFrame, line: Line) -> tuple[float, float]:
    """|change of R_way| of one pair for marks at its ends, and for marks between."""
    ends = pair[["element_mid", "tss"]].to_numpy()[0]
    nowhere, at_ends, between = (
        resistance_with(pair, places, line) for places in ([], ends, [ends.mean()])
    )
    return abs(at_ends - nowhere), abs(between - nowhere)


def resistance_with(pair: pd.DataFrame, places: np.ndarray | list[float], line: Line) -> float:
    """R_way of a pair where every mark has peaks at these places alone."""
    middle = np.asarray(places, dtype=np.int64)
    ends = {"start": np.maximum(middle - HALF_PEAK_BP, 0), "end": middle + HALF_PEAK_BP}
    track = Track(pd.DataFrame({"chrom": pair.chrom.iloc[0], **ends, "signal": 1.0}))
    tracks: Tracks = dict.fromkeys(line.resistance.marks, track)
    inputs = way_inputs(pair, tracks, line.resistance.marks, line.tss)
    return float(line.resistance(inputs)[0])


def score_error(scored: pd.DataFrame) -> float:
    """Largest difference between the logit and U + activity - competition - R_way."""
    total = scored.potential + scored.activity - scored.competition - scored.resistance_of_way
    return change(scored.logit, total)

"""Chromatin of the simulated world: what marks show of a locus, and what its ends add to R.

Two kinds. With `openness`, marks and R are linear in one openness. With `states`, a locus has one
of nine discrete states, each with its own marks and an effect on R that is not monotone in
openness.
"""

from dataclasses import dataclass

import numpy as np

from ..core.sections.data import SimulationConfig

# Loading of each mark on the openness of a locus.
LOADINGS = {
    "CTCF": 0.6,
    "DNase": 1.2,
    "H3K4me1": 0.8,
    "H3K4me3": 0.9,
    "H3K27ac": 1.1,
    "H3K27me3": -0.9,
    "H3K9me3": -0.7,
}
MARKS = list(LOADINGS)
RESISTANCE_SLOPE = 1.4
# Marks that show what a locus itself adds to U, where they tell it (`simulation.hub_marks`).
HUB_MARKS = ("H3K4me1", "H3K4me3")

# State: level of each mark in the order of `MARKS`, effect of an end on R, and how its chance
# depends on openness (log odds: slope, bias).
STATES = {
    "quiescent": ((0, 0, 0, 0, 0, 0, 0), 0.5, 0.0, 0.5),
    "active promoter": ((0, 2, -0.5, 2, 2, -1, 0), -1.5, 1.2, 0.0),
    "poised enhancer": ((0, 1, 0.5, 2, -0.5, 2, 0), 2.0, 0.3, 0.0),
    "active enhancer": ((0, 2, 2, 0, 2, -1, 0), -2.0, 1.4, 0.0),
    "bivalent enhancer": ((0, 1, 2, 0, -1, 1.5, 0), 1.0, 0.2, 0.0),
    "primed enhancer": ((0, 1, 1.5, 0, 0, 0, 0), 0.0, 0.5, 0.3),
    "polycomb": ((0, -1, 0, 0, -1, 2, 0), 1.5, -1.0, 0.0),
    "heterochromatin": ((0, -1, -1, -1, -1, 0, 2), 1.0, -1.2, 0.0),
    "insulator": ((2, 1.5, 0, 0, 0, 0, 0), 1.5, 0.2, 0.0),
}
STATE_SHARPNESS = 1.5


@dataclass(frozen=True)
class Chromatin:
    """level : float (n_loci, C, M), mean level of each mark
    resistance : float (n_loci, C), what a locus adds to R before the softplus when it is an end
    """

    level: np.ndarray
    resistance: np.ndarray


def chromatin_of(
    config: SimulationConfig, openness: np.ndarray, rng: np.random.Generator
) -> Chromatin:
    """Marks and resistance of loci from their openness (n_loci, C)."""
    if config.chromatin == "openness":
        level = openness[:, :, None] * np.array(list(LOADINGS.values()))
        return Chromatin(level, -RESISTANCE_SLOPE * openness / np.sqrt(2))
    marks, effect, slope, bias = (np.array(column) for column in zip(*STATES.values(), strict=True))
    log_odds = STATE_SHARPNESS * slope * openness[:, :, None] + bias
    state = (log_odds + rng.gumbel(size=log_odds.shape)).argmax(2)
    return Chromatin(marks[state], effect[state] / np.sqrt(2))


def shown_by_hubs(
    config: SimulationConfig, level: np.ndarray, potential_of_locus: np.ndarray
) -> np.ndarray:
    """Levels (n_loci, C, M) with what each locus adds to U (n_loci,) shown by the hub marks."""
    shown = np.isin(MARKS, HUB_MARKS) * config.hub_marks
    return level + potential_of_locus[:, None, None] * shown

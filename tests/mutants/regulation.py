"""The world of the regulation score, and mutants of its parts."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from epidecouple.regulation import activity, between, competition, contact
from epidecouple.regulation import evidence as regulation_evidence
from epidecouple.regulation import inputs as regulation_inputs
from epidecouple.regulation import score as regulation_score
from epidecouple.regulation.between import TSS_BETWEEN
from epidecouple.regulation.candidates import all_peaks, candidates
from epidecouple.regulation.inputs import Line
from epidecouple.regulation.resistance_of_way import WayResistance
from epidecouple.regulation.tracks import quantile_track
from epidecouple.stages import crispr_inputs

from .registry import mutant


@dataclass
class ScoreWorld:
    """Pairs of a line that the regulation score is made of, and the line."""

    pairs: pd.DataFrame
    name: str
    line: Line


def new_score_world() -> ScoreWorld:
    """Elements and genes on three megabases, in a line whose marks lie at random."""
    rng = np.random.default_rng(0)
    reach = 3_000_000
    marks = ("DNase", "H3K27ac", "CTCF")
    tracks = {mark: quantile_track(_random_peaks(rng, reach)) for mark in marks}
    element = rng.integers(10_000, reach - 10_000, 60)
    tss = {"chr1": np.sort(rng.integers(10_000, reach - 10_000, 12))}
    table = {"chrom": "chr1", "element_mid": element, "tss": rng.choice(tss["chr1"], 60)}
    resistance = WayResistance(["CTCF", TSS_BETWEEN], [0.5, 0.0], [2.0, 1.0], [-0.7, -0.4], ["B"])
    competing = candidates(tracks, all_peaks(tracks["DNase"]))
    return ScoreWorld(pd.DataFrame(table), "A", Line(tracks, competing, [], tss, resistance))


def _random_peaks(rng, reach):
    start = rng.integers(0, reach, 3_000)
    table = {"chrom": "chr1", "start": start, "end": start + 1_500, "signal": rng.random(3_000)}
    return pd.DataFrame(table)


def score(world: ScoreWorld) -> None:
    """Read the inputs of the pairs, as the target crispr does; the inputs of heads want marks that
    this line lacks, and come after the evidence.
    """
    crispr_inputs.hold_parts(world.pairs, world.name, world.line)


@mutant
def contact_of_another_slope(world, patch):
    """contacts fall with the distance itself in place of its power 1.024"""
    patch.setattr(contact, "SLOPE", -1.0)


@mutant
def contact_rises_below_5_kb(world, patch):
    """the power law goes on below 5 kb"""
    patch.setattr(contact, "CLOSEST_BP", 1)


@mutant
def marks_in_the_potential(world, patch):
    """activity is counted in U in place of in its own part"""
    _parts_in_place_of(
        patch, lambda made: made.assign(potential=made.potential + made.activity, activity=0.0)
    )


@mutant
def activity_by_accessibility_alone(world, patch):
    """H3K27ac is forgotten"""
    _activity_of(patch, "DNase")


@mutant
def activity_by_acetylation_alone(world, patch):
    """DNase is forgotten"""
    _activity_of(patch, "H3K27ac")


@mutant
def activity_at_the_promoter(world, patch):
    """activity is read at the gene"""
    made = regulation_score.parts

    def at_the_gene(pairs, tracks, *rest):
        own = activity.log_activity(activity.activity(tracks, pairs.chrom, pairs.tss))
        found = made(pairs, tracks, *rest)
        return found.assign(activity=own, logit=found.logit - found.activity + own)

    for module in READ_PARTS:
        patch.setattr(module, "parts", at_the_gene)


@mutant
def nobody_competes(world, patch):
    """candidates are not summed, so that the element has its promoter to itself"""
    patch.setattr(competition, "by_promoter", lambda pairs, competing: iter(()))


@mutant
def element_counted_twice(world, patch):
    """the candidate that is the tested element competes with it"""
    patch.setattr(competition, "SAME_BP", 0)


@mutant
def competition_within_a_megabase(world, patch):
    """candidates compete within 1 Mb in place of 5"""
    patch.setattr(competition, "REACH_BP", 1_000_000)


@mutant
def ends_read_as_way(world, patch):
    """the way begins at the very ends"""
    patch.setattr(between, "TRIM_BP", 0)


@mutant
def way_weighs_nothing(world, patch):
    """all weights of R_way are 0"""
    resistance = world.line.resistance
    none = dataclasses.replace(resistance, weight=[0.0] * len(resistance.weight))
    world.line = dataclasses.replace(world.line, resistance=none)


@mutant
def way_taught_by_the_scored_line(world, patch):
    """the line that is scored is among those whose loops teach R_way"""
    world.name = "B"


@mutant
def product_of_parts(world, patch):
    """R_way counts the more the more active the element is"""
    _parts_in_place_of(
        patch,
        lambda made: made.assign(logit=made.logit - made.resistance_of_way * np.exp(made.activity)),
    )


@mutant
def part_added_with_the_wrong_sign(world, patch):
    """R_way is added in place of subtracted"""
    patch.setitem(regulation_score.PARTS, "resistance_of_way", 1)


# Where the parts of the score are made and read.
READ_PARTS = (regulation_score, regulation_inputs, regulation_evidence)


def _activity_of(patch, mark):
    """Activity is read from one mark alone."""
    of_all = activity.activity
    for module in (regulation_score, regulation_evidence):
        patch.setattr(
            module, "activity", lambda tracks, *places: of_all({"DNase": tracks[mark]}, *places)
        )


def _parts_in_place_of(patch, changed):
    """The parts of the score, changed wherever they are read."""
    made = regulation_score.parts
    for module in READ_PARTS:
        patch.setattr(module, "parts", lambda *arguments: changed(made(*arguments)))

"""What the evidence of the score says of a healthy line, and of one that lacks what it needs."""

import dataclasses
import math

import pytest

from epidecouple.regulation.evidence import WAYS, competition_of, part_evidence, way_evidence
from epidecouple.regulation.resistance_of_way import WayResistance
from mutants.regulation import new_score_world


@pytest.fixture(scope="module")
def world():
    return new_score_world()


def test_the_constants_are_those_of_the_design_as_text(world):
    found = part_evidence(world.pairs, world.name, world.line)
    assert found["potential_slope"] == "-1.024"
    assert found["competition_error"] < 1e-9 and found["scored_line_taught"] == 0


def test_pairs_too_close_for_a_way_are_no_evidence_of_it(world):
    close = world.pairs.assign(element_mid=world.pairs.tss + 2_000)
    assert set(way_evidence(close, world.line).values()) == {0.0}


def test_a_mark_that_only_one_way_crosses_is_found_among_several(world):
    pairs = world.pairs[(world.pairs.element_mid - world.pairs.tss).abs() > 50_000].head(WAYS)
    found = way_evidence(pairs, world.line)
    assert found["way_change_when_marks_lie_at_the_ends"] == 0
    resistance = world.line.resistance
    dead = WayResistance(**{**resistance.as_dict(), "weight": [0.0, 1.0]})
    without = way_evidence(pairs, dataclasses.replace(world.line, resistance=dead))
    assert found["way_change_when_marks_lie_between"] > 0.1
    assert without["way_change_when_marks_lie_between"] == 0


def test_a_lone_element_competes_with_itself():
    alone = competition_of(("chr1", 100_000, 120_000), 0.25, {})
    assert alone == pytest.approx(math.log(0.25 * 20_000**-1.024))

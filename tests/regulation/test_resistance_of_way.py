"""R_way is learned from loops, of the lines that are given, and keeps the terms of the way only."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.regulation.between import TSS_BETWEEN
from epidecouple.regulation.resistance_of_way import WayResistance, fit_way
from epidecouple.regulation.tracks import quantile_track
from epidecouple.regulation.training import Draws, LoopLine, train_way
from toy import refusal, says

RNG = np.random.default_rng(1)
N = 4000


def drawn(end_effect=0.0, way_effect=0.0, offset=0.0):
    """Inputs and labels in which the way and an end matter as told, and lines differ by level."""
    inputs = pd.DataFrame(
        {
            "CTCF": RNG.normal(3, 2, N),
            TSS_BETWEEN: RNG.normal(0, 1, N),
            "CTCF element 3000": RNG.normal(0, 1, N),
        }
    )
    line = np.where(np.arange(N) % 2, "A", "B")
    logit = (
        way_effect * (inputs.CTCF - 3) / 2
        + end_effect * inputs["CTCF element 3000"]
        + offset * (line == "A")
    )
    labels = (RNG.random(N) < 1 / (1 + np.exp(-logit))).astype(float)
    return inputs, labels, RNG.uniform(2e4, 1e6, N), line


def test_a_barrier_on_the_way_is_a_resistance():
    found = fit_way(*drawn(way_effect=-1.5))
    assert found.weight[0] == pytest.approx(-1.5, abs=0.25) and abs(found.weight[1]) < 0.15
    ways = pd.DataFrame({"CTCF": [0.0, 6.0], TSS_BETWEEN: [0.0, 0.0]})
    free, blocked = found(ways)
    assert blocked > free + 3


def test_what_the_ends_tell_is_left_out():
    found = fit_way(*drawn(end_effect=2.0))
    assert found.inputs == ["CTCF", TSS_BETWEEN]
    assert np.abs(found.weight).max() < 0.15


def test_levels_of_lines_are_nuisances():
    found = fit_way(*drawn(way_effect=-1.0, offset=3.0))
    assert found.weight[0] == pytest.approx(-1.0, abs=0.25) and found.lines == ["A", "B"]


def test_r_way_compares_ways_and_survives_a_file():
    found = WayResistance(["CTCF", TSS_BETWEEN], [1.0, 2.0], [2.0, 4.0], [-1.0, 0.5], ["A"])
    ways = pd.DataFrame({TSS_BETWEEN: [2.0, 6.0], "CTCF": [1.0, 5.0]})
    assert found(ways) == pytest.approx([0, 2 - 0.5])
    assert WayResistance(**found.as_dict()) == found and found.marks == ["CTCF"]


def line_with(peaks_at, loop_starts):
    elements = pd.DataFrame({"chrom": "chr1", "start": peaks_at, "end": peaks_at + 100})
    track = quantile_track(elements.assign(signal=1.0))
    anchors = {"start1": loop_starts, "end1": loop_starts + 10_000}
    far = {"start2": loop_starts + 100_000, "end2": loop_starts + 110_000}
    loops = pd.DataFrame({"chrom1": "chr1", **anchors, **far})
    return LoopLine(loops, {"CTCF": track}, [elements])


def test_training_reads_nothing_but_the_lines_that_it_is_given():
    at = np.arange(0, 3_000_000, 20_000)
    tss = {"chr1": np.arange(5_000, 3_000_000, 50_000)}
    lines = {"A": line_with(at, at[:60]), "B": line_with(at + 3_000, at[20:80])}
    first, again = (
        train_way(lines, ["CTCF"], tss, Draws(40, 60, np.random.default_rng(3))) for _ in range(2)
    )
    assert first == again and first.lines == ["A", "B"] and np.isfinite(first.weight).all()


def test_a_line_whose_loops_join_no_element_and_tss_is_refused():
    """All weights would be 0, and R_way would say nothing without a word."""
    peaks, tss = np.arange(0, 900_000, 9_000), {"chr1": np.arange(5_000, 900_000, 50_000)}
    line = line_with(peaks, np.array([5_000_000]))
    told = refusal(train_way, {"A": line}, ["CTCF"], tss, Draws(9, 9, RNG))
    says(told, "no loop of A joins an element and a TSS", "one assembly")

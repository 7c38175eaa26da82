"""What lies around an element and its promoter, by hand."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.regulation.candidates import OnChromosome
from epidecouple.regulation.contact import contact
from epidecouple.regulation.neighbourhood import (
    FAINTEST_PROMOTER,
    near,
    on_the_way,
    promoter_share,
    stronger,
    tss_near,
)
from epidecouple.regulation.other_lines import MARKS, activity_together, other_lines
from epidecouple.regulation.tracks import quantile_track

COMPETING = {"chr1": OnChromosome(np.array([20_000, 50_000, 90_000]), np.array([1.0, 2.0, 4.0]))}
PAIRS = pd.DataFrame({"chrom": "chr1", "element_mid": [20_000, 90_400], "tss": 100_000})


def peak(start, end, signal=1.0):
    return pd.DataFrame({"chrom": ["chr1"], "start": [start], "end": [end], "signal": [signal]})


def test_stronger_candidates_are_counted_with_the_element_itself():
    x = COMPETING["chr1"].activity * contact(100_000 - COMPETING["chr1"].middle)
    assert stronger(PAIRS, np.array([x[0], x[2] * 2]), COMPETING).tolist() == [3, 0]


def test_candidates_between_leave_out_those_at_the_ends():
    found = on_the_way(PAIRS, COMPETING)
    assert found["candidates between"].tolist() == [2, 0]
    assert found["activity between"].tolist() == [6, 0]


def test_activity_near_the_element():
    assert near(PAIRS, COMPETING, 30_001).tolist() == [3, 4]


def test_tss_near_the_promoter():
    tss = {"chr1": np.array([0, 1, 100_000, 199_999, 200_000])}
    assert tss_near(PAIRS, tss).tolist() == [4, 4]


def test_promoters_share_an_element_by_strength_and_contact():
    """The stronger promoter, as far away, has more of the element."""
    strong = quantile_track(peak(98_500, 101_500))
    tracks = {"H3K27ac": strong, "H3K4me3": strong}
    tss = {"chr1": np.array([80_400, 100_400])}
    pairs = pd.DataFrame({"chrom": "chr1", "element_mid": 90_400, "tss": [80_400, 100_400]})
    weak, won = promoter_share(pairs, tracks, tss)
    assert weak + won == pytest.approx(1)
    assert won / weak == pytest.approx((2_600 / 3_000 + FAINTEST_PROMOTER) / FAINTEST_PROMOTER)


def test_both_ends_on_in_the_same_lines_are_together():
    at = {"both": peak(0, 200_000), "element": peak(88_900, 91_900), "none": peak(500_000, 500_001)}
    tracks = {name: {"H3K27ac": quantile_track(table)} for name, table in at.items()}
    pair = PAIRS[1:]
    same = activity_together(pair, [tracks["both"], tracks["none"], tracks["both"]])
    other = activity_together(pair, [tracks["element"], tracks["none"], tracks["element"]])
    assert same[0] > 0.95 and other[0] == 0


def test_other_lines_are_means_and_counts_without_the_own():
    on = {mark: quantile_track(peak(88_900, 91_900)) for mark in MARKS}
    off = {mark: quantile_track(peak(500_000, 500_001)) for mark in MARKS}
    found = other_lines(PAIRS[1:], on, [on, off, off]).iloc[0]
    assert found["CTCF element elsewhere"] == pytest.approx(np.log(11) / 3)
    assert found["CTCF element lines"] == 1 and found["CTCF promoter lines"] == 0
    assert len(found) == 25

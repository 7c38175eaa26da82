import numpy as np
import pandas as pd
import pytest

from epidecouple.data.loop_loci import (
    anchor_midpoints,
    loop_labels,
    merged_loci,
    nearest_loops,
)
from toy import LOOP, frame

HALF = 50


def loops(*middles: tuple[int, int], chrom: str = "chr1") -> pd.DataFrame:
    """Loops whose anchors are 100 bp wide around the given midpoints."""
    return frame(
        LOOP, *[(chrom, a - HALF, a + HALF, chrom, b - HALF, b + HALF) for a, b in middles]
    )


def places(loci: pd.DataFrame) -> list[tuple[int, int]]:
    return list(loci[["left", "right"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(("shift", "expected"), [(1000, 1), (1001, 2)])
def test_both_anchors_must_lie_within_the_distance(shift, expected):
    """The anchor that is further off decides, and the distance itself is near enough."""
    lists = {"A": loops((10_000, 90_000)), "B": loops((10_400, 90_000 + shift))}
    merged = merged_loci(lists, 1000)
    assert len(merged) == expected
    assert loop_labels(merged, ["A", "B"]).tolist() == (
        [[1, 1]] if expected == 1 else np.eye(2).tolist()
    )


def test_a_chain_of_loops_is_one_locus_at_the_medians():
    lists = {"A": loops((1000, 9000), (1800, 9800)), "B": loops((2600, 10_601))}
    merged = merged_loci(lists, 801)
    assert places(merged) == [(1800, 9800)] and loop_labels(merged, ["A", "B"]).tolist() == [[1, 1]]
    apart = merged_loci(lists, 800)
    assert places(apart) == [(1400, 9400), (2600, 10_601)]
    assert loop_labels(apart, ["A", "B"]).tolist() == [[1, 0], [0, 1]]


def test_labels_and_the_nearest_loop_of_each_line_by_hand():
    lists = {
        "A": loops((10_000, 50_000)),
        "B": loops((10_100, 53_000), (200_000, 400_000)),
        "C": loops((10_000, 50_000), chrom="chr2"),
    }
    merged = merged_loci(lists, 500)
    assert merged.chrom.tolist() == ["chr1", "chr1", "chr1", "chr2"]
    assert loop_labels(merged, list(lists)).tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert nearest_loops(merged, list(lists)).tolist() == [
        [0, 3000, np.inf],
        [3000, 0, np.inf],
        [350_000, 0, np.inf],
        [np.inf, np.inf, 0],
    ]


def test_the_order_of_loops_lines_and_anchors_plays_no_part():
    rng = np.random.default_rng(0)
    middles = np.sort(rng.integers(1000, 60_000, (60, 2)), axis=1)
    lists = {line: loops(*middles[k::3]) for k, line in enumerate("ABC")}
    merged = merged_loci(lists, 3000)
    assert 5 < len(merged) < 50, "some merge and some do not"
    turned = {"start1": "start2", "end1": "end2", "start2": "start1", "end2": "end1"}
    shuffled = {
        line: lists[line].sample(frac=1, random_state=1).rename(columns=turned)[list(lists["A"])]
        for line in "CAB"
    }
    pd.testing.assert_frame_equal(merged_loci(shuffled, 3000)[list(merged)], merged)


def test_more_reach_never_makes_more_loci_and_every_loop_is_in_one():
    rng = np.random.default_rng(1)
    middles = np.sort(rng.integers(1000, 90_000, (80, 2)), axis=1)
    lists = {"A": loops(*middles[:50]), "B": loops(*middles[50:])}
    counts = [len(merged_loci(lists, reach)) for reach in (0, 500, 2000, 8000, 10**6)]
    assert counts == sorted(counts, reverse=True) and counts[0] == 80 and counts[-1] == 1


def test_loops_between_chromosomes_are_left_out():
    lists = {"A": loops((1000, 9000)), "B": loops((1000, 9000), (5000, 7000))}
    lists["B"].loc[0, "chrom2"] = "chr2"
    assert len(anchor_midpoints(lists)) == 2
    assert loop_labels(merged_loci(lists, 100), ["A", "B"]).tolist() == [[1, 0], [0, 1]]

import numpy as np
import pandas as pd
import pytest

from epidecouple.regulation.loop_pairs import (
    FURTHEST_BP,
    NEAREST_BP,
    Space,
    elements_of,
    joined_pairs,
    labelled_pairs,
    random_pairs,
    spaces_of,
)

SPACE = Space(np.array([100_000, 101_000, 300_000]), np.array([100_500, 310_000, 5_000_000]))


def loops(*rows, chrom="chr1"):
    columns = ["start1", "end1", "start2", "end2"]
    return pd.DataFrame(rows, columns=columns).assign(chrom1=chrom, chrom2=chrom)


def ends(space, pairs):
    table = space.table("chr1", pairs)
    return list(zip(table.element_mid, table.tss, strict=True))


def test_elements_are_the_medians_of_bins_of_all_lists():
    peaks = [
        pd.DataFrame({"chrom": "chr1", "start": [0, 1000, 300], "end": [100, 1010, 400]}),
        pd.DataFrame({"chrom": ["chr2"], "start": [7], "end": [9]}),
    ]
    found = elements_of(peaks)
    assert found["chr1"].tolist() == [200, 1005] and found["chr2"].tolist() == [8]


def test_a_loop_joins_elements_and_tss_in_its_anchors_either_way_round():
    """Anchors of 10 kb reach 7.5 kb from their middles."""
    found = joined_pairs(loops((95_000, 105_000, 303_000, 313_000)), SPACE)
    assert ends(SPACE, found) == [(100_000, 310_000), (101_000, 310_000)]
    turned = joined_pairs(loops((95_000, 105_000, 295_000, 305_000)), SPACE)
    assert ends(SPACE, turned) == [(300_000, 100_500)]


def test_an_end_beside_the_anchor_is_joined_to_2500_bp():
    at = {
        shift: joined_pairs(loops((95_000 + shift, 105_000 + shift, 303_000, 313_000)), SPACE)
        for shift in (8_500, 8_501)
    }
    assert ends(SPACE, at[8_500]) == [(101_000, 310_000)] and len(at[8_501]) == 0


def test_pairs_that_are_too_close_or_too_far_are_none():
    close = Space(np.array([100_000]), np.array([100_000 + NEAREST_BP - 1, 100_000 + NEAREST_BP]))
    found = joined_pairs(loops((95_000, 105_000, 115_000, 125_000)), close)
    assert ends(close, found) == [(100_000, 120_000)]
    far = Space(np.array([0, 1]), np.array([FURTHEST_BP + 1]))
    found = joined_pairs(loops((0, 10_000, FURTHEST_BP, FURTHEST_BP + 10_000)), far)
    assert ends(far, found) == [(1, FURTHEST_BP + 1)]


def test_random_pairs_are_drawn_evenly_from_all_within_reach():
    drawn = random_pairs(SPACE, 6000, np.random.default_rng(0))
    pairs, count = np.unique(drawn, return_counts=True)
    assert ends(SPACE, pairs) == [(e, t) for e in SPACE.elements for t in SPACE.tss[:2]]
    assert count.min() > 900 and count.max() < 1100


def test_a_pair_that_any_line_loops_is_no_negative():
    spaces = spaces_of({"chr1": SPACE.elements, "chr2": SPACE.elements}, {"chr1": SPACE.tss})
    assert list(spaces) == ["chr1"]
    lines = [loops((95_000, 105_000, 303_000, 313_000)), loops((95_000, 105_000, 295_000, 305_000))]
    found = labelled_pairs(lines, spaces, 500, np.random.default_rng(0))
    assert found.joined.tolist() == [[True, False], [True, False], [False, True]]
    both = pd.merge(found.looped, found.unlooped)
    assert both.empty and len(found.unlooped) == 0, "the three others are closer than 20 kb"


def test_negatives_are_what_is_left(monkeypatch):
    monkeypatch.setattr("epidecouple.regulation.loop_pairs.NEAREST_BP", 5_000)
    found = labelled_pairs(
        [loops((95_000, 105_000, 303_000, 313_000))],
        {"chr1": SPACE},
        500,
        np.random.default_rng(0),
    )
    left = found.unlooped.drop_duplicates().sort_values(["element_mid", "tss"])
    assert left[["element_mid", "tss"]].values.tolist() == [[300_000, 100_500], [300_000, 310_000]]


@pytest.mark.parametrize("count", [0, 10])
def test_no_tss_within_reach_draws_nothing(count):
    lonely = Space(np.array([0]), np.array([FURTHEST_BP * 3]))
    assert len(random_pairs(lonely, count, np.random.default_rng(0))) == 0

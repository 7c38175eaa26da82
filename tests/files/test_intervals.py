import numpy as np
import pandas as pd
import pytest

from epidecouple.files import intervals
from epidecouple.files.intervals import inside, joined, overlapping
from toy import (
    LOOP,
    brute_force_joined,
    frame,
    overlap,
    random_intervals,
    random_loops,
    refusal,
    says,
)

PAIR = "chrom enhancer_start enhancer_end promoter_start promoter_end"


def random_pairs(rng, n: int) -> pd.DataFrame:
    one, two = random_intervals(rng, n), random_intervals(rng, n)
    return pd.DataFrame(
        dict(zip(PAIR.split(), [one.chrom, one.start, one.end, two.start, two.end], strict=True))
    )


def test_touching_is_not_overlapping():
    loop = frame(LOOP, ("chr1", 10, 20, "chr1", 50, 60))
    pairs = frame(
        PAIR,
        ("chr1", 19, 30, 40, 51),
        ("chr1", 20, 30, 40, 51),
        ("chr1", 19, 30, 40, 50),
        ("chr2", 19, 30, 40, 51),
    )
    assert joined(pairs, loop).tolist() == [True, False, False, False]


def test_both_orientations():
    pairs = frame(PAIR, ("chr1", 10, 20, 50, 60), ("chr1", 50, 60, 10, 20))
    for loop in (("chr1", 12, 14, "chr1", 52, 54), ("chr1", 52, 54, "chr1", 12, 14)):
        assert joined(pairs, frame(LOOP, loop)).all()


def test_one_loop_must_join_both_ends():
    pairs = frame(PAIR, ("chr1", 10, 20, 50, 60))
    assert not joined(
        pairs, frame(LOOP, ("chr1", 10, 20, "chr1", 90, 99), ("chr1", 50, 60, "chr1", 70, 80))
    ).any()


@pytest.mark.parametrize("seed", range(3))
def test_joined_is_brute_force(seed):
    rng = np.random.default_rng(seed)
    pairs, loops = random_pairs(rng, 150), random_loops(rng, 40)
    expected = brute_force_joined(pairs, loops)
    assert 5 < sum(expected) < 145
    assert joined(pairs, loops).tolist() == expected


def test_index_of_the_pairs_does_not_matter():
    rng = np.random.default_rng(5)
    pairs, loops = random_pairs(rng, 60), random_loops(rng, 40)
    order = rng.permutation(60)
    assert joined(pairs.iloc[order], loops).tolist() == joined(pairs, loops)[order].tolist()


def test_without_loops_or_pairs():
    rng = np.random.default_rng(0)
    pairs, loops = random_pairs(rng, 3), random_loops(rng, 3)
    assert joined(pairs, loops[:0]).tolist() == [False] * 3
    assert joined(pairs[:0], loops).tolist() == []


@pytest.mark.parametrize("seed", range(2))
def test_inside_and_overlapping_are_brute_force(seed):
    rng = np.random.default_rng(seed)
    queries, regions = random_intervals(rng, 200), random_intervals(rng, 25)
    rows = list(regions.itertuples(index=False))
    within = [
        any(q.chrom == r.chrom and r.start <= q.start and q.end <= r.end for r in rows)
        for q in queries.itertuples()
    ]
    touched = [
        any(overlap((q.chrom, q.start, q.end), r) for r in rows) for q in queries.itertuples()
    ]
    assert 5 < sum(within) < sum(touched) < 195
    assert inside(queries, regions).tolist() == within
    assert overlapping(queries, regions).tolist() == touched


def test_missing_program_is_named_with_its_installation(monkeypatch):
    monkeypatch.setattr(intervals.shutil, "which", lambda name: None)
    says(
        refusal(joined, frame(PAIR, ("chr1", 1, 2, 3, 4)), frame(LOOP)),
        "bedtools",
        "install bedtools",
    )

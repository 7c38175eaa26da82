import numpy as np
import pytest

from epidecouple.interpretation.seqlet_shapes import ALIKE, LEAST_OVERLAP, likeness, shapes

LENGTH = 22


@pytest.fixture
def motif():
    """A motif of ten bases in the middle of a stretch, silent flanks (22, 4)."""
    stretch = np.zeros((LENGTH, 4))
    bases = np.random.default_rng(0).integers(4, size=10)
    stretch[6 + np.arange(10), bases] = 1
    return stretch


def test_the_other_strand_and_a_shift_are_the_same_motif(motif):
    turned = motif[::-1, ::-1]
    moved = np.roll(motif, 3, axis=0)
    assert list(shapes(np.array([motif, turned, moved, np.roll(turned, -2, axis=0)]))) == [0] * 4
    assert likeness(motif, turned) == pytest.approx(1)


def test_another_motif_has_a_number_of_its_own(motif):
    other = np.zeros_like(motif)
    other[6 + np.arange(10), [0] * 10] = 1
    assert likeness(motif, other) < ALIKE
    assert list(shapes(np.array([motif, other, motif[::-1, ::-1], other[::-1, ::-1]]))) == [
        0,
        1,
        0,
        1,
    ]


def test_a_motif_that_lowers_u_is_another_one(motif):
    assert list(shapes(np.array([motif, -motif]))) == [0, 1]


def test_a_shift_that_leaves_too_little_side_by_side_does_not_count(motif):
    ends = np.zeros_like(motif), np.zeros_like(motif)
    ends[0][: LEAST_OVERLAP - 1] = motif[6 : 6 + LEAST_OVERLAP - 1]
    ends[1][-(LEAST_OVERLAP - 1) :] = motif[6 : 6 + LEAST_OVERLAP - 1]
    assert likeness(*ends) < 1


def test_a_stretch_that_does_nothing_is_like_none():
    silent = np.zeros((LENGTH, 4))
    assert likeness(silent, silent) == 0

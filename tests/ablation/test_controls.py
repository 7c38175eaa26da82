"""Negative controls take away what they say, and nothing else."""

import numpy as np
import pytest

from epidecouple.ablation.controls import control_panel, dinucleotide_shuffled


def dinucleotides(codes: np.ndarray) -> list[int]:
    return np.bincount(5 * codes[:-1].astype(int) + codes[1:], minlength=25).tolist()


@pytest.mark.parametrize("alphabet", [2, 4, 5])
def test_a_shuffled_window_has_every_dinucleotide_as_often(alphabet):
    rng = np.random.default_rng(alphabet)
    for _ in range(20):
        codes = rng.integers(0, alphabet, 60).astype(np.uint8)
        shuffled = dinucleotide_shuffled(codes, rng)
        assert dinucleotides(shuffled) == dinucleotides(codes)
        assert shuffled[0] == codes[0] and shuffled[-1] == codes[-1]
        assert (shuffled != codes).any()


def test_every_order_of_a_small_window_comes_up():
    """AACAGA has two exits to itself, C and G in an order of their own: all are drawn."""
    rng = np.random.default_rng(0)
    codes = np.array([0, 0, 1, 0, 2, 0], dtype=np.uint8)
    drawn = {tuple(dinucleotide_shuffled(codes, rng)) for _ in range(400)}
    assert len(drawn) == 6


def test_shuffled_lines_keep_the_signals_of_a_pair(toy_panel):
    panel = toy_panel.panel
    control = control_panel("shuffled lines", panel, 1)
    old, new = (
        np.sort(np.stack([shard.signal.astype(float).sum((1, 2)) for shard in p.shards], 1), 1)
        for p in (panel, control)
    )
    np.testing.assert_allclose(new, old)
    assert any(
        (a.signal != b.signal).any() for a, b in zip(panel.shards, control.shards, strict=True)
    )
    np.testing.assert_array_equal(control.labels, panel.labels)


def test_shuffled_pairs_keep_the_signals_of_a_line(toy_panel):
    panel = toy_panel.panel
    control = control_panel("shuffled pairs", panel, 1)
    for old, new in zip(panel.shards, control.shards, strict=True):
        sums = [np.sort(shard.signal.astype(float).sum((1, 2))) for shard in (old, new)]
        np.testing.assert_allclose(sums[0], sums[1])
        assert (old.signal != new.signal).any()


def test_shuffled_dna_leaves_the_marks(toy_panel):
    panel = toy_panel.panel
    control = control_panel("shuffled DNA", panel, 1)
    assert control.shards is panel.shards
    assert (control.codes != panel.codes).any(1).all()

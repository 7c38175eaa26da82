"""The evidence of R of loops, each figure by hand."""

import pytest
import torch

from epidecouple.training.loop_evidence import couple_weight_error, loss_shift

# Lines A and B loop at 4 and 1 loci alone, C at 2; every ordered pair is there.
LABELS = torch.tensor([[1, 0, 0]] * 4 + [[0, 1, 0]] + [[0, 0, 1]] * 2, dtype=torch.float32)


def test_the_loss_is_free_of_what_all_lines_share():
    resistance = torch.arange(21, dtype=torch.float32).reshape(7, 3)
    assert loss_shift(resistance, LABELS, LABELS) == pytest.approx(0, abs=1e-6)


def test_every_ordered_pair_of_lines_weighs_the_same():
    assert couple_weight_error(LABELS) == pytest.approx(0, abs=1e-5)


def test_couples_that_are_compared_in_one_direction_alone_count_once():
    assert couple_weight_error(LABELS[:5]) == pytest.approx(0, abs=1e-5)


def test_weights_by_the_number_of_loci_show(monkeypatch):
    """A against B has 4 + 1 loci, A against C 4 + 2, B against C 1 + 2; two directions each."""
    monkeypatch.setattr(
        "epidecouple.training.loop_fitting.line_pair_weights", lambda labels: torch.ones(3, 3)
    )
    assert couple_weight_error(LABELS) == pytest.approx((6 - 3) / (14 / 3), rel=1e-4)

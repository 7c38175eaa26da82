import numpy as np
import pytest
import torch
from torch import nn

from epidecouple.core.sections.targets import LoopPanelConfig
from epidecouple.model.loop_resistance import LoopResistance
from epidecouple.statistics.ranking import balanced_auc
from epidecouple.training.loop_fitting import LoopData, fit_loops, loop_scores

CONFIG = LoopPanelConfig(
    states=3, locus_size=4, encoder_hidden=6, hidden=5, batch_loci=32, epochs=12, learning_rate=0.02
)
SWAP = np.array([1, 0, 2])


def toy_loci(seed: int, loci: int = 300, lines: int = 3) -> LoopData:
    """Loci that loop where the first feature is high at either of two positions."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(loci, lines, 3, 2)).astype(np.float32)
    drive = 2 * inputs[:, :, :2, 0].sum(2) - inputs[:, :, 2, 0]
    labels = (drive + rng.normal(size=drive.shape) > 0).astype(np.float32)
    chosen = (labels.sum(1) > 0) & (labels.sum(1) < lines)
    return LoopData(torch.from_numpy(inputs[chosen]), torch.from_numpy(labels[chosen]), SWAP)


def network() -> nn.Module:
    return LoopResistance(3, 2, CONFIG)


@pytest.mark.parametrize("loss", ["pairs of lines", "conditional"])
def test_r_learns_which_line_loops_from_either_loss(loss):
    data, new = toy_loci(0), toy_loci(1)
    torch.manual_seed(0)
    untrained = loop_scores(network().eval(), new)
    scores = loop_scores(fit_loops(network, data, CONFIG, 0, loss), new)
    assert balanced_auc(new.labels.numpy(), scores) > 0.85
    assert balanced_auc(new.labels.numpy(), untrained) < 0.75


def test_a_seed_gives_the_same_network_and_another_seed_another():
    data = toy_loci(0, loci=100)
    runs = [loop_scores(fit_loops(network, data, CONFIG, seed), data) for seed in (0, 0, 1)]
    assert (runs[0] == runs[1]).all() and (runs[0] != runs[2]).any()


def test_the_order_of_the_anchors_plays_no_part_in_a_score():
    data = toy_loci(0)
    torch.manual_seed(0)
    made = network().eval()
    turned = LoopData(data.inputs[:, :, torch.from_numpy(SWAP)], data.labels, SWAP)
    assert (made(data.inputs) != made(turned.inputs)).any()
    np.testing.assert_allclose(loop_scores(made, turned), loop_scores(made, data), rtol=1e-5)


def test_a_score_is_minus_r_without_dropout():
    data = toy_loci(0, loci=100)
    fitted = fit_loops(network, data, CONFIG, 0)
    scores = loop_scores(fitted, data)
    assert not fitted.training and (scores <= 0).all()
    assert (scores == loop_scores(fitted, data)).all()

"""Joint training: rows, batches and losses are those that an arm names."""

import numpy as np
import pytest
import torch

from epidecouple.ablation.joint_training import (
    JointConfig,
    JointLosses,
    batches_of,
    class_contrast,
    energies_of,
    network_of,
    read,
    rows_of,
    train_joint,
)
from epidecouple.data.sampler import MicroBatch
from toy import toy_config

CONFIG = toy_config(
    model={"encoder": "cnn", "cnn_filters": 8, "states": 4, "mask_marks": 0},
    potential={"epochs": 1, "batch_pairs": 128},
)


def test_natural_rows_are_the_listed_ones_and_crossed_rows_all(toy_panel):
    panel = toy_panel.panel
    natural = rows_of(JointConfig("energy"), panel)
    assert (panel.published[natural.pairs, natural.lines] >= 0).all()
    crossed = rows_of(JointConfig("energy", rows="crossed"), panel)
    assert len(crossed.pairs) == len(panel.rows("train")) * len(panel.training)
    for rows in (natural, crossed):
        assert set(panel.split[rows.pairs]) == {"train"} and set(rows.lines) == set(panel.training)


@pytest.mark.parametrize("kind", ["random", "homogeneous"])
def test_an_epoch_has_every_row_once(toy_panel, kind):
    rows = rows_of(JointConfig("energy"), toy_panel.panel)
    batches = list(
        batches_of(JointConfig("energy", batches=kind), rows, 32, np.random.default_rng(0))
    )
    drawn = {(p, c) for batch in batches for p, c in zip(batch.pairs, batch.lines, strict=True)}
    assert len(drawn) == sum(len(batch.pairs) for batch in batches) == len(rows.pairs)
    one_line = [len(set(batch.lines)) == 1 for batch in batches]
    assert all(one_line) if kind == "homogeneous" else not any(one_line)


@pytest.mark.parametrize("name", ["record22", "additive", "energy", "soft", "concatenation"])
def test_only_soft_networks_let_the_potential_read_the_epigenome(toy_panel, name):
    panel = toy_panel.panel
    network = network_of(JointConfig(name), CONFIG, panel).eval()
    rows = panel.rows("test")[:20]
    found = energies_of(network, panel, rows, [0, 1, 2])
    same = np.ptp(found.potential, axis=1).max() == 0
    assert same == (name not in ("soft", "concatenation"))


@pytest.mark.parametrize("change", [{"soft": 1.0}, {"adversary": 0.1}, {"sparsity": 0.1}])
def test_each_soft_loss_moves_the_gradient(toy_panel, change):
    """A loss that is named and has no effect would be the old failure."""
    panel = toy_panel.panel
    rows = rows_of(JointConfig("soft"), panel)
    batch = MicroBatch(rows.pairs[:64], rows.lines[:64])
    gradients = []
    for changes in ({}, change):
        joint = JointConfig("soft", **changes)
        network = network_of(joint, CONFIG, panel).eval()
        torch.manual_seed(0)
        losses = JointLosses(joint, panel, rows, CONFIG.model.z_size)
        losses(network, batch).backward()
        gradients.append(network.join[0].weight.grad.clone())
    assert not torch.allclose(*gradients)


def test_a_batch_of_mixed_lines_reads_each_row_in_its_own_line(toy_panel):
    panel = toy_panel.panel
    network = network_of(JointConfig("soft"), CONFIG, panel).eval()
    pairs = panel.rows("test")[:6]
    lines = np.array([2, 0, 1, 0, 2, 1])
    mixed = read(network, panel, MicroBatch(pairs, lines)).resistance
    alone = [read(network, panel, MicroBatch(pairs[[k]], lines[[k]])).resistance for k in range(6)]
    torch.testing.assert_close(mixed, torch.cat(alone), rtol=1e-4, atol=1e-5)


def test_a_class_of_everybody_or_of_one_is_no_contrast():
    code = torch.randn(5, 3)
    assert class_contrast(code, torch.ones(5, 1, dtype=torch.bool)) == 0
    assert class_contrast(code, torch.eye(5, dtype=torch.bool)[:, :1]) == 0
    two = torch.tensor([1, 1, 0, 0, 0], dtype=torch.bool)[:, None]
    assert class_contrast(code, two) > 0


def test_training_is_the_same_twice_and_learns(toy_panel):
    panel, joint = toy_panel.panel, JointConfig("additive")
    found = [
        energies_of(train_joint(joint, CONFIG, panel), panel, panel.rows("test"), [0]).score
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*found)
    fresh = network_of(joint, CONFIG, panel)
    assert (energies_of(fresh, panel, panel.rows("test"), [0]).score != found[0]).any()

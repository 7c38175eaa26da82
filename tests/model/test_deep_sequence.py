import dataclasses
import shutil

import numpy as np
import pytest
import torch
from torch import nn

from epidecouple.core.config import Config, validated
from epidecouple.model.deep_sequence import CHANNELS, DILATIONS, POOL, DeepElementEncoder
from epidecouple.model.energy import EnergyModel
from epidecouple.model.initialise import new_model
from epidecouple.model.scoring import score_potential
from epidecouple.training.trainer import full_plan, train
from toy_dna import complement_of_codes, random_codes
from toy_panel import toy_config, toy_panel, toy_values

CONFIG = toy_config(model={"encoder": "deep"}).model


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return DeepElementEncoder(CONFIG)


def test_both_towers_together_have_about_13_million_parameters():
    """With the sizes of the other networks as they are by default."""
    values = toy_values(model={"encoder": "deep"})
    values["model"] = {"encoder": "deep"}
    model = EnergyModel(Config.from_dict(validated(values)), 10)
    towers = [model.potential.encoder.enhancer, model.potential.encoder.promoter]
    assert all(isinstance(tower, DeepElementEncoder) for tower in towers)
    assert sum(p.numel() for tower in towers for p in tower.parameters()) == pytest.approx(
        13e6, rel=0.05
    )
    assert not any(isinstance(module, nn.modules.batchnorm._NormBase) for module in model.modules())


@pytest.mark.parametrize("length", [40, 64, 67])
def test_a_window_of_any_length_becomes_one_z(encoder, length):
    found = encoder(random_codes(3, length, letters=5))
    assert found.shape == (3, CONFIG.z_size) and found.dtype == torch.float32
    assert torch.isfinite(found).all()


@torch.no_grad()
def test_a_representation_does_not_depend_on_the_batch(encoder):
    x = random_codes(5)
    together = encoder.eval()(x)
    torch.testing.assert_close(
        torch.cat([encoder(x[i : i + 1]) for i in range(5)]), together, atol=1e-5, rtol=1e-4
    )
    torch.testing.assert_close(
        encoder(torch.cat([random_codes(6, seed=3), x]))[6:], together, atol=1e-5, rtol=1e-4
    )


@torch.no_grad()
@pytest.mark.parametrize("length", [5 * POOL, 5 * POOL + 3])
def test_the_strand_of_a_window_does_not_matter(encoder, length):
    x = random_codes(4, length, letters=5)
    found = encoder.eval()(x)
    torch.testing.assert_close(encoder(complement_of_codes(x)), found, atol=1e-5, rtol=1e-4)
    assert (encoder(x.flip(1)) - found).abs().max() > 1e-3
    assert (encoder(random_codes(4, length, seed=1)) - found).abs().max() > 1e-3


@torch.no_grad()
def test_blocks_read_as_far_as_their_dilations_add_up(encoder):
    x = torch.randn(1, CHANNELS, 81)
    other = x.clone()
    other[:, :, 40] += torch.randn(CHANNELS)
    changed = (encoder.blocks(other) - encoder.blocks(x)).abs().amax((0, 1)) > 0
    reach = sum(DILATIONS)
    assert changed.nonzero()[:, 0].tolist() == list(range(40 - reach, 40 + reach + 1))


def test_gradients_reach_every_parameter_and_one_step_lowers_the_loss():
    torch.manual_seed(0)
    encoder = DeepElementEncoder(CONFIG.model_copy(update={"dropout": 0}))
    optimiser, target = (
        torch.optim.AdamW(encoder.parameters(), lr=1e-4),
        torch.randn(4, CONFIG.z_size),
    )
    losses = []
    for _ in range(2):
        loss = (encoder(random_codes(4)) - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        losses.append(float(loss.detach()))
        for name, parameter in encoder.named_parameters():
            assert torch.isfinite(parameter.grad).all() and parameter.grad.any(), name
        optimiser.step()
    assert losses[1] < losses[0]


@torch.no_grad()
def test_the_model_scores_pairs_with_it():
    panel, config = toy_panel(), toy_config(model={"encoder": "deep"})
    model = EnergyModel(config, panel.n_reference).eval()
    pairs = panel.rows("test")[:6]
    potential = score_potential(model, panel, pairs)
    assert potential.shape == (6,) and potential.std() > 0
    other = dataclasses.replace(panel, codes=panel.codes[::-1].copy())
    assert np.abs(score_potential(model, other, pairs) - potential).max() > 1e-4
    assert model.potential.encoder.enhancer.stem.out_channels == CHANNELS


@pytest.mark.slow
def test_training_accepts_it():
    """It passes the exact assertions with its dropout on, and every requirement before and in the
    first epoch.
    """
    few = {"epochs": 1, "batch_pairs": 24}
    config = toy_config(
        model={"encoder": "deep", "dropout": 0.1},
        potential=few,
        fine_tuning=few,
        verification="observe",
    )
    panel = toy_panel()
    trained = train(new_model(config, panel), panel, full_plan(panel, config))
    metrics, record = trained.metrics, trained.record
    assert not [
        told for told in record["violations"] if "architecture" in told or "label contrast" in told
    ], record["violations"]
    assert metrics["parameters"] > 12e6


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler here")
def test_a_compiled_model_scores_as_it_does_uncompiled():
    config = toy_config(model={"encoder": "deep"})
    panel = toy_panel()
    model, pairs = new_model(config, panel).eval(), np.arange(40)
    expected = score_potential(model, panel, pairs)
    fused = torch.backends.mha.get_fastpath_enabled()
    model.potential.encoder.compile_elements()
    compiled = score_potential(model, panel, pairs)
    torch.backends.mha.set_fastpath_enabled(fused)
    assert compiled == pytest.approx(expected, abs=1e-4) and expected.std() > 1e-3

import numpy as np
import pytest
import torch

from epidecouple.model import scoring, sequence
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.scoring import embed, energies, score_potential, score_resistance
from toy_panel import WINDOW_BP, toy_config, toy_panel

CONFIG = toy_config()
LINES = [0, 1, 2, 3]


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model(panel):
    return start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG).eval()


def test_scores_are_those_that_training_reads(model, panel):
    pairs = np.array([5, 3, 3, 77, 110])
    resistance = score_resistance(model, panel, pairs, LINES)
    for line in LINES:
        u, r = energies(model, panel, pairs, line)
        np.testing.assert_allclose(score_potential(model, panel, pairs), u.detach(), atol=1e-6)
        np.testing.assert_allclose(resistance[:, line], r.detach(), atol=1e-6)
    np.testing.assert_allclose(
        embed(model, panel, pairs), model.potential.z(panel.windows(pairs)).detach(), atol=1e-6
    )
    assert resistance.std(1).min() > 1e-4


def test_columns_follow_the_lines_asked_for(model, panel):
    pairs = np.arange(20)
    everything = score_resistance(model, panel, pairs, LINES)
    np.testing.assert_array_equal(
        score_resistance(model, panel, pairs, [3, 1]), everything[:, [3, 1]]
    )


@pytest.mark.parametrize("batch", [2, 7, 50])
def test_the_size_of_batches_does_not_matter(model, panel, monkeypatch, batch):
    pairs = np.random.default_rng(0).permutation(len(panel.labels))
    whole = score_potential(model, panel, pairs), score_resistance(model, panel, pairs, LINES)
    monkeypatch.setattr(scoring, "PAIRS_PER_BATCH", batch)
    monkeypatch.setattr(sequence, "BASES_PER_BATCH", batch * WINDOW_BP)
    np.testing.assert_allclose(score_potential(model, panel, pairs), whole[0], atol=1e-5)
    np.testing.assert_allclose(score_resistance(model, panel, pairs, LINES), whole[1], atol=1e-5)


def test_each_unique_window_is_encoded_once(model, panel):
    seen = {"enhancer": 0, "promoter": 0}

    def count(name):
        return lambda _, inputs: seen.__setitem__(name, seen[name] + len(inputs[0]))

    for name in seen:
        getattr(model.potential.encoder, name).register_forward_pre_hook(count(name))
    embed(model, panel, np.tile(np.arange(len(panel.labels)), 2))
    assert seen == {
        "enhancer": len(np.unique(panel.enhancer)),
        "promoter": len(np.unique(panel.promoter)),
    }


def test_no_gradient_and_no_change_of_mode(model, panel):
    model.train()
    assert not embed(model, panel, np.arange(4)).requires_grad
    score_potential(model, panel, np.arange(4))
    assert model.training
    assert torch.is_grad_enabled()

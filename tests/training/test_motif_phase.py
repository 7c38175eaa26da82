"""The potential phase begins with a screen for motifs, once."""

import numpy as np
import pytest
import torch

from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.motif_encoder import MotifEncoder
from epidecouple.model.potential import ENCODERS
from epidecouple.model.scoring import score_resistance
from epidecouple.training import phases
from epidecouple.training.checkpoint import Checkpoint
from epidecouple.training.motif_screen import ScreenedMotif
from epidecouple.training.phases import PotentialPhase, ResistancePhase
from epidecouple.training.trainer import full_plan, train
from toy_panel import digest, toy_config, toy_panel

MOTIFS = {"windows": {"way": True}, "model": {"encoder": "motifs", "way_marks": ["CTCF"]}}
CONFIG = toy_config(**MOTIFS)
SHORT = toy_config(
    **MOTIFS, resistance={"epochs": 1}, potential={"epochs": 2}, verification="observe"
)


class Killed(Exception):
    """Stands in for a kill."""


class Fragile(Checkpoint):
    """A checkpoint whose training is killed right after a number of saves."""

    left = -1

    def save(self, state):
        super().save(state)
        self.left -= 1
        if self.left == 0:
            raise Killed


class Screen:
    """Stands in for the screen: gives some motifs, and keeps what it was called with."""

    def __init__(self, motifs):
        log_odds = np.random.default_rng(1).normal(size=(motifs, 6, 4))
        self.motifs = [ScreenedMotif(one, 9.0, 40) for one in log_odds]
        self.calls = []

    def __call__(self, *arguments):
        self.calls.append(arguments)
        return self.motifs


@pytest.fixture
def screen(monkeypatch, request):
    made = Screen(getattr(request, "param", 2))
    monkeypatch.setattr(phases, "screen_motifs", made)
    return made


@pytest.fixture
def panel():
    return toy_panel(way=True)


def potential_phase(panel, config=CONFIG):
    model = start_prototypes(new_model(config, panel), panel, panel.training, config).eval()
    return PotentialPhase(model, panel, full_plan(panel, config))


def encoders(model):
    return model.potential.encoder.enhancer, model.potential.encoder.promoter


def test_filters_of_both_ends_start_at_the_motifs_that_are_found(panel, screen):
    phase = potential_phase(panel)
    assert phase.begin() == {"screened_motifs": 2}
    for end in encoders(phase.model):
        assert isinstance(end, MotifEncoder)
        for found, motif in zip(end.convolution.weight, screen.motifs, strict=False):
            np.testing.assert_allclose(found.detach().T, motif.log_odds, rtol=1e-6)
        assert not end.convolution.weight[2:].any()
    assert phase.model.potential.encoder_name == "motifs" and len(screen.calls) == 1


def test_the_screen_reads_training_pairs_with_the_offset_that_u_is_trained_with(panel, screen):
    phase = potential_phase(panel)
    phase.begin()
    codes, pairs, most, width, _ = screen.calls[0]
    rows, lines = panel.rows("train"), panel.training
    assert codes is panel.codes and (most, width) == (8, 6)
    np.testing.assert_array_equal(pairs.enhancer, panel.enhancer[rows])
    np.testing.assert_array_equal(pairs.promoter, panel.promoter[rows])
    np.testing.assert_array_equal(pairs.labels, panel.labels[rows][:, lines])
    far = panel.log_distance[rows] - 5
    np.testing.assert_allclose(pairs.covariates, np.column_stack([far, far**2]), rtol=1e-5)
    model = phase.model
    tau = (model.resistance.line_offset + model.task_offset).detach().numpy()[lines]
    resistance = score_resistance(model, panel, rows, lines)
    np.testing.assert_allclose(pairs.offset, -resistance - tau, atol=1e-5)
    assert pairs.offset.std() > 0.01 and pairs.labels.any()


@pytest.mark.parametrize("screen", [0], indirect=True)
def test_without_a_motif_the_encoder_starts_at_random_filters(panel, screen):
    """The same ones each time, without a trace in the random numbers to come."""
    found = []
    for number in range(2):
        phase = potential_phase(panel)
        torch.manual_seed(number)
        before = torch.get_rng_state()
        assert phase.begin() == {"screened_motifs": 0}
        assert torch.equal(torch.get_rng_state(), before)
        assert all(type(end) is ENCODERS["cnn"] for end in encoders(phase.model))
        assert phase.model.potential.encoder_name == "cnn"
        assert not any(module.training for module in phase.model.modules())
        found.append(digest(phase.model.potential.encoder.state_dict()))
    assert found[0] == found[1]
    assert {id(p) for p in phase.parameters()} >= {
        id(p) for p in encoders(phase.model)[0].parameters()
    }


def test_another_encoder_and_the_phase_of_resistance_screen_nothing(panel, screen):
    config = toy_config(windows={"way": True})
    assert "screened_motifs" not in potential_phase(panel, config).begin()
    phase = potential_phase(panel)
    ResistancePhase(phase.model, panel, full_plan(panel, CONFIG)).begin()
    assert not screen.calls


def trained(checkpoint):
    """A training from the start, or from where a checkpoint says."""
    panel = toy_panel(way=True)
    model = new_model(SHORT, panel)
    trained = train(model, panel, full_plan(panel, SHORT), checkpoint)
    record = {key: value for key, value in trained.record.items() if key != "overhead_share"}
    history = trained.history.to_json(double_precision=15)
    return digest(model.state_dict()), history, trained.metrics, record, model


def assert_encoder_moved(model):
    """What the phase has trained is the encoder that it began with."""
    start = potential_phase(toy_panel(way=True), SHORT)
    start.begin()
    first, last = (dict(each.potential.encoder.named_parameters()) for each in (start.model, model))
    assert first.keys() == last.keys()
    for name in ("enhancer.convolution.weight", "promoter.convolution.weight"):
        assert not torch.equal(first[name], last[name])


@pytest.mark.parametrize("screen", [0, 2], indirect=True)
def test_a_training_killed_in_the_phase_does_not_screen_again(screen, tmp_path):
    """Killed after any epoch it ends as an unbroken one, with the encoder that it had."""
    *unbroken, model = trained(None)
    assert len(screen.calls) == 1 and unbroken[2]["screened_motifs"] == len(screen.motifs)
    assert model.potential.encoder_name == ("motifs" if screen.motifs else "cnn")
    assert_encoder_moved(model)
    for epoch in (1, 2):
        checkpoint = Fragile(tmp_path / str(epoch), "same")
        checkpoint.left = epoch
        with pytest.raises(Killed):
            trained(checkpoint)
        screen.calls.clear()
        torch.manual_seed(99)
        *again, model = trained(Checkpoint(checkpoint.folder, "same"))
        assert again == unbroken, f"killed after epoch {epoch}"
        assert len(screen.calls) == (epoch == 1), "U had not begun, or it had"
        assert model.potential.encoder_name == ("motifs" if screen.motifs else "cnn")

import json

import numpy as np
import pytest
import torch

from epidecouple.core.config import Config
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.potential import ENCODERS
from epidecouple.model.scoring import score_potential, score_resistance
from epidecouple.model.weights import load_model, save_model
from toy import refusal, says
from toy_panel import digest, toy_panel, toy_settings

SETTINGS = toy_settings(model={"states": 5, "cnn_filters": 7})
CONFIG = Config.from_json(SETTINGS)


@pytest.fixture
def panel():
    return toy_panel()


def test_a_model_comes_back_with_its_scores_and_configuration(panel, tmp_path):
    model = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        model.resistance.prototypes.usage.uniform_()
    model.eval()
    save_model(model, tmp_path / "model.safetensors", SETTINGS)
    torch.manual_seed(99)
    loaded, config = load_model(tmp_path / "model.safetensors")
    assert config == CONFIG
    assert not any(module.training for module in loaded.modules())
    assert digest(loaded.state_dict()) == digest(model.state_dict())
    pairs, lines = np.arange(len(panel.labels)), [0, 1, 2, 3]
    np.testing.assert_array_equal(
        score_potential(loaded, panel, pairs), score_potential(model, panel, pairs)
    )
    np.testing.assert_array_equal(
        score_resistance(loaded, panel, pairs, lines), score_resistance(model, panel, pairs, lines)
    )
    assert (loaded.resistance.locus_modules > 0).any()


def test_equal_models_are_equal_bytes(panel, tmp_path):
    """safetensors writes what its header holds in another order every time."""
    model = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)
    path, contents = tmp_path / "model.safetensors", set()
    for _ in range(10):
        save_model(model, path, SETTINGS)
        contents.add(path.read_bytes())
    assert len(contents) == 1


@pytest.mark.parametrize("encoder", ["motifs", "cnn"])
def test_a_model_comes_back_with_the_encoder_that_it_ended_with(tmp_path, encoder):
    """Where the screen finds no motif that is another one than the settings say; the way too."""
    settings = toy_settings(windows={"way": True}, model={"encoder": "motifs"})
    config, panel = Config.from_json(settings), toy_panel(way=True)
    model = start_prototypes(new_model(config, panel), panel, panel.training, config)
    model.potential.use_encoder(encoder)
    save_model(model.eval(), tmp_path / "model.safetensors", settings)
    loaded, again = load_model(tmp_path / "model.safetensors")
    assert again == config and loaded.potential.encoder_name == encoder
    assert type(loaded.potential.encoder.enhancer) is ENCODERS[encoder]
    assert not any(module.training for module in loaded.modules())
    assert digest(loaded.state_dict()) == digest(model.state_dict())
    assert loaded.resistance.way.mean.abs().min() > 0
    pairs = np.arange(len(panel.labels))
    np.testing.assert_array_equal(
        score_potential(loaded, panel, pairs), score_potential(model, panel, pairs)
    )
    np.testing.assert_array_equal(
        score_resistance(loaded, panel, pairs, [0, 1]),
        score_resistance(model, panel, pairs, [0, 1]),
    )


def test_another_model_is_not_mistaken_for_it(panel, tmp_path):
    """A file whose weights do not fit its settings is refused."""
    save_model(
        new_model(CONFIG, panel),
        tmp_path / "model.safetensors",
        toy_settings(model={"states": 6, "cnn_filters": 7}),
    )
    with pytest.raises(RuntimeError, match="codebook"):
        load_model(tmp_path / "model.safetensors")


def test_a_model_of_another_version_is_refused(panel, tmp_path):
    model = new_model(CONFIG, panel)
    settings = json.loads(SETTINGS)
    settings["model"]["environment"] = "states"
    save_model(model, tmp_path / "model.safetensors", json.dumps(settings))
    message = refusal(load_model, tmp_path / "model.safetensors")
    says(message, "model.safetensors", "another version", "Train it again")

"""Trained models on disk: weights with the configuration they were made with. The only module that
uses safetensors.
"""

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_model as load_weights
from safetensors.torch import save_model as save_weights

from ..core.config import Config
from ..core.errors import InputError
from .energy import EnergyModel
from .initialise import NETWORKS

SETTINGS = "settings"


def save_model(model: EnergyModel, path: Path, settings: str) -> None:
    """Write weights and buffers, and the settings (JSON) in the file's header."""
    save_weights(model, str(path), metadata={SETTINGS: settings})


def load_model(path: Path) -> tuple[EnergyModel, Config]:
    """Read a model in evaluation mode, and its configuration.

    Raises `InputError` for a model of another version.
    """
    with safe_open(str(path), framework="pt") as file:
        config = _trained_with(file.metadata()[SETTINGS], path)
        n_reference = file.get_slice("resistance.locus_modules").get_shape()[0]
    model = NETWORKS[config.model.network](config, n_reference)
    load_weights(model, str(path))
    return model.eval(), config


def _trained_with(settings: str, path: Path) -> Config:
    """The configuration of a model; raises `InputError` for one that this version does not know."""
    try:
        return Config.from_json(settings)
    except ValueError as error:
        problem = "another version of epidecouple trained this model"
        remedy = "Train it again, or use the version that trained it"
        raise InputError(problem, remedy, path) from error

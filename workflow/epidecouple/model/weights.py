"""Trained models on disk: weights together with the configuration of their training.

The only module that uses safetensors.
"""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from safetensors.torch import load_model as load_weights
from safetensors.torch import save_model as save_weights
from torch import Tensor

from ..core.config import Config
from ..core.errors import InputError
from ..core.integrity import intact, seal
from ..data.panel import Panel, load_panel
from .energy import EnergyModel
from .networks import NETWORKS

SETTINGS, ENCODER = "settings", "encoder"
# Bytes of the header's length at the beginning of a file.
LENGTH = 8


def save_model(model: EnergyModel, path: Path, settings: str) -> None:
    """Write weights and buffers, and in the file's header the settings of the training (JSON) and
    the encoder, which is another than that of the settings where the screen finds no motif.
    """
    header = {SETTINGS: settings, ENCODER: model.potential.encoder_name}
    save_weights(model, str(path), metadata=header)
    _order_header(path)
    seal(path)


def _order_header(path: Path) -> None:
    """Sort what the header of a file holds, which safetensors writes in another order every time:
    equal models are equal bytes. Format: 8 bytes length, JSON padded to 8 bytes, tensors.
    """
    content = path.read_bytes()
    end = LENGTH + int.from_bytes(content[:LENGTH], "little")
    header = json.dumps(json.loads(content[LENGTH:end]), sort_keys=True, separators=(",", ":"))
    packed = header.encode()
    packed += b" " * (-len(packed) % LENGTH)
    path.write_bytes(len(packed).to_bytes(LENGTH, "little") + packed + content[end:])


def load_model(path: Path) -> tuple[EnergyModel, Config]:
    """Read a model, in evaluation mode, and its configuration.

    Raises `InputError` for a model of another version of this package.
    """
    with safe_open(str(intact(path)), framework="pt") as file:
        header = file.metadata()
        config = _config_of(header[SETTINGS], path)
        n_reference = file.get_slice("resistance.locus_modules").get_shape()[0]
    model = NETWORKS[config.model.network](config, n_reference)
    model.potential.use_encoder(header[ENCODER])
    load_weights(model, str(path))
    return model.eval(), config


def model_and_panel(
    model: Path, elements: Path, shards: Path, config: Config
) -> tuple[EnergyModel, Panel]:
    """A trained model in evaluation mode, and the panel of the run: what a stage that measures the
    model begins with.
    """
    panel = load_panel(elements, shards, config)
    return load_model(model)[0], panel


def save_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    """Write tensors by name; equal tensors are equal bytes."""
    save_file({name: tensor.contiguous() for name, tensor in sorted(tensors.items())}, str(path))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read tensors by name; raises `InputError` for a file that is no safetensors."""
    try:
        return load_file(str(path))
    except SafetensorError as error:
        problem = "this is no whole file of tensors"
        raise InputError(problem, "Copy the whole folder again", path) from error


def _config_of(settings: str, path: Path) -> Config:
    """Read a model's settings; raises `InputError` for settings that this version does not know."""
    try:
        return Config.from_json(settings)
    except ValueError as error:
        problem = "another version of epidecouple trained this model"
        remedy = "Train it again, or use the version that trained it"
        raise InputError(problem, remedy, path) from error

"""epidecouple: enhancer-promoter interaction with DNA potential and chromatin resistance kept
apart.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .core.config import read_config
    from .model import losses
    from .model.energy import EnergyModel
    from .prediction.trained_model import TrainedModel, load_model

__version__ = "0.1.0"
__all__ = ["EnergyModel", "TrainedModel", "load_model", "losses", "read_config"]

# Names that are modules, and the modules of all other names.
_MODULES = {"losses": "model.losses"}
_HOMES = {
    "EnergyModel": "model.energy",
    "TrainedModel": "prediction.trained_model",
    "load_model": "prediction.trained_model",
    "read_config": "core.config",
}


def __getattr__(name: str) -> Any:
    """Import the Python interface when it is first used: the workflow reads this package and needs
    no torch.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _MODULES:
        return import_module(f".{_MODULES[name]}", __package__)
    return getattr(import_module(f".{_HOMES[name]}", __package__), name)

"""epidecouple: enhancer-promoter interaction with DNA potential and chromatin resistance kept
apart.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .core.config import read_config
    from .model import losses
    from .model.energy import EnergyModel
    from .prediction.trained_model import TrainedModel
    from .pretrained.scorer import RegulationScorer

__version__ = "0.1.0"
__all__ = [
    "EnergyModel",
    "RegulationScorer",
    "TrainedModel",
    "load_model",
    "losses",
    "read_config",
]

# Names that are modules, and the modules of all other names.
_MODULES = {"losses": "model.losses"}
_HOMES = {
    "EnergyModel": "model.energy",
    "RegulationScorer": "pretrained.scorer",
    "TrainedModel": "prediction.trained_model",
    "read_config": "core.config",
}


def load_model(
    model: str | Path, genome: str | Path | None = None
) -> "TrainedModel | RegulationScorer":
    """Load a model: `results/<run>` or its folder `model`, or a regulation model such as
    `models/regulation`.

    genome : the FASTA of a run's model, by default that of the run; the regulation score reads
    none. Raises `InputError` where there is no model. A regulation model needs no torch.
    """
    if import_module(".pretrained.regulation_model", __package__).is_regulation(Path(model)):
        scorer = import_module(".pretrained.scorer", __package__)
        return scorer.RegulationScorer(Path(model))
    return import_module(".prediction.trained_model", __package__).load_run(model, genome)


def __getattr__(name: str) -> Any:
    """Import the Python interface when it is first used: the workflow reads this package and needs
    no torch.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _MODULES:
        return import_module(f".{_MODULES[name]}", __package__)
    return getattr(import_module(f".{_HOMES[name]}", __package__), name)

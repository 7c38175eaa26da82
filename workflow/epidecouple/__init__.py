"""epidecouple: enhancer-promoter interaction with DNA potential and chromatin resistance kept apart."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .prediction.trained_model import TrainedModel, load_model

__version__ = "0.1.0"
__all__ = ["TrainedModel", "load_model"]


def __getattr__(name: str) -> Any:
    """Import the Python interface when it is first asked for: the workflow reads this package and needs no torch."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .prediction import trained_model as api

    return getattr(api, name)

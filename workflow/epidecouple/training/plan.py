"""What a training is handed and what it returns, and the ways to train that share both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..core.config import Config
from ..data.panel import Panel
from ..model.energy import EnergyModel
from ..verification.ledger import Ledger
from .checkpoint import Checkpoint


@dataclass(frozen=True)
class Plan:
    """What a training uses of a panel, and the configuration.

    lines : columns of the panel; rows : pairs of the panel (n,)
    """

    lines: list[int]
    rows: np.ndarray
    config: Config


class Outcome(NamedTuple):
    """What a way to train returns beside the model.

    history : a row per epoch; metrics : by name; unrestored : how many phases ended with the model
    of another epoch than their best
    """

    history: pd.DataFrame
    metrics: dict[str, Any]
    unrestored: int


class Method(NamedTuple):
    """A way to train, as a curriculum of the configuration names it.

    exercises : components of the design that it puts to work
    lacks : what it has not got and no evidence could show
    run : trains the model, while the ledger watches; the checkpoint may be None
    """

    exercises: frozenset[str]
    lacks: tuple[str, ...]
    run: Callable[[EnergyModel, Panel, Plan, Ledger, Checkpoint | None], Outcome]

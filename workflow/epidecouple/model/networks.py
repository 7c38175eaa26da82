"""The networks that the key `model.network` chooses from.

Who reads a trained model needs no more of untrained ones, and so none of their clustering.
"""

from .energy import EnergyModel
from .record22 import Record22

NETWORKS: dict[str, type[EnergyModel]] = {"energy": EnergyModel, "record22": Record22}

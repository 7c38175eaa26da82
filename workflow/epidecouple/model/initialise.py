"""An untrained model, and where its states start."""

import numpy as np
import torch

from ..core.config import Config
from ..core.errors import InputError
from ..data.panel import Panel
from ..statistics.clustering import centroids, modules
from .energy import EnergyModel
from .record22 import Record22

# Networks by the key `model.network`.
NETWORKS: dict[str, type[EnergyModel]] = {"energy": EnergyModel, "record22": Record22}


def new_model(config: Config, panel: Panel) -> EnergyModel:
    """An untrained model whose reference loci are grouped into modules by their marks in the
    training lines.
    """
    torch.manual_seed(config.seed)
    model = NETWORKS[config.model.network](config, panel.n_reference)
    profile = np.concatenate(
        [panel.shards[line].reference for line in panel.training], axis=1
    ).astype(np.float32)
    model.resistance.locus_modules.copy_(
        torch.from_numpy(modules(profile, config.reference.modules, config.seed))
    )
    return model


@torch.no_grad()
def start_prototypes(
    model: EnergyModel, panel: Panel, lines: list[int], config: Config
) -> EnergyModel:
    """Place the states at the k-means centroids of the lines' reference loci, each line's prototype
    at its state; returns the model.

    Raises `InputError` when there are fewer loci than states.
    """
    resistance = model.resistance
    loci = torch.arange(panel.n_reference)
    signal = [panel.reference_tensor(line) for line in lines]
    e = torch.cat([resistance.encoder(values) for values in signal]).cpu().numpy()
    count = len(resistance.prototypes.codebook)
    if len(e) < count:
        problem = (
            f"{len(e)} reference loci in all training lines are too few for {count} chromatin"
            " states"
        )
        raise InputError(problem, "Lower model.states, or give fuller peak files", "config")
    resistance.prototypes.start(torch.from_numpy(centroids(e, count, config.seed)))
    resistance.line_prototypes.follow(
        torch.stack([resistance.line_state(values, loci) for values in signal]), lines
    )
    return model

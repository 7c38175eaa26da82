"""An untrained model, and where its states start."""

import numpy as np
import torch

from ..core.config import Config
from ..data.panel import Panel
from ..statistics.clustering import modules
from .energy import EnergyModel


def new_model(config: Config, panel: Panel) -> EnergyModel:
    """An untrained model whose reference loci are grouped into modules by their marks in the training lines."""
    torch.manual_seed(config.seed)
    model = EnergyModel(config, panel.n_reference)
    profile = np.concatenate([panel.shards[line].reference for line in panel.training], axis=1).astype(np.float32)
    model.resistance.locus_modules.copy_(torch.from_numpy(modules(profile, config.reference.modules, config.seed)))
    return model


@torch.no_grad()
def start_prototypes(model: EnergyModel, panel: Panel, lines: list[int], config: Config) -> EnergyModel:
    """Place the states at the k-means centroids of the lines' reference loci, each line's prototype at its state; returns the model."""
    resistance, loci = model.resistance, torch.arange(panel.n_reference)
    signal = [panel.reference_tensor(line) for line in lines]
    resistance.prototypes.start(torch.cat([resistance.encoder(values) for values in signal]), config.seed)
    resistance.line_prototypes.follow(torch.stack([resistance.line_state(values, loci) for values in signal]), lines)
    return model

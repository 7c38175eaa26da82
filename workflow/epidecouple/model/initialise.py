"""Untrained models, and the start of their chromatin states."""

import numpy as np
import torch
from torch import nn

from ..core.config import Config
from ..core.errors import InputError
from ..data.panel import Panel
from ..statistics.clustering import centroids, modules
from .energy import EnergyModel
from .networks import NETWORKS

# Training pairs at most on which the densities of the way are standardised.
WAY_PAIRS = 10_000


def new_model(config: Config, panel: Panel) -> EnergyModel:
    """Make an untrained model from the configuration's seed.

    Its reference loci are grouped into modules by k-means on their marks in all training lines.
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
    """Start the chromatin states at k-means centroids, and each line's prototype at its state.

    The centroids are those of the encoded reference loci of `lines`. Returns the model, changed.
    Raises `InputError` when there are fewer loci than states.
    """
    resistance = model.resistance
    loci = torch.arange(panel.n_reference)
    signals = [panel.reference_tensor(line) for line in lines]
    e = torch.cat([resistance.encoder(signal) for signal in signals]).cpu().numpy()
    count = len(resistance.prototypes.codebook)
    if len(e) < count:
        problem = (
            f"the {len(lines)} training lines have {len(e)} reference loci together, too few for"
            f" {count} chromatin states"
        )
        raise InputError(problem, "Lower model.states, or give fuller peak files", "config")
    resistance.prototypes.start(torch.from_numpy(centroids(e, count, config.seed)))
    resistance.line_prototypes.follow(
        torch.stack([resistance.line_state(signal, loci) for signal in signals]), lines
    )
    _standardise_way(model, panel, lines)
    return model


def _standardise_way(model: EnergyModel, panel: Panel, lines: list[int]) -> None:
    """Let R read the densities of the way in sd of the training pairs, over lines with the mark."""
    way, slots = model.resistance.way, panel.way_slots
    if way is None:
        return
    rows = panel.rows("train")
    rows = rows[:: len(rows) // WAY_PAIRS + 1]
    marks = panel.present.shape[1]
    densities = torch.stack([panel.signal_tensor(rows, c)[:, -slots:, :marks] for c in lines])
    weight = panel.tensor(panel.present[lines].astype(np.float32))[:, None, None]
    count = len(rows) * weight.sum(0).clamp(min=1)[0]
    mean = (densities * weight).sum((0, 1)) / count
    variance = ((densities - mean).square() * weight).sum((0, 1)) / count
    way.standardise(mean, variance.sqrt())


def equal_parameters(trained: EnergyModel, untrained: EnergyModel) -> float:
    """Share of parameter tensors that two models have in common, in the DNA encoder or in the
    chromatin encoder, whichever is larger: 1 where the untrained model is in truth the trained one.
    """
    encoders = [(m.potential.encoder, m.resistance.encoder) for m in (trained, untrained)]
    return max(_equal_share(one, other) for one, other in zip(*encoders, strict=True))


def _equal_share(one: nn.Module, other: nn.Module) -> float:
    others = dict(other.named_parameters())
    equal = [
        name in others and torch.equal(value, others[name])
        for name, value in one.named_parameters()
    ]
    return sum(equal) / len(equal)

"""The table of chromatin states."""

import numpy as np
import pandas as pd
import torch

from ..core.config import Config
from ..data.panel import Panel
from ..model.energy import EnergyModel


@torch.no_grad()
def state_table(model: EnergyModel, panel: Panel, config: Config) -> pd.DataFrame:
    """One row per chromatin state: its resistance at each position, mean marks, and share of each
    line's reference loci.

    Marks are means of the normalised signal over the reference loci, weighted by assignment, all
    training lines together.
    """
    assignment = [
        model.resistance.prototypes.assign(model.resistance.encoder(panel.reference_tensor(c)))
        for c in range(len(panel.lines))
    ]
    table = pd.DataFrame(
        model.resistance.state_resistance.numpy().T,
        columns=[f"resistance_{at}" for at in model.resistance.positions],
    )
    weights = torch.cat([assignment[c] for c in panel.training]).numpy()
    marks = np.concatenate([panel.shards[c].reference for c in panel.training]).astype(np.float32)
    for m, mark in enumerate(config.marks):
        table[f"mark_{mark}"] = weights.T @ marks[:, m] / weights.sum(0)
    for c, line in enumerate(panel.lines):
        table[f"share_{line}"] = assignment[c].mean(0).numpy()
    return table.rename_axis("state")

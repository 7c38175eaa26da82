"""Energies and representations of many pairs, in batches of bounded memory; no gradient, the model's mode is the caller's."""

import numpy as np
import torch
from torch import Tensor

from ..core.batch_sizes import BASES_PER_BATCH, PAIRS_PER_BATCH
from ..data.panel import Panel
from .energy import EnergyModel

# Above this share the residual, not the states, carries R, and the report says so.
LARGEST_RESIDUAL_SHARE = 0.5


@torch.no_grad()
def residual_share(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """Share of the variance before the softplus that the residual carries: Var(residual) / (Var(states) + Var(residual))."""
    parts = [model.resistance.parts(panel.signal_tensor(pairs, line)) for line in range(len(panel.lines))]
    states, residual = (torch.stack([getattr(part, name) for part in parts]).var() for name in ("states", "residual"))
    return float(residual / (states + residual))


@torch.no_grad()
def score_resistance(model: EnergyModel, panel: Panel, pairs: np.ndarray, lines: list[int]) -> np.ndarray:
    """R_E float32 (len(pairs), len(lines))."""
    batches = np.array_split(pairs, max(1, len(pairs) // PAIRS_PER_BATCH))
    columns = [torch.cat([model.resistance(panel.signal_tensor(batch, line)) for batch in batches]) for line in lines]
    return torch.stack(columns, dim=1).cpu().numpy()


@torch.no_grad()
def embed(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> Tensor:
    """z float32 (len(pairs), d_z) with each unique window of all pairs encoded once."""
    return model.potential.eraser(embed_raw(model, panel, pairs))


@torch.no_grad()
def embed_raw(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> Tensor:
    """z before concept erasure, float32 (len(pairs), d_z)."""
    encoder, embedded = model.potential.encoder, []
    for network, rows in ((encoder.enhancer, panel.enhancer[pairs]), (encoder.promoter, panel.promoter[pairs])):
        unique, where = np.unique(rows, return_inverse=True)
        blocks = np.array_split(unique, len(unique) * panel.codes.shape[1] // BASES_PER_BATCH + 1)
        encoded = torch.cat([network(panel.window_tensor(block)) for block in blocks])
        embedded.append(encoded[panel.tensor(where)])
    return model.potential.annotated(encoder.combine(*embedded), panel, pairs)


@torch.no_grad()
def score_potential(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> np.ndarray:
    """U_I float32 (len(pairs),)."""
    return model.potential.of_z(embed(model, panel, pairs), panel.distance_tensor(pairs)).cpu().numpy()


@torch.no_grad()
def resistance_on_reference(model: EnergyModel, panel: Panel, line: int) -> np.ndarray:
    """R_E float32 (n_ref,) of a line where one reference locus stands at both ends of a pair and fills the window between."""
    signal = panel.reference_tensor(line)[:, None].expand(-1, panel.shards[line].signal.shape[1], -1)
    return model.resistance(signal).cpu().numpy()

"""Energies and representations of many pairs, in batches of bounded memory; no gradient, the
model's mode is the caller's.
"""

import numpy as np
import torch
from torch import Tensor

from ..core.batch_sizes import PAIRS_PER_BATCH
from ..core.dna import Windows
from ..data.panel import Panel
from .energy import EnergyModel


def energies(
    model: EnergyModel, panel: Panel, pairs: np.ndarray, line: int
) -> tuple[Tensor, Tensor]:
    """U_I and R_E, each float32 (len(pairs),), of pairs in one line; the only function here that
    lets gradients through.
    """
    potential = model.potential.of_windows(panel.windows(pairs), panel.distance_tensor(pairs))
    return potential, model.resistance(panel.signal_tensor(pairs, line))


@torch.no_grad()
def potential_of(model: EnergyModel, windows: Windows, log_distance: Tensor) -> np.ndarray:
    """U_I float32 (n,) of pairs with these windows and log10 distances (n,)."""
    return model.potential.of_windows(windows, log_distance).cpu().numpy()


@torch.no_grad()
def resistance_of(model: EnergyModel, signal: Tensor) -> np.ndarray:
    """R_E float32 (n,) of signal (n, P, 2M) in one line."""
    return model.resistance(signal).cpu().numpy()


def resistance_in_batches(model: EnergyModel, signal: Tensor) -> np.ndarray:
    """`resistance_of` in batches of bounded memory."""
    batches = torch.tensor_split(signal, max(1, len(signal) // PAIRS_PER_BATCH))
    return np.concatenate([resistance_of(model, batch) for batch in batches])


def score_potential(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> np.ndarray:
    """U_I float32 (len(pairs),), each unique window of all pairs encoded once."""
    return potential_of(model, panel.windows(pairs), panel.distance_tensor(pairs))


def score_resistance(
    model: EnergyModel, panel: Panel, pairs: np.ndarray, lines: list[int]
) -> np.ndarray:
    """R_E float32 (len(pairs), len(lines))."""
    batches = np.array_split(pairs, max(1, len(pairs) // PAIRS_PER_BATCH))
    of_line = [
        [resistance_of(model, panel.signal_tensor(batch, line)) for batch in batches]
        for line in lines
    ]
    return np.stack([np.concatenate(parts) for parts in of_line], axis=1)


@torch.no_grad()
def embed(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> Tensor:
    """z float32 (len(pairs), d_z), after concept erasure where it is switched on."""
    return model.potential.z(panel.windows(pairs))


@torch.no_grad()
def embed_raw(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> Tensor:
    """z before concept erasure, float32 (len(pairs), d_z)."""
    return model.potential.encoder(panel.windows(pairs))


@torch.no_grad()
def residual_share(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """Share of the variance before the softplus that the residual carries: Var(residual) /
    (Var(states) + Var(residual)).
    """
    parts = [
        model.resistance.parts(panel.signal_tensor(pairs, line)) for line in range(len(panel.lines))
    ]
    states, residual = (
        torch.stack([getattr(part, name) for part in parts]).var()
        for name in ("states", "residual")
    )
    return float(residual / (states + residual))


def resistance_on_reference(model: EnergyModel, panel: Panel, line: int) -> np.ndarray:
    """R_E float32 (n_ref,) of a line at its reference loci; see `resistance_of_loci`."""
    return resistance_of_loci(
        model, panel.reference_tensor(line), panel.shards[line].signal.shape[1]
    )


def resistance_of_loci(model: EnergyModel, signal: Tensor, positions: int) -> np.ndarray:
    """R_E float32 (n,) where one locus, signal (n, 2M), stands at both ends of a pair and fills the
    window between.

    positions : P, how many positions the signal of a pair has
    """
    return resistance_of(model, signal[:, None].expand(-1, positions, -1))

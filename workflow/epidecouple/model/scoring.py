"""Energies and representations of many pairs, in batches that bound the memory.

No gradient is kept, except by `energies`. The caller sets the model to evaluation mode.
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
    """U_I and R_E of pairs in one line, each float32 (len(pairs),), with their gradients."""
    potential = model.potential.of_windows(panel.windows(pairs), panel.distance_tensor(pairs))
    return potential, model.resistance(panel.signal_tensor(pairs, line))


@torch.no_grad()
def potential_of(model: EnergyModel, windows: Windows, log_distance: Tensor) -> np.ndarray:
    """U_I float32 (n,) of pairs with these windows and log10 of the distance in bp (n,)."""
    return model.potential.of_windows(windows, log_distance).cpu().numpy()


@torch.no_grad()
def resistance_of(model: EnergyModel, signal: Tensor) -> np.ndarray:
    """R_E float32 (n,) from the signal (n, P, 2M) of pairs in one line."""
    return model.resistance(signal).cpu().numpy()


def resistance_in_batches(model: EnergyModel, signal: Tensor) -> np.ndarray:
    """`resistance_of`, one batch of pairs after the other."""
    batches = torch.tensor_split(signal, max(1, len(signal) // PAIRS_PER_BATCH))
    return np.concatenate([resistance_of(model, batch) for batch in batches])


def score_potential(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> np.ndarray:
    """U_I float32 (len(pairs),); each distinct window is encoded once."""
    return potential_of(model, panel.windows(pairs), panel.distance_tensor(pairs))


def score_resistance(
    model: EnergyModel, panel: Panel, pairs: np.ndarray, lines: list[int]
) -> np.ndarray:
    """R_E float32 (len(pairs), len(lines)) of pairs in lines, both by number."""
    batches = np.array_split(pairs, max(1, len(pairs) // PAIRS_PER_BATCH))
    of_line = [
        [resistance_of(model, panel.signal_tensor(batch, line)) for batch in batches]
        for line in lines
    ]
    return np.stack([np.concatenate(parts) for parts in of_line], axis=1)


@torch.no_grad()
def embed(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> Tensor:
    """z of pairs, float32 (len(pairs), d_z), after concept erasure where it is switched on."""
    return model.potential.z(panel.windows(pairs))


@torch.no_grad()
def embed_raw(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> Tensor:
    """z of pairs before concept erasure, float32 (len(pairs), d_z)."""
    return model.potential.encoder(panel.windows(pairs))


@torch.no_grad()
def residual_share(model: EnergyModel, panel: Panel, pairs: np.ndarray) -> float:
    """Share of the residual in the variance of R before the softplus, over pairs and all lines.

    Var(residual) / (Var(states) + Var(residual))
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
    """R_E float32 (n_ref,) of a line's reference loci; see `resistance_of_loci`."""
    return resistance_of_loci(model, panel.reference_tensor(line))


def resistance_of_loci(model: EnergyModel, signal: Tensor) -> np.ndarray:
    """R_E float32 (n,) of pairs in which one locus stands at both ends and in every bin.

    signal : (n, 2M), of each locus
    """
    return resistance_of(model, model.resistance.at_one_locus(signal))

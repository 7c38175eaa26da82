"""Which chromatin states have a resistance that the training pairs determine.

A locus is in the state nearest to it. Discordant pairs compare the states of the lines in which
they loop with those of the others, at each position of R, and determine the resistances of the
states up to one constant per connected component of that graph (docs/method.md). How well is said
by the information of the conditional likelihood for an R that is linear in the states.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.linalg import block_diag, null_space

from ..data.labels import discordant
from ..data.panel import Panel
from ..model.energy import EnergyModel
from ..statistics.comparisons import comparisons, components
from .conditional_fit import LinearFit, fit_conditional, inverse

# Standard error (logit) up to which a resistance is called known.
LARGEST_ERROR = 0.25
# A contrast of states that lies this far outside what the pairs inform about is not determined.
ROUNDING = 1e-6
# Contrasts whose variance over pairs and lines is below this share of the largest do not vary.
CONSTANT = 1e-9
PAIRS_PER_BATCH = 4096


@dataclass(frozen=True)
class Compared:
    """States of the lines of n training pairs at the positions of R, and their labels.

    states : int (n, C, P), 0 .. n_states - 1; labels : (n, C); positions : names (P,)
    least_share : of pairs and lines, below which a state is rare: no gate asks for its resistance
    """

    states: np.ndarray
    labels: np.ndarray
    positions: list[str]
    n_states: int
    least_share: float

    @property
    def of_discordant(self) -> "Compared":
        """The discordant pairs alone."""
        rows = discordant(self.labels)
        return dataclasses.replace(self, states=self.states[rows], labels=self.labels[rows])

    @property
    def lines(self) -> int:
        """Number of lines."""
        return self.labels.shape[1]

    def shares(self) -> np.ndarray:
        """Share of pairs and lines in each state of each position: (P, K)."""
        return np.stack([np.bincount(at.ravel(), minlength=self.n_states) for at in self._at()]) / (
            self.labels.size
        )

    def counts(self) -> np.ndarray:
        """Comparisons of the states at each position (P, K, K), see `comparisons`."""
        each = [comparisons(at, self.labels, self.n_states) for at in self._at()]
        return np.stack(each)

    def features(self) -> np.ndarray:
        """Indicators of the state at each position, and of the line: (n, C, P * K + C)."""
        n, lines = self.labels.shape
        of_states = np.eye(self.n_states)[self.states].reshape(n, lines, -1)
        of_line = np.broadcast_to(np.eye(lines), (n, lines, lines))
        return np.concatenate([of_states, of_line], axis=2)

    def _at(self) -> np.ndarray:
        return np.moveaxis(self.states, 2, 0)


@torch.no_grad()
def compared_states(model: EnergyModel, panel: Panel) -> Compared:
    """The states that R meets in the training pairs, in the training lines.

    The window is in the state that weighs most on the mean of its bins.
    """
    pairs, r = panel.rows("train"), model.resistance
    batches = np.array_split(pairs, len(pairs) // PAIRS_PER_BATCH + 1)
    of_line = [
        np.concatenate([_nearest(model, panel, batch, line) for batch in batches])
        for line in panel.training
    ]
    labels, states = panel.labels_of(pairs, panel.training), np.stack(of_line, axis=1)
    k = len(r.prototypes.codebook)
    return Compared(states, labels, r.positions, k, r.prototypes.least_share)


def _nearest(model: EnergyModel, panel: Panel, pairs: np.ndarray, line: int) -> np.ndarray:
    """State of each position (len(pairs), P) of some pairs in one line."""
    r = model.resistance
    loci = r.encoder(r.loci_of(panel.signal_tensor(pairs, line)))
    return r.at_positions(r.prototypes.assign(loci)).argmax(-1).numpy()


def known_states(compared: Compared) -> tuple[pd.DataFrame, dict[str, float]]:
    """The table of the states with their resistances, and what gates ask of it.

    One row per position and state that occurs there: share of pairs and lines, comparisons with
    other states, component of their graph, resistance (logit, against the mean of the frequent
    states of the largest component) with its standard error, known (yes, no, or rare).
    """
    told = compared.of_discordant
    counts, shares = told.counts(), compared.shares()
    fit = fit_conditional(told.features(), told.labels)
    frequent = shares >= compared.least_share
    main = np.stack([_main(c, s) for c, s in zip(counts, shares, strict=True)])
    table = _table(compared.positions, counts, shares)
    table["resistance"], table["error"] = _contrasts(fit, shares * (main & frequent))
    known = (main & frequent).ravel() & (table.error <= LARGEST_ERROR)
    table["known"] = np.where(frequent.ravel(), np.where(known, "yes", "no"), "rare")
    metrics = {
        "state_components": _most(counts, frequent, strong=False),
        "state_strong_components": _most(counts, frequent, strong=True),
        "state_information_smallest": smallest_information(fit, compared, frequent),
        "states_known_share": float(table.share[known].sum() / len(shares)),
        "states_known": int(known.sum()),
        "states_frequent": int(frequent.sum()),
        "known_state_error": LARGEST_ERROR,
    }
    return table[table.share > 0], metrics


def _table(positions: list[str], counts: np.ndarray, shares: np.ndarray) -> pd.DataFrame:
    """Position, state, share, comparisons and component of every state at every position."""
    return pd.DataFrame(
        {
            "position": np.repeat(positions, shares.shape[1]),
            "state": np.tile(np.arange(shares.shape[1]), len(positions)),
            "share": shares.ravel(),
            "comparisons": (counts.sum(1) + counts.sum(2)).ravel(),
            "component": np.concatenate([components(of) for of in counts]),
        }
    )


def _main(counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Which states (K,) are in the strong component that holds the largest share of the loci."""
    component = components(counts, strong=True)
    return component == np.bincount(component, weights=shares).argmax()


def _most(counts: np.ndarray, frequent: np.ndarray, strong: bool) -> int:
    """Number of components that hold a frequent state, at the position that has most."""
    each = zip(counts, frequent, strict=True)
    return max(len(np.unique(components(of, strong)[kept])) for of, kept in each)


def _contrasts(fit: LinearFit, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Resistance of each state minus the mean at its position, and its error: (P * K,) each.

    weights : (P, K), of the mean. What the pairs do not determine is NaN, its error
    infinite.
    """
    mean = weights / weights.sum(1, keepdims=True)
    n_positions, n_states = weights.shape
    centre = np.eye(n_states) - mean[:, None]
    contrast = np.zeros((n_positions * n_states, len(fit.coefficients)))
    contrast[:, : n_positions * n_states] = block_diag(*centre)
    spread = inverse(fit.information)
    missed = contrast - contrast @ fit.information @ spread
    variance = np.einsum("kd,de,ke->k", contrast, spread, contrast)
    determined = np.abs(missed).max(1) < ROUNDING
    resistance = np.where(determined, contrast @ fit.coefficients, np.nan)
    return resistance, np.where(determined, np.sqrt(variance.clip(min=0)), np.inf)


def smallest_information(fit: LinearFit, compared: Compared, frequent: np.ndarray) -> float:
    """Smallest eigenvalue of the information about contrasts of frequent states (P, K).

    A contrast is scaled to a standard deviation of 1 logit over pairs and lines, and tau and the
    rare states are profiled out: 1 over its root is the standard error of a part of R, in logit
    per logit of its spread. Contrasts that do not vary are left out.
    """
    contrasts = _free_contrasts(frequent, len(fit.information))
    if not contrasts.size:
        return 0.0
    nuisance = np.eye(len(fit.information))[:, ~np.pad(frequent.ravel(), (0, compared.lines))]
    across = nuisance.T @ fit.information @ contrasts
    profiled = contrasts.T @ fit.information @ contrasts - across.T @ (
        inverse(nuisance.T @ fit.information @ nuisance) @ across
    )
    flat = compared.features().reshape(-1, len(fit.information)) @ contrasts
    variance, axes = np.linalg.eigh(np.atleast_2d(np.cov(flat.T, bias=True)))
    varies = variance > CONSTANT * variance.max()
    scaled = axes[:, varies] / np.sqrt(variance[varies])
    return float(max(np.linalg.eigvalsh(scaled.T @ profiled @ scaled)[0], 0.0))


def _free_contrasts(frequent: np.ndarray, size: int) -> np.ndarray:
    """Contrasts (size, d) that sum to 0 over the frequent states (P, K) of each position."""
    blocks = []
    for kept in frequent:
        block = np.zeros((len(kept), max(kept.sum() - 1, 0)))
        block[kept] = null_space(np.ones((1, kept.sum())))
        blocks.append(block)
    stacked = block_diag(*blocks)
    return np.pad(stacked, ((0, size - len(stacked)), (0, 0)))

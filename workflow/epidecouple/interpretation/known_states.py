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
from ..statistics.jackknife import megabase_blocks
from .conditional_fit import LinearFit, covariances, fit_conditional, inverse

# Standard error (logit) up to which a resistance is called known.
LARGEST_ERROR = 0.25
# A contrast of states that lies this far outside what the pairs inform about is not determined.
ROUNDING = 1e-6
# Contrasts whose variance over pairs and lines is below this share of the largest do not vary.
CONSTANT = 1e-9
PAIRS_PER_BATCH = 4096


@dataclass(frozen=True)
class Compared:
    """States of the lines of n training pairs at the positions of R, their labels and their R.

    states : int (n, C, P), 0 .. n_states - 1; labels, resistance : (n, C)
    units : int (n,), of pairs that lie close together and may share their loops
    positions : names (P,)
    least_share : of pairs and lines, below which a state is rare
    """

    states: np.ndarray
    labels: np.ndarray
    resistance: np.ndarray
    units: np.ndarray
    positions: list[str]
    n_states: int
    least_share: float

    @property
    def of_discordant(self) -> "Compared":
        """The discordant pairs alone."""
        rows = discordant(self.labels)
        per_pair = ("states", "labels", "resistance", "units")
        return dataclasses.replace(self, **{name: getattr(self, name)[rows] for name in per_pair})

    def shares(self) -> np.ndarray:
        """Share of pairs and lines in each state of each position: (P, K)."""
        return np.stack([np.bincount(at.ravel(), minlength=self.n_states) for at in self._at()]) / (
            self.labels.size
        )

    def counts(self) -> np.ndarray:
        """Comparisons of the states at each position (P, K, K), see `comparisons`."""
        each = [comparisons(at, self.labels, self.n_states) for at in self._at()]
        return np.stack(each)

    def frequent(self) -> np.ndarray:
        """Whose resistance is asked for, bool (P, K): states that are not rare, nor alone in that
        at their position.
        """
        common = self.shares() >= self.least_share
        return common & (common.sum(1, keepdims=True) > 1)

    def covariance(self) -> np.ndarray:
        """Covariance (P * K, P * K) over pairs and lines of the indicators of the states."""
        k, at = self.n_states, [of.ravel().astype(np.int64) for of in self._at()]
        joint = [[np.bincount(k * a + b, minlength=k * k).reshape(k, k) for b in at] for a in at]
        mean = self.shares().ravel()
        return np.block(joint) / self.labels.size - np.outer(mean, mean)

    def features(self) -> np.ndarray:
        """Indicators of the state at each position, and of the line: (n, C, P * K + C)."""
        n, lines = self.labels.shape
        of_states = np.eye(self.n_states)[self.states].reshape(n, lines, -1)
        of_line = np.broadcast_to(np.eye(lines), (n, lines, lines))
        return np.concatenate([of_states, of_line], axis=2)

    def _at(self) -> np.ndarray:
        return np.moveaxis(self.states, 2, 0)


@torch.no_grad()
def compared_states(
    model: EnergyModel, panel: Panel, resistance: np.ndarray, enhancer_mid: np.ndarray
) -> Compared:
    """The states that R meets in the training pairs, in the training lines.

    The window is in the state that weighs most on the mean of its bins.
    resistance : (n, C), R of all pairs of the panel in all its lines; enhancer_mid : (n,), in bp
    """
    pairs, r = panel.rows("train"), model.resistance
    batches = np.array_split(pairs, len(pairs) // PAIRS_PER_BATCH + 1)
    of_line = [
        np.concatenate([_nearest(model, panel, batch, line) for batch in batches])
        for line in panel.training
    ]
    blocks = megabase_blocks(panel.chrom[pairs], enhancer_mid[pairs])
    return Compared(
        np.stack(of_line, axis=1),
        panel.labels_of(pairs, panel.training),
        resistance[pairs][:, panel.training],
        np.unique(blocks, return_inverse=True)[1],
        r.positions,
        len(r.prototypes.codebook),
        r.prototypes.least_share,
    )


def _nearest(model: EnergyModel, panel: Panel, pairs: np.ndarray, line: int) -> np.ndarray:
    """State of each position (len(pairs), P) of some pairs in one line."""
    r = model.resistance
    loci = r.encoder(r.loci_of(panel.signal_tensor(pairs, line)))
    return r.at_positions(r.prototypes.assign(loci)).argmax(-1).numpy().astype(np.int16)


def known_states(compared: Compared) -> tuple[pd.DataFrame, dict[str, float]]:
    """The table of the states with their resistances, and what gates ask of it.

    One row per position and state that occurs there: share of pairs and lines; comparisons with
    other states; component of their graph; resistance (logit, against the mean of the frequent
    states of the largest component) with its standard error; the same of the model's R; known (yes,
    no, or not required).
    """
    told = compared.of_discordant
    counts, shares = told.counts(), compared.shares()
    frequent = compared.frequent()
    main = np.stack([_main(*each) for each in zip(counts, shares * frequent, strict=True)])
    fit = fit_conditional(told.features(), told.labels)
    contrasts = _contrasts(
        shares * np.where(frequent.any(1, keepdims=True), main & frequent, 1), fit
    )
    table = _table(compared.positions, counts, shares)
    each = _errors(fit, contrasts, told.units)
    errors = each.max(0)
    determined = np.where(np.isfinite(errors), 1, np.nan)
    table["resistance"] = contrasts @ fit.coefficients * determined
    table["error"] = errors
    table["of_model"] = contrasts @ of_model(told) * determined
    known = (main & frequent).ravel() & (errors <= LARGEST_ERROR)
    table["known"] = np.where(frequent.ravel(), np.where(known, "yes", "no"), "not required")
    metrics = {
        "state_components": _most(counts, frequent, strong=False),
        "state_strong_components": _most(counts, frequent, strong=True),
        "state_information_smallest": smallest_information(fit, compared, frequent),
        "states_frequent": int(frequent.sum()),
        "known_state_error": LARGEST_ERROR,
        "state_error_inflation": _inflation(each[:, frequent.ravel()]),
    }
    return table[table.share > 0], metrics | _of_known(table[known], len(shares))


def _inflation(errors: np.ndarray) -> float:
    """How many times larger errors (2, m) of independent units are than those of pairs; median."""
    of_pairs, of_units = errors[:, np.isfinite(errors).all(0) & (errors[0] > 0)]
    return float(np.median(of_units / of_pairs)) if len(of_pairs) else 0.0


def _of_known(known: pd.DataFrame, positions: int) -> dict[str, float]:
    """How many states are known, their share of the loci, and whether R of the model agrees."""
    of_pairs, of_model = (known[name] * known.share**0.5 for name in ("resistance", "of_model"))
    sizes = np.sqrt((of_pairs**2).sum() * (of_model**2).sum())
    return {
        "states_known": len(known),
        "states_known_share": float(known.share.sum() / positions),
        "state_resistance_agreement": float((of_pairs @ of_model) / sizes) if sizes else np.nan,
    }


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


def of_model(compared: Compared) -> np.ndarray:
    """What the model's R says of each feature within pairs, by least squares: (P * K + C,)."""
    features, resistance = compared.features(), compared.resistance
    within = (features - features.mean(1, keepdims=True)).reshape(-1, features.shape[2])
    return inverse(within.T @ within) @ (within.T @ resistance.ravel())


def _contrasts(weights: np.ndarray, fit: LinearFit) -> np.ndarray:
    """Each state (P * K) minus the mean of its position, with the weights (P, K): (P * K, D)."""
    mean = weights / weights.sum(1, keepdims=True)
    stacked = block_diag(*(np.eye(weights.shape[1]) - mean[:, None]))
    return np.pad(stacked, ((0, 0), (0, len(fit.coefficients) - len(stacked))))


def _errors(fit: LinearFit, contrasts: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Standard errors of contrasts (m, D), of independent pairs and of independent units (2, m).

    They are infinite for what the pairs do not determine.
    """
    both = covariances(fit, units)
    missed = contrasts - contrasts @ fit.information @ both[0]
    variances = np.stack([((contrasts @ spread) * contrasts).sum(1) for spread in both])
    determined = np.abs(missed).max(1) < ROUNDING
    return np.where(determined, np.sqrt(variances.clip(min=0)), np.inf)


def smallest_information(fit: LinearFit, compared: Compared, frequent: np.ndarray) -> float:
    """Smallest eigenvalue of the information about contrasts of frequent states (P, K).

    A contrast is scaled to a standard deviation of 1 logit over pairs and lines, and tau and the
    rare states are profiled out: 1 over its root is the standard error of a part of R, in logit
    per logit of its spread. Contrasts that do not vary are left out.
    """
    states, size = frequent.size, len(fit.information)
    contrasts = _free_contrasts(frequent, size)
    if not contrasts.size:
        return 0.0
    nuisance = np.eye(size)[:, ~np.pad(frequent.ravel(), (0, size - states))]
    across = nuisance.T @ fit.information @ contrasts
    profiled = contrasts.T @ fit.information @ contrasts - across.T @ (
        inverse(nuisance.T @ fit.information @ nuisance) @ across
    )
    spread = contrasts[:states].T @ compared.covariance() @ contrasts[:states]
    variance, axes = np.linalg.eigh(spread)
    varies = variance > CONSTANT * variance.max()
    scaled = axes[:, varies] / np.sqrt(variance[varies])
    return float(max(np.linalg.eigvalsh(scaled.T @ profiled @ scaled)[0], 0.0))


def _free_contrasts(frequent: np.ndarray, size: int) -> np.ndarray:
    """Contrasts (size, d) that sum to 0 over the frequent states (P, K) of each position."""
    blocks = []
    for kept in frequent[frequent.any(1)]:
        block = np.zeros((len(kept), kept.sum() - 1))
        block[kept] = null_space(np.ones((1, kept.sum())))
        blocks.append(block)
    stacked = np.zeros((frequent.size, sum(block.shape[1] for block in blocks)))
    stacked[np.repeat(frequent.any(1), frequent.shape[1])] = block_diag(*blocks)
    return np.pad(stacked, ((0, size - len(stacked)), (0, 0)))

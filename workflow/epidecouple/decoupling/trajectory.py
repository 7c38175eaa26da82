"""How the diagnostics develop while training: cheap versions of V(z -> line), V(e -> line) and the
correlation of z and e, each epoch.

Fixed published rows of validation chromosomes; a closed-form linear probe fitted on half of the
chromosomes (of a single one: on one side of its middle) and scored on the other half, both ways.
Such a probe falls short by an amount that grows with the dimensions a representation uses, and
training changes that number: so each figure is what is read beyond the mean of a few permuted
lines.
"""

import numpy as np
import pandas as pd
import torch
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_softmax

from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..model.energy import EnergyModel
from ..model.scoring import embed
from ..statistics.dependence import cross_correlation, excess_rms
from ..statistics.permutation import permuted
from .probe_rows import natural_table

ROWS = 3000
SHRINKAGE = 0.01
PERMUTATIONS = 5
FIGURES = ("z_line", "e_line", "z_e")


def discriminant_gain(x: np.ndarray, codes: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Fractions of the entropy that linear discriminants of x (n, d) read, one per labelling: codes
    (labellings, n) in 0 .. K - 1.

    Fitted on one half (bool (n,)) of the rows and scored on the other, both ways. Gaussian classes
    of one covariance, shrunk by 1 % of the mean variance. The covariance within classes is the
    total one minus that of the means, so that one factorisation serves all labellings (Woodbury).
    NaN when a half lacks a class.
    """
    classes = codes.max() + 1
    if half.all() or not half.any():
        return np.full(len(codes), np.nan)
    gains = np.empty(codes.shape)
    for fitted in (half, ~half):
        centred = x - x[fitted].mean(0)
        total = centred[fitted].T @ centred[fitted] / fitted.sum()
        factor = cho_factor(
            total + (SHRINKAGE * np.trace(total) / len(total) + 1e-12) * np.eye(len(total))
        )
        for row, code in zip(gains, codes, strict=True):
            count = np.bincount(code[fitted], minlength=classes)
            if count.min() == 0:
                return np.full(len(codes), np.nan)
            means = np.eye(classes)[code[fitted]].T @ centred[fitted] / count[:, None]
            direction = cho_solve(factor, means.T)
            direction = direction @ np.linalg.inv(
                np.eye(classes) - (count / count.sum())[:, None] * (means @ direction)
            )
            score = (
                centred[~fitted] @ direction - 0.5 * (means.T * direction).sum(0) + np.log(count)
            )
            row[~fitted] = log_softmax(score, axis=1)[np.arange(len(score)), code[~fitted]]
    frequency = np.bincount(codes[0]) / codes.shape[1]
    return gains.mean(1) / -(frequency * np.log(frequency)).sum() + 1


def half_of(chrom: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Which rows (n,) are fitted on first: every other chromosome, or what lies before the median
    place of a single one.
    """
    names = np.unique(chrom)
    return np.isin(chrom, names[::2]) if len(names) > 1 else place < np.median(place)


class Trajectory:
    """The rows that are looked at after every epoch; z of the validation pairs is taken over from
    the validation.
    """

    def __init__(self, model: EnergyModel, panel: Panel, lines: list[int], seed: int) -> None:
        self.model = model
        self.panel = panel
        self.validation = panel.rows("validation")
        self.table = natural_table(panel, lines, ROWS, seed, self.validation)
        self.half = half_of(self.table.chrom, panel.promoter[self.table.pair])
        line = np.unique(self.table.line, return_inverse=True)[1]
        rng = rng_for(seed, Stream.WATCHED_ROWS)
        self.codes = np.stack(
            [line, *(permuted(line, self.table.units, rng) for _ in range(PERMUTATIONS))]
        )
        self.z: np.ndarray | None = None
        self.z_line = float("nan")

    def note(self, z: torch.Tensor) -> np.ndarray:
        """Take over z (n_validation, d_z) of all validation pairs; returns that of the rows."""
        self.z = (
            z.cpu().numpy()[np.searchsorted(self.validation, self.table.pair)].astype(np.float64)
        )
        self.z_line = self._beyond_null(self.z)
        return self.z

    @torch.no_grad()
    def look(self) -> dict[str, float]:
        """Fractions of H(line) read from z and from raw e beyond the null, and their excess RMS
        correlation within lines.
        """
        z = self.z
        if z is None:
            z = self.note(embed(self.model, self.panel, self.validation))
        e = self._e()
        line = self.codes[0]
        matrix = cross_correlation(_within(z, line), _within(e, line))
        figures = (self.z_line, self._beyond_null(e), excess_rms(matrix, len(line)))
        return dict(zip(FIGURES, figures, strict=True))

    def changes(self, history: pd.DataFrame, kept: int) -> dict[str, float]:
        """Change of each figure from the first epoch 0 to the epoch that the last phase kept, and
        the rows it rests on.
        """
        last = history[(history.phase == history.phase.iloc[-1]) & (history.epoch == kept)].iloc[0]
        changes = {
            f"trajectory_{name}_change": float(last[name] - history[name].iloc[0])
            for name in FIGURES
        }
        return changes | {"trajectory_rows": len(self.table.pair)}

    def _beyond_null(self, x: np.ndarray) -> float:
        observed, *null = discriminant_gain(x, self.codes, self.half)
        return float(observed - np.mean(null))

    def _e(self) -> np.ndarray:
        order = np.argsort(self.table.line, kind="stable")
        parts = []
        for line in np.unique(self.table.line):
            signal = self.panel.signal_tensor(self.table.pair[self.table.line == line], line)
            parts.append(self.model.resistance.parts(signal).e.double().cpu().numpy())
        return np.concatenate(parts)[np.argsort(order)]


def _within(x: np.ndarray, code: np.ndarray) -> np.ndarray:
    """x (n, d) minus the mean of its line's rows."""
    hot = np.eye(code.max() + 1)[code]
    return x - hot @ (hot.T @ x / hot.sum(0)[:, None])

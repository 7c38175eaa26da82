"""A head: a logistic regression on CRISPR labels, on top of what the score reads, in tiers of
inputs, so that a line with fewer marks still has one.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..statistics.jackknife import rows_without_each, standard_error
from ..statistics.logistic import fit_logistic
from .inputs import NINE_MARKS, UBIQUITOUS, of_marks

# Strong shrinkage: hundreds of positives, a hundred collinear inputs.
INVERSE_PENALTY = 0.02
# Inputs are clipped here, on the rows that it is fitted on: lists of H3K27me3 and H4K20me1 differ
# by laboratory, and a line may lie far outside.
CLIPPED = (0.005, 0.995)

# Ends of the names of what `other_lines` gives.
ELSEWHERE = (" elsewhere", " lines", " over lines")
# No input of a head: it is the sum of the parts.
LOGIT = "logit"


# What scores rows of inputs, and how it is fitted on inputs and labels.
Scorer = Callable[[pd.DataFrame], np.ndarray]
Fit = Callable[[pd.DataFrame, np.ndarray], Scorer]


@dataclass(frozen=True)
class Head:
    """Inputs by name, where each is clipped, its weight per unit, and the intercept; in logit units
    of the share of regulated pairs among those it was fitted on.
    """

    inputs: list[str]
    lowest: list[float]
    highest: list[float]
    weight: list[float]
    intercept: float

    def __call__(self, inputs: pd.DataFrame) -> np.ndarray:
        """Logit (n,) of rows with the named inputs, among others.

        Each row is summed by itself: the bits of a product by BLAS depend on how many rows it has.
        """
        terms = np.ascontiguousarray(self.within(inputs) * self.weight)
        return terms.sum(1) + self.intercept

    def within(self, inputs: pd.DataFrame) -> np.ndarray:
        """Its inputs (n, d), clipped."""
        return np.clip(inputs[self.inputs].to_numpy(dtype=float), self.lowest, self.highest)

    def clipped(self, inputs: pd.DataFrame) -> np.ndarray:
        """How many inputs of each row lie outside of what it was fitted on, int (n,)."""
        values = inputs[self.inputs].to_numpy(dtype=float)
        return ((values < self.lowest) | (values > self.highest)).sum(1)

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, for a file."""
        return asdict(self)


@dataclass(frozen=True)
class Refits:
    """A head fitted again without each chromosome of its rows, its inputs clipped as the head's:
    weights (G, d) per unit and intercepts (G,), in logit units.
    """

    weights: list[list[float]]
    intercepts: list[float]

    def spread(self, head: Head, inputs: pd.DataFrame) -> np.ndarray:
        """Standard error (n,) of the head's logit by the jackknife over chromosomes."""
        logit = head.within(inputs) @ np.transpose(self.weights) + self.intercepts
        return standard_error(logit.T)

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, for a file."""
        return asdict(self)


@dataclass(frozen=True)
class Rows:
    """Rows of a table: inputs (n, d), labels (n,) of 0 and 1, and chromosomes (n,)."""

    inputs: pd.DataFrame
    labels: np.ndarray
    chrom: np.ndarray


def fit_head(inputs: pd.DataFrame, labels: np.ndarray) -> Head:
    """Fit on rows (n, d) with labels (n,) of 0 and 1; an input that never changes has weight 0."""
    values = inputs.to_numpy(dtype=float)
    lowest, highest = np.quantile(values, CLIPPED, axis=0)
    weight, intercept = _fitted(np.clip(values, lowest, highest), labels)
    return Head(list(inputs.columns), lowest.tolist(), highest.tolist(), weight.tolist(), intercept)


def refits(head: Head, rows: Rows) -> Refits:
    """The head of these rows, fitted again without each of their chromosomes."""
    values = head.within(rows.inputs)
    fits = [_fitted(values[kept], rows.labels[kept]) for kept in rows_without_each(rows.chrom)]
    return Refits([weight.tolist() for weight, _ in fits], [intercept for _, intercept in fits])


def _fitted(values: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, float]:
    """Weight per unit (d,) and intercept, shrunk alike for all inputs (n, d) by their spread."""
    mean, sd = values.mean(0), values.std(0)
    sd = np.where(sd > 0, sd, np.inf)
    fitted = fit_logistic((values - mean) / sd, labels, INVERSE_PENALTY)
    weight = fitted[:-1] / sd
    return weight, float(fitted[-1] - mean @ weight)


def left_out(fit: Fit, trained: Rows, tested: Rows) -> np.ndarray:
    """Scores (n,) of the tested rows, each by what `fit` makes of the trained rows of all other
    chromosomes.

    A gene's rows share its promoter, so that folds of rows would leak.
    """
    score = np.zeros(len(tested.inputs))
    for name in np.unique(tested.chrom):
        others, own = trained.chrom != name, tested.chrom == name
        scorer = fit(trained.inputs[others], trained.labels[others])
        score[own] = scorer(tested.inputs[own])
    return score


@dataclass(frozen=True)
class Tier:
    """One head: its marks (all of the line's where None), whether it reads the other lines, and
    whether the flag of genes that are active everywhere is given.
    """

    name: str
    marks: tuple[str, ...] | None
    elsewhere: bool
    flag: bool

    def inputs(self, columns: list[str]) -> list[str]:
        """Those of the columns that this head reads, in their order."""
        read = columns if self.marks is None else of_marks(columns, list(self.marks))
        left_out = {LOGIT} | (set() if self.flag else {UBIQUITOUS})
        return [
            name
            for name in read
            if name not in left_out and (self.elsewhere or not name.endswith(ELSEWHERE))
        ]

    def of(self, inputs: pd.DataFrame) -> pd.DataFrame:
        """The inputs of this head."""
        return inputs[self.inputs(list(inputs.columns))]


def tiers() -> list[Tier]:
    """Nine marks, all marks, all marks and the other lines, each without and with the flag."""
    kinds = [
        ("nine marks", tuple(NINE_MARKS), False),
        ("all marks", None, False),
        ("all marks, other lines", None, True),
    ]
    return [
        Tier(f"head, {name}{', flag' if flag else ''}", marks, elsewhere, flag)
        for name, marks, elsewhere in kinds
        for flag in (False, True)
    ]

"""The conditional likelihood of pairs over lines: ours against R's `survival::clogit`, which is
compiled, and statsmodels, the same rows and the same coefficients.
"""

import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from statsmodels.discrete.conditional_models import ConditionalLogit

from epidecouple.model.losses import conditional_nll
from timing import OURS, Arm, Row, compare

PAIRS, FEW, LINES, FEATURES, STEPS = 11_539, 2_000, 6, 10, 100


def simulated(pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 (n, C, F) and labels (n, C) of pairs whose labels differ between lines."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2 * pairs, LINES, FEATURES)).astype(np.float32)
    logit = x @ np.linspace(-1, 1, FEATURES) + rng.normal(size=(2 * pairs, 1)) - 1
    y = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    kept = np.flatnonzero((y.min(1) == 0) & (y.max(1) == 1))[:pairs]
    return x[kept], y[kept].astype(np.float32)


def ours(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients (F,) by L-BFGS on our objective."""
    beta = torch.zeros(FEATURES, dtype=torch.float64, requires_grad=True)
    features, labels, offset = (
        torch.from_numpy(x).double(),
        torch.from_numpy(y).double(),
        torch.zeros(LINES, dtype=torch.float64),
    )
    optimiser = torch.optim.LBFGS(
        [beta], max_iter=STEPS, tolerance_grad=1e-9, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = conditional_nll(-(features @ beta), offset, labels)
        loss.backward()
        return loss

    optimiser.step(closure)
    return beta.detach().numpy()


def by_statsmodels(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients (F,) by statsmodels' ConditionalLogit, a group per pair."""
    groups = np.repeat(np.arange(len(y)), LINES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            ConditionalLogit(y.ravel(), x.reshape(-1, FEATURES), groups=groups)
            .fit(disp=False)
            .params
        )


class Clogit:
    """R's `survival::clogit` by the exact likelihood; R measures its own time, without reading."""

    SCRIPT = """
        suppressMessages(library(survival))
        at <- commandArgs(TRUE)
        data <- read.table(at[1])
        formula <- reformulate(c(names(data)[-(1:2)], "strata(V1)"), "V2")
        took <- system.time(fit <- clogit(formula, data, method = "exact"))
        cat(took[["elapsed"]], coef(fit), sep = "\\n")
    """

    def __init__(self, folder: Path, x: np.ndarray, y: np.ndarray) -> None:
        self.table = folder / "rows.tsv"
        groups = np.repeat(np.arange(len(y)), LINES)
        table = np.column_stack([groups, y.ravel(), x.reshape(-1, FEATURES)])
        np.savetxt(self.table, table, fmt="%.8g")

    def fit(self) -> tuple[float, np.ndarray]:
        """Seconds, and coefficients (F,)."""
        command = ["Rscript", "-e", self.SCRIPT, str(self.table)]
        made = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, *coefficients = map(float, made.stdout.split())
        return seconds, np.array(coefficients)


def by_clogit(folder: Path, x: np.ndarray, y: np.ndarray) -> dict[str, Arm]:
    """The arm of R, where R is installed with its package survival."""
    if not shutil.which("Rscript"):
        return {}
    clogit = Clogit(folder, x, y)
    assert np.allclose(ours(x, y), clogit.fit()[1], atol=1e-3), "the coefficients differ"
    note = "a whole fit, compiled"
    return {"R survival::clogit": Arm(lambda: clogit.fit()[0], len(y), note, own_clock=True)}


def rows() -> list[Row]:
    """Pairs per second of a whole fit; the coefficients are checked to be equal."""
    x, y = simulated(PAIRS)
    few = x[:FEW], y[:FEW]
    assert np.allclose(ours(*few), by_statsmodels(*few), atol=1e-3), "the coefficients differ"
    with tempfile.TemporaryDirectory() as folder:
        return _compared(x, y, few, by_clogit(Path(folder), x, y))


def _compared(x: np.ndarray, y: np.ndarray, few: tuple, compiled: dict[str, Arm]) -> list[Row]:
    arms = {
        OURS: Arm(lambda: ours(x, y), len(y), "a whole fit"),
        "statsmodels ConditionalLogit": Arm(
            lambda: by_statsmodels(*few), FEW, "a whole fit of fewer pairs"
        ),
        **compiled,
    }
    return compare("conditional likelihood", f"{LINES} lines, {FEATURES} features", arms, repeats=2)

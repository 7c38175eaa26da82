"""What the ablation says: paired differences between arms over seeds, and the verdict on each claim
of the original plan, in sentences made from the numbers.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import yaml
from scipy.stats import t as student

from ..core.metrics import find_metric
from ..core.paths import ABLATION
from .arms import DESIGN

KEYS = ["world", "arm", "seed"]
LEVEL = 0.95


class Difference(NamedTuple):
    """Mean over seeds of one arm minus another in a metric, with its t interval of 95 %; both arms
    run in the world of each seed. The interval is NaN with one seed, the mean without a seed.
    """

    first: float
    second: float
    mean: float
    lower: float
    upper: float
    n: int


def difference(block: pd.DataFrame, first: str, second: str, metric: str) -> Difference:
    """Compare two arms in one world; `block` has the columns arm, seed and the metric."""
    by_arm = block.reindex(columns=["seed", "arm", metric]).pivot(
        index="seed", columns="arm", values=metric
    )
    both = by_arm.reindex(columns=[first, second]).dropna()
    paired = both[first] - both[second]
    n = len(paired)
    half = (
        float(student.ppf((1 + LEVEL) / 2, n - 1) * paired.std() / np.sqrt(n)) if n > 1 else np.nan
    )
    mean = float(paired.mean()) if n else np.nan
    return Difference(
        float(both[first].mean()), float(both[second].mean()), mean, mean - half, mean + half, n
    )


def effects(runs: pd.DataFrame) -> pd.DataFrame:
    """Design minus every other arm, by world and metric."""
    rows = []
    for world, block in runs.groupby("world", sort=False):
        for arm in block.arm.drop_duplicates().drop(
            block.index[block.arm == DESIGN], errors="ignore"
        ):
            rows += [
                {"world": world, "arm": arm, "metric": metric, **_columns(block, arm, metric)}
                for metric in runs.columns.drop(KEYS)
                if block.loc[block.arm == arm, metric].notna().any()
            ]
    return pd.DataFrame(rows)


def _columns(block: pd.DataFrame, arm: str, metric: str) -> dict[str, float]:
    found = difference(block, DESIGN, arm, metric)
    return {
        "design": found.first,
        "arm_value": found.second,
        "difference": found.mean,
        "lower": found.lower,
        "upper": found.upper,
        "n": found.n,
    }


@dataclass(frozen=True)
class Claim:
    """A claim of the original plan as differences that it predicts.

    better, worse : arms; a list of the latter stands for the best of them in the metric
    metric : in which `better` should be ahead; lower : whether ahead means lower
    """

    claim: str
    better: str
    worse: str | list[str]
    metric: str
    lower: bool = False


Verdict = Literal["supported", "refuted", "open", "not run"]


def claims() -> list[Claim]:
    """The claims of `resources/ablation.yaml`."""
    return [Claim(**row) for row in yaml.safe_load(ABLATION.read_text())["claims"]]


def judged(runs: pd.DataFrame, world: str) -> list[dict[str, Any]]:
    """Verdict, sentence and numbers of every claim in a world."""
    return [_judged(claim, runs[runs.world == world]) for claim in claims()]


def _judged(claim: Claim, block: pd.DataFrame) -> dict[str, Any]:
    worse = _best(claim, block)
    found = difference(block, claim.better, worse, claim.metric)
    verdict = _verdict(found, claim.lower)
    return {
        "claim": claim.claim,
        "verdict": verdict,
        "sentence": _sentence(claim, worse, found, verdict),
        **found._asdict(),
    }


def _best(claim: Claim, block: pd.DataFrame) -> str:
    """The arm to hold against: of several, the one that is ahead on the mean."""
    if isinstance(claim.worse, str):
        return claim.worse
    rows = block[block.arm.isin(claim.worse)].reindex(columns=["arm", claim.metric])
    mean = rows.groupby("arm")[claim.metric].mean().dropna()
    if mean.empty:
        return claim.worse[0]
    return str(mean.idxmin() if claim.lower else mean.idxmax())


def _verdict(found: Difference, lower: bool) -> Verdict:
    low, high = (-found.upper, -found.lower) if lower else (found.lower, found.upper)
    if found.n == 0:
        return "not run"
    if low > 0:
        return "supported"
    return "refuted" if high < 0 else "open"


def _sentence(claim: Claim, worse: str, found: Difference, verdict: Verdict) -> str:
    metric = find_metric(claim.metric)
    what = metric.label if metric else claim.metric
    if verdict == "not run":
        return f"{what}: {claim.better} and {worse} did not both run here."
    interval = (
        f"95 % {found.lower:+.2f} to {found.upper:+.2f}, {found.n} seeds"
        if found.n > 1
        else "one seed, no interval"
    )
    return (
        f"{what}: {claim.better} {found.first:.2f}, {worse} {found.second:.2f},"
        f" difference {found.mean:+.2f} ({interval})."
    )

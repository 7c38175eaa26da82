"""Side by side: arms trained on the same data under several seeds, in one table, with a conclusion
per arm.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd

from ..core.arms import DESIGN, arm_folder
from ..core.gates import FAILED, rows_of
from ..core.metrics import label
from ..core.provenance import read_json, read_metrics

# Arms differ little where the mean differences of both metrics stay below these.
LITTLE_AUPR_SHARE, LITTLE_CORRELATION = 0.05, 0.10
# Stage and metric of every row of the table and the figure.
COMPARED = (
    ("recovery", "resistance_within_pair_corr"),
    ("recovery", "resistance_within_line_corr"),
    ("recovery", "potential_dna_corr"),
    ("recovery", "aupr_unseen_share_of_dna_oracle"),
    ("evaluate", "aupr_unseen_line_unseen_chromosome"),
    ("evaluate", "aupr_seen_line_unseen_chromosome"),
    ("evaluate", "balanced_auc"),
    ("train_full", "own_rows_train_aupr"),
    ("diagnose", "z_line_linear"),
    ("diagnose", "z_line_boosted"),
    ("recovery", "lineage_leak"),
)
# Gates whose thresholds the table and the figure show.
GATES = ("recovery", "fit")


@dataclass(frozen=True)
class Cell:
    """One arm under one seed, and the folder of its results."""

    arm: str
    seed: int
    folder: Path


def cells(run: Path, arms: list[str], seeds: list[int]) -> list[Cell]:
    """All arms under all seeds, arms in the outer order."""
    return [
        Cell(arm, seed, Path(f"{run}/seeds/{seed}{arm_folder(arm)}"))
        for arm in arms
        for seed in seeds
    ]


def compared_metrics(compared: list[Cell], thresholds: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """arm, seed, metric, text (its label), value, and needed: the gate's threshold or empty.

    thresholds : the run's own
    """
    judged = [row for gate in GATES for row in rows_of(gate, thresholds)]
    needed = {row["metric"]: row["value"] for row in judged}
    rows = [
        (cell.arm, cell.seed, metric, label(metric), value, needed.get(metric))
        for cell in compared
        for metric, value in _metrics_of(cell).items()
    ]
    return pd.DataFrame(rows, columns=["arm", "seed", "metric", "text", "value", "needed"])


def _metrics_of(cell: Cell) -> dict[str, float | None]:
    """The metrics of `COMPARED` that the stages of a cell wrote, None for a missing one."""
    stages = {stage for stage, _ in COMPARED}
    written = {stage: read_metrics(cell.folder / stage / "metrics.json") for stage in stages}
    return {metric: written[stage].get(metric) for stage, metric in COMPARED}


def failed_checks(compared: list[Cell]) -> pd.DataFrame:
    """arm, gate, metric, need, why, and under how many seeds the check failed."""
    columns = ["arm", "gate", "metric", "need", "why"]
    rows = [
        (cell.arm, gate, *(check[name] for name in columns[2:]))
        for cell in compared
        for gate, check in _failed(cell)
    ]
    return (
        pd.DataFrame(rows, columns=columns)
        .groupby(columns, sort=False)
        .size()
        .rename("seeds")
        .reset_index()
    )


def _failed(cell: Cell) -> list[tuple[str, dict[str, Any]]]:
    verdicts = [read_json(path) for path in sorted((cell.folder / "gates").glob("*.verdict.json"))]
    return [
        (verdict["gate"], check)
        for verdict in verdicts
        for check in verdict["checks"]
        if check["outcome"] == FAILED
    ]


class Conclusion(TypedDict):
    """How the design compares with an arm: mean differences to it, whether they are little, and a
    sentence.
    """

    aupr_share_gain: float
    resistance_corr_gain: float
    differ_little: bool
    sentence: str


def conclusions(table: pd.DataFrame) -> dict[str, Conclusion]:
    """Arm -> conclusion, for all arms but the design."""
    mean = table.pivot_table(index="arm", columns="metric", values="value", aggfunc="mean")
    return {
        arm: _conclusion(arm, mean.loc[DESIGN] - mean.loc[arm]) for arm in mean.index.drop(DESIGN)
    }


def _conclusion(arm: str, gain: pd.Series) -> Conclusion:
    share = float(gain["aupr_unseen_share_of_dna_oracle"])
    corr = float(gain["resistance_within_pair_corr"])
    little = abs(share) <= LITTLE_AUPR_SHARE and abs(corr) <= LITTLE_CORRELATION
    better = "better" if corr > 0 else "worse"
    measured = (
        f"within-pair correlation of R {corr:+.2f}, AUPR on unseen lines {share:+.2f} of what"
        " can be known above the base rate"
    )
    verdict = (
        f"the design and {arm} differ little"
        if little
        else f"the design recovers R {better} than {arm}"
    )
    return {
        "aupr_share_gain": share,
        "resistance_corr_gain": corr,
        "differ_little": little,
        "sentence": f"Here {verdict}: {measured}.",
    }

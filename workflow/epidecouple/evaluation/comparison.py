"""Side by side: arms trained on the same data under several seeds, one table, one figure, and what
they come to.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..core.arms import DESIGN, arm_folder
from ..core.gates import FAILED, load_rows
from ..core.provenance import read_json, read_metrics

# Arms differ little where the mean differences of both figures stay below these.
LITTLE_AUPR_SHARE, LITTLE_CORRELATION = 0.05, 0.10
# What is compared: stage, metric, and what it is called in the table and the figure.
COMPARED = (
    ("recovery", "resistance_within_pair_corr", "R: within-pair correlation with the truth"),
    ("recovery", "resistance_within_line_corr", "R: the same without the lines' levels"),
    ("recovery", "potential_corr", "U: correlation with the truth"),
    ("recovery", "aupr_unseen_share_of_oracle", "AUPR on unseen lines, share of the oracle's"),
    ("evaluate", "aupr_unseen_line_unseen_chromosome", "AUPR on unseen lines"),
    ("evaluate", "aupr_seen_line_unseen_chromosome", "AUPR on seen lines"),
    ("evaluate", "within_pair_auc", "AUC of −R within pairs: in which line?"),
    ("train_full", "own_rows_train_aupr", "AUPR on its training rows"),
    ("diagnose", "z_line_linear", "V(z → line), share of H, linear probe"),
    ("diagnose", "z_line_boosted", "V(z → line), share of H, boosted probe"),
    ("recovery", "lineage_leak", "lineage motifs in U: largest |correlation|"),
)


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


def compared_figures(compared: list[Cell]) -> pd.DataFrame:
    """arm, seed, metric, text, value, and the gate's threshold where there is one (needed, empty
    otherwise).
    """
    needed = {
        row["metric"]: row["value"] for row in load_rows() if row["gate"] in ("recovery", "fit")
    }
    rows = []
    for cell in compared:
        found = {
            stage: read_metrics(cell.folder / stage / "metrics.json")
            for stage in {stage for stage, *_ in COMPARED}
        }
        rows += [
            (cell.arm, cell.seed, metric, text, found[stage].get(metric), needed.get(metric))
            for stage, metric, text in COMPARED
        ]
    return pd.DataFrame(rows, columns=["arm", "seed", "metric", "text", "value", "needed"])


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


def _failed(cell: Cell) -> list[tuple[str, dict]]:
    verdicts = [read_json(path) for path in sorted((cell.folder / "gates").glob("*.verdict.json"))]
    return [
        (found["gate"], check)
        for found in verdicts
        for check in found["checks"]
        if check["outcome"] == FAILED
    ]


def conclusions(table: pd.DataFrame) -> dict[str, dict]:
    """For each other arm: mean differences to the design, whether they are little, and the sentence
    that says so.
    """
    mean = table.pivot_table(index="arm", columns="metric", values="value", aggfunc="mean")
    return {
        arm: _conclusion(arm, mean.loc[DESIGN] - mean.loc[arm]) for arm in mean.index.drop(DESIGN)
    }


def _conclusion(arm: str, gain: pd.Series) -> dict:
    share, corr = (
        float(gain["aupr_unseen_share_of_oracle"]),
        float(gain["resistance_within_pair_corr"]),
    )
    little = abs(share) <= LITTLE_AUPR_SHARE and abs(corr) <= LITTLE_CORRELATION
    better = "better" if corr > 0 else "worse"
    measured = (
        f"within-pair correlation of R {corr:+.2f}, AUPR on unseen lines {share:+.2f} of the"
        " oracle's"
    )
    said = (
        f"the design and {arm} differ little"
        if little
        else f"the design recovers R {better} than {arm}"
    )
    return {
        "aupr_share_gain": share,
        "resistance_corr_gain": corr,
        "differ_little": little,
        "sentence": f"Here {said}: {measured}.",
    }

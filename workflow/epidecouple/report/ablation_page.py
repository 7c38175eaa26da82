"""The page of an ablation: verdicts on the claims, the plane of skill and leakage, tables."""

from pathlib import Path
from typing import Any

import pandas as pd

from ..core.metrics import short_label
from .pages import drawn_figure, page_templates

SHOWN = (
    "aupr_unseen",
    "aupr_unseen_share_of_dna_oracle",
    "balanced_auc",
    "potential_dna_corr",
    "resistance_within_pair_corr",
    "resistance_unseen_corr",
    "potential_line_share",
    "z_line_linear",
    "resistance_potential_corr",
    "lineage_leak",
)


def render(
    folder: Path, name: str, runs: pd.DataFrame, verdicts: dict[str, list[dict[str, Any]]]
) -> str:
    """The page below a run's folder.

    name : of the target, and of its figure; runs : a row per training, with what its arm is
    verdicts : by world, a row per claim and metric
    """
    template = page_templates().get_template("ablation.html.j2")
    return template.render(
        worlds=[
            {
                "name": world,
                "claims": verdicts[world],
                "summary": summary(verdicts[world]),
                "rows": table_rows(block),
                "oracle": block.aupr_unseen_oracle.mean(),
                "knowable": block.aupr_unseen_dna_oracle.mean(),
            }
            for world, block in runs.groupby("world", sort=False)
        ],
        columns=[short_label(metric) for metric in SHOWN],
        trainings=len(runs),
        figure=drawn_figure(folder, name),
    )


def summary(claims: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What became of the claims: a verdict, and the claims that have it, of which a claim that
    predicts several differences says how many.
    """
    rows = pd.DataFrame(claims, columns=["claim", "verdict"])
    return [
        (verdict, "; ".join(_with_share(claim, rows, verdict) for claim in block.claim.unique()))
        for verdict in ("supported", "refuted", "open")
        if len(block := rows[rows.verdict == verdict])
    ]


def _with_share(claim: str, rows: pd.DataFrame, verdict: str) -> str:
    verdicts = rows.verdict[rows.claim == claim]
    count = int((verdicts == verdict).sum())
    return claim if count == len(verdicts) else f"{claim} ({count} of {len(verdicts)})"


def table_rows(block: pd.DataFrame) -> list[dict[str, Any]]:
    """Per arm of a world: its text, its seeds, and mean and sd of each metric over seeds."""
    return [
        {
            "arm": arm,
            "text": rows.text.iloc[0],
            "seeds": len(rows),
            "values": [cell(rows.get(metric, pd.Series(dtype=float)).dropna()) for metric in SHOWN],
        }
        for arm, rows in block.groupby("arm", sort=False)
    ]


def cell(values: pd.Series) -> str:
    """Mean over seeds, with the standard deviation where there are several; empty without any."""
    if values.empty:
        return ""
    spread = f" ± {values.std():.2f}" if len(values) > 1 else ""
    return f"{values.mean():.2f}{spread}"

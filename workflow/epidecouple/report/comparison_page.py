"""The page of a comparison: conclusions, figure, table of means over seeds, failed checks."""

from pathlib import Path
from typing import Any

import pandas as pd

from .pages import drawn_figure, page_templates


def render(
    run: Path, table: pd.DataFrame, failed: pd.DataFrame, conclusions: dict[str, Any]
) -> str:
    """The page of a comparison below a run's folder.

    table, failed : of the stage `comparison`; conclusions : by arm
    """
    template = page_templates().get_template("comparison.html.j2")
    return template.render(
        conclusions=conclusions,
        seeds=table.seed.nunique(),
        arms=list(table.arm.unique()),
        rows=table_rows(table),
        failed=failed.to_dict("records"),
        figure=drawn_figure(run, "comparison"),
    )


def table_rows(table: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """Per metric: its label, and per arm the mean over seeds with smallest and largest."""
    arms = list(table.arm.unique())
    return [
        (label, [_cell(values[values.arm == arm].value.dropna()) for arm in arms])
        for label, values in table.groupby("text", sort=False)
    ]


def _cell(values: pd.Series) -> str:
    return (
        f"{values.mean():.3f} ({values.min():.3f} to {values.max():.3f})"
        if len(values)
        else "not measured"
    )

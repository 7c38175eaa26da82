"""The page of a comparison: conclusions, figure, table and failed checks; nothing is computed here but means for reading."""

import pandas as pd


def table_rows(table: pd.DataFrame) -> list[tuple[str, list[str]]]:
    """For each figure that is compared: its text, and per arm the mean over seeds with smallest and largest."""
    arms, rows = list(table.arm.unique()), []
    for text, found in table.groupby("text", sort=False):
        rows.append((text, [_cell(found[found.arm == arm].value.dropna()) for arm in arms]))
    return rows


def _cell(values: pd.Series) -> str:
    return f"{values.mean():.3f} ({values.min():.3f} to {values.max():.3f})" if len(values) else "not measured"

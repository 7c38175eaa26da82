"""The crossed panel: every pair of any line's table, labelled in every line by that line's loops.

Each DNA pair occurs once in every line, so no representation z of the DNA can tell the line c:
I(z; c) = 0 by construction. Coordinates are 0-based and half-open, in bp.
"""

from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.dna import ENDS
from ..core.errors import InputError
from ..files.catalog import Catalog
from ..files.intervals import inside, joined
from ..files.loops import named_like, read_loops
from ..files.pairs import midpoints, read_pairs
from ..files.peaks import read_regions
from .labels import discordant, label_matrix

KEY = ["chrom", "enhancer_mid", "promoter_mid"]
COORDINATES = ["chrom", "enhancer_start", "enhancer_end", "promoter_start", "promoter_end"]


def read_natural(catalog: Catalog) -> pd.DataFrame:
    """Read the published pair tables of all lines, one below the other.

    Returns the columns of `read_pairs` and `midpoints`, and `cell_line`; one row per pair and table
    that lists it.
    """
    tables = [
        midpoints(read_pairs(files.pairs)).assign(cell_line=line)
        for line, files in catalog.lines.items()
    ]
    return pd.concat(tables, ignore_index=True)


def cross(natural: pd.DataFrame, loops: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Label every distinct pair in every line. Pairs with the same two midpoints are one pair.

    natural : rows of `read_natural`; loops : loops of each line, as `read_loops` gives them
    Returns one row per pair: the coordinates, `cell_line` and `row` of its first listing, and
    label_<line> : 1 when a loop of the line joins both elements, else 0
    published_<line> : label in the line's own table, 1 before 0 where that table lists the
    midpoints twice, and -1 where it does not list them
    """
    panel = natural.drop_duplicates(KEY)[[*COORDINATES, *KEY[1:], "cell_line", "row"]].reset_index(
        drop=True
    )
    labels = {
        f"label_{line}": joined(panel, line_loops).astype(np.int8)
        for line, line_loops in loops.items()
    }
    published = {
        f"published_{line}": _published(panel, natural[natural.cell_line == line]) for line in loops
    }
    return panel.assign(**labels, **published)


def _published(panel: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """Labels int8 (n,) of the panel's pairs in one line's table, -1 where it does not list them."""
    label = table.groupby(KEY).label.max()
    return label.reindex(pd.MultiIndex.from_frame(panel[KEY])).fillna(-1).to_numpy(dtype=np.int8)


def agreement(natural: pd.DataFrame, loops: dict[str, pd.DataFrame]) -> float:
    """Share of published rows whose label the loops of their own line reproduce."""
    groups = natural.groupby("cell_line", sort=False)
    same = [joined(rows, loops[line]) == (rows.label.to_numpy() == 1) for line, rows in groups]
    return float(np.concatenate(same).mean())


def on_chromosomes(natural: pd.DataFrame, config: Config) -> pd.Series:
    """Which rows lie on a chromosome of some fold; bool (n,)."""
    return natural.chrom.isin([chrom for fold in config.splits.folds for chrom in fold])


def in_regions(natural: pd.DataFrame, regions: pd.DataFrame, window_bp: int) -> pd.Series:
    """Which rows have both DNA windows inside one of the regions (chrom, start, end); bool (n,)."""
    kept = np.ones(len(natural), dtype=bool)
    for end in ENDS:
        start = (natural[f"{end}_mid"] - window_bp // 2).clip(lower=0)
        kept &= inside(
            pd.DataFrame({"chrom": natural.chrom, "start": start, "end": start + window_bp}),
            regions,
        )
    return pd.Series(kept, index=natural.index)


class Funnel:
    """Filters of a table, with the number of rows that each one left."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int]] = []

    def keep(self, step: str, table: pd.DataFrame, kept: pd.Series | None = None) -> pd.DataFrame:
        """Keep the rows where `kept` is true (all rows by default) and note how many there are.

        Raises `InputError`, with the counts so far, when no row is left.
        """
        table = table if kept is None else table[kept]
        self.steps.append((step, len(table)))
        if table.empty:
            counts = ", ".join(f"{name}: {rows}" for name, rows in self.steps)
            raise InputError(
                f"no pair is left after the filter '{step}' (rows: {counts})",
                "Loosen that filter or check the input",
            )
        return table

    def table(self) -> pd.DataFrame:
        """One row per filter: step, rows."""
        return pd.DataFrame(self.steps, columns=["step", "rows"])


def build_panel(
    config: Config, catalog: Catalog
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Read the lines' pair tables and loops, filter the pairs and label them in every line.

    Returns the panel (see `cross`), the funnel (step, rows) and the stage's metrics.
    """
    funnel = Funnel()
    natural = funnel.keep("rows of the pair tables", read_natural(catalog))
    loops = {
        line: named_like(read_loops(files.loops), natural.chrom)
        for line, files in catalog.lines.items()
    }
    natural = funnel.keep("on chromosomes of the folds", natural, on_chromosomes(natural, config))
    if catalog.regions:
        regions = read_regions(catalog.regions)
        natural = funnel.keep(
            "both DNA windows inside dataset.regions",
            natural,
            in_regions(natural, regions, config.windows.sequence_bp),
        )
    panel = funnel.keep("distinct pairs by midpoints", cross(natural, loops))
    labels = label_matrix(panel, config.all_lines)
    discordant_in_training = pd.Series(
        discordant(label_matrix(panel, config.cell_lines)), index=panel.index
    )
    # The panel keeps all its pairs; the last two steps only refuse a panel without such pairs.
    funnel.keep("positive in at least one line", panel, pd.Series(labels.any(1), index=panel.index))
    funnel.keep("label-discordant between training lines", panel, discordant_in_training)
    metrics = {
        "natural_rows": len(natural),
        "natural_positive": int(natural.label.sum()),
        "label_agreement": agreement(natural, loops),
        "distinct_coordinates": len(natural.drop_duplicates(COORDINATES)),
        "panel_pairs": len(panel),
        "panel_lines": labels.shape[1],
        "positive_pairs": int(labels.any(1).sum()),
        "discordant_pairs": int(discordant(labels).sum()),
        "discordant_between_training_lines": int(discordant_in_training.sum()),
        **{f"positives_{line}": int(labels[:, c].sum()) for c, line in enumerate(config.all_lines)},
    }
    return panel, funnel.table(), metrics

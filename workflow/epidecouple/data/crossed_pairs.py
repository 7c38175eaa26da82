"""The crossed panel: every pair of any line's table, labelled in every line by that line's loops.

On it I(z; c) = 0 by construction, since each DNA pair occurs once in every line. Coordinates are
0-based, half-open.
"""

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.errors import InputError
from ..files.catalog import Catalog
from ..files.intervals import inside, joined
from ..files.loops import named_like, read_loops
from ..files.pairs import midpoints, read_pairs
from ..files.peaks import read_peaks
from .labels import discordant, label_matrix

KEY = ["chrom", "enhancer_mid", "promoter_mid"]
COORDINATES = ["chrom", "enhancer_start", "enhancer_end", "promoter_start", "promoter_end"]


def read_natural(catalog: Catalog) -> pd.DataFrame:
    """The published tables of all lines, one below the other: pair columns, midpoints, `cell_line`
    and `row`.
    """
    tables = [
        midpoints(read_pairs(files.pairs)).assign(cell_line=line)
        for line, files in catalog.lines.items()
    ]
    return pd.concat(tables, ignore_index=True)


def cross(natural: pd.DataFrame, loops: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per distinct pair of midpoints, labelled in every line; `cell_line` and `row` tell
    where it was listed first.

    label_<line> : 1 when a loop of the line joins the two elements (as first listed), else 0
    published_<line> : label in the line's own table, -1 where that table does not list the pair
    """
    panel = natural.drop_duplicates(KEY)[[*COORDINATES, *KEY[1:], "cell_line", "row"]].reset_index(
        drop=True
    )
    labels = {
        f"label_{line}": joined(panel, of_line).astype(np.int8) for line, of_line in loops.items()
    }
    published = {
        f"published_{line}": _published(panel, natural[natural.cell_line == line]) for line in loops
    }
    return panel.assign(**labels, **published)


def _published(panel: pd.DataFrame, listed: pd.DataFrame) -> np.ndarray:
    label = listed.groupby(KEY).label.max()
    return label.reindex(pd.MultiIndex.from_frame(panel[KEY])).fillna(-1).to_numpy(dtype=np.int8)


def agreement(natural: pd.DataFrame, loops: dict[str, pd.DataFrame]) -> float:
    """Share of published rows whose label the loops of their own line reproduce."""
    groups = natural.groupby("cell_line", sort=False)
    same = [joined(rows, loops[line]) == (rows.label.to_numpy() == 1) for line, rows in groups]
    return float(np.concatenate(same).mean())


def on_chromosomes(natural: pd.DataFrame, config: Config) -> pd.Series:
    """Which rows lie on a chromosome of some fold."""
    return natural.chrom.isin([chrom for fold in config.splits.folds for chrom in fold])


def in_regions(natural: pd.DataFrame, regions: pd.DataFrame, window_bp: int) -> pd.Series:
    """Which rows have both DNA windows of `window_bp` inside the regions (chrom, start, end)."""
    kept = np.ones(len(natural), dtype=bool)
    for kind in ("enhancer", "promoter"):
        start = (natural[f"{kind}_mid"] - window_bp // 2).clip(lower=0)
        kept &= inside(
            pd.DataFrame({"chrom": natural.chrom, "start": start, "end": start + window_bp}),
            regions,
        )
    return pd.Series(kept, index=natural.index)


class Funnel:
    """Row counts after each filter; a filter that leaves nothing ends the run with the counts so
    far.
    """

    def __init__(self) -> None:
        self.steps: list[tuple[str, int]] = []

    def keep(self, step: str, table: pd.DataFrame, kept: pd.Series | None = None) -> pd.DataFrame:
        """Apply a filter, note what it left, and raise `InputError` when that is nothing."""
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
        """step, rows."""
        return pd.DataFrame(self.steps, columns=["step", "rows"])


def build_panel(config: Config, catalog: Catalog) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Read, filter and cross: the panel, the funnel (step, rows) and the stage's metrics."""
    funnel = Funnel()
    natural = funnel.keep("rows of the pair tables", read_natural(catalog))
    loops = {
        line: named_like(read_loops(files.loops), natural.chrom)
        for line, files in catalog.lines.items()
    }
    natural = funnel.keep("on chromosomes of the folds", natural, on_chromosomes(natural, config))
    if catalog.regions:
        regions = read_peaks(catalog.regions)[["chrom", "start", "end"]]
        natural = funnel.keep(
            "both DNA windows inside dataset.regions",
            natural,
            in_regions(natural, regions, config.windows.sequence_bp),
        )
    panel = funnel.keep("distinct pairs by midpoints", cross(natural, loops))
    labels = label_matrix(panel, config.all_lines)
    seen = label_matrix(panel, config.cell_lines)
    discordant_rows = pd.Series(discordant(seen), index=panel.index)
    funnel.keep("positive in at least one line", panel, pd.Series(labels.any(1), index=panel.index))
    funnel.keep("label-discordant between training lines", panel, discordant_rows)
    metrics = {
        "natural_rows": len(natural),
        "natural_positive": int(natural.label.sum()),
        "label_agreement": agreement(natural, loops),
        "distinct_coordinates": len(natural.drop_duplicates(COORDINATES)),
        "panel_pairs": len(panel),
        "panel_lines": labels.shape[1],
        "positive_pairs": int(labels.any(1).sum()),
        "discordant_pairs": int(discordant(labels).sum()),
        "discordant_between_training_lines": int(discordant_rows.sum()),
        **{f"positives_{line}": int(labels[:, c].sum()) for c, line in enumerate(config.all_lines)},
    }
    return panel, funnel.table(), metrics

"""The crossed panel: every pair of any line's table, labelled in every line by that line's loops.

Each DNA pair occurs once in every line, so no representation z of the DNA can tell the line c:
I(z; c) = 0 by construction. Coordinates are 0-based and half-open, in bp.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..core.batch_sizes import PAIRS_PER_BLOCK
from ..core.config import Config
from ..core.dna import COORDINATES, ENDS
from ..core.errors import InputError
from ..core.tables import parts_of, repeated, stacked
from ..files.catalog import Catalog
from ..files.intervals import inside, joined
from ..files.loops import named_like, read_loops
from ..files.pairs import middle, midpoints, read_pairs
from ..files.peaks import read_regions
from .labels import discordant

# How the panel is stored, whatever holds it here.
STORED = dict.fromkeys([*COORDINATES[1:], "enhancer_mid", "promoter_mid", "row"], "int64")
STORED |= {"chrom": "str", "cell_line": "str"}


def read_natural(catalog: Catalog) -> pd.DataFrame:
    """Read the published pair tables of all lines, one below the other.

    Returns the columns of `read_pairs` and `cell_line`, a category; one row per pair and table that
    lists it.
    """
    tables = []
    for line, files in catalog.lines.items():
        table = read_pairs(files.pairs)
        named = pd.Categorical.from_codes(np.zeros(len(table), dtype=np.int8), [line])
        tables.append(table.assign(cell_line=named))
    return stacked(tables)


@dataclass(frozen=True)
class Crossed:
    """The panel, beside the rows that list its pairs: it holds no coordinates of its own.

    natural : rows of `read_natural`; first : which of them list a pair first, bool
    labels, published : of each line, int8 (n_pairs,), see `cross`
    """

    natural: pd.DataFrame
    first: np.ndarray
    labels: dict[str, np.ndarray]
    published: dict[str, np.ndarray]

    def matrix(self, lines: list[str]) -> np.ndarray:
        """Labels int8 (n_pairs, C), columns in the order of `lines`."""
        return np.column_stack([self.labels[line] for line in lines])

    def blocks(self) -> Iterator[pd.DataFrame]:
        """The panel as it is stored, block by block: coordinates with both midpoints, `cell_line`
        and `row` of the first listing, label_<line> and published_<line>.
        """
        done = 0
        for start in range(0, len(self.natural), PAIRS_PER_BLOCK):
            rows = slice(start, start + PAIRS_PER_BLOCK)
            block = midpoints(self.natural[rows][self.first[rows]].reset_index(drop=True))
            pairs = slice(done, done + len(block))
            labels = {
                f"{kind}_{line}": values[pairs]
                for kind, of_line in (("label", self.labels), ("published", self.published))
                for line, values in of_line.items()
            }
            done = pairs.stop
            stored = block.astype(STORED)
            columns = [*COORDINATES, "enhancer_mid", "promoter_mid", "cell_line", "row"]
            yield stored[columns].assign(**labels)


def cross(
    natural: pd.DataFrame, loops: dict[str, pd.DataFrame], kept: np.ndarray
) -> tuple[Crossed, float]:
    """Label every distinct pair in every line. Pairs with the same two midpoints are one pair.

    natural : rows of `read_natural`; loops : loops of each line, as `read_loops` gives them
    kept : which rows count, bool; those of a pair all do or none does
    Returns the panel, with
    labels : 1 when a loop of the line joins both elements of the first listing, else 0
    published : label in the line's own table, 1 before 0 where that table lists the midpoints
    twice, and -1 where it does not list them;
    and the share of published rows whose label the loops of their own line reproduce.
    """
    first, pair = _distinct(natural, kept)
    labels, published, same = {}, {}, 0
    label = natural.label.to_numpy()
    for line, of_line in loops.items():
        found = joined(natural, of_line)
        own = np.flatnonzero((natural.cell_line == line).to_numpy() & kept)
        same += int((found[own] == (label[own] == 1)).sum())
        labels[line] = found[first].astype(np.int8)
        published[line] = np.full(len(labels[line]), -1, dtype=np.int8)
        np.maximum.at(published[line], pair[own], label[own])
    return Crossed(natural, first, labels, published), same / int(kept.sum())


def _distinct(natural: pd.DataFrame, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows list a pair first, bool, and the row of the panel that each row lists, int32, -1
    for a row that does not count.
    """
    first = np.zeros(len(natural), dtype=bool)
    lister = np.zeros(len(natural), dtype=np.int32)
    places = natural[COORDINATES]
    for every in parts_of(natural.chrom, middle(natural, "enhancer")):
        rows = every[kept[every]]
        code = _codes_of_pairs(places.iloc[rows])
        opens = np.diff(np.maximum.accumulate(code), prepend=-1) > 0
        first[rows[opens]] = True
        lister[rows] = rows[opens][code]
    number = np.cumsum(first, dtype=np.int32)
    number -= 1
    pair = number[lister]
    pair[~kept] = -1
    return first, pair


def _codes_of_pairs(pairs: pd.DataFrame) -> np.ndarray:
    """Equal numbers for equal chromosomes and midpoints, counted from 0 as they first occur."""
    code = pd.factorize(pairs.chrom)[0]
    for end in ENDS:
        place = pd.factorize(middle(pairs, end))[0]
        code = pd.factorize(code * (place.max(initial=0) + 1) + place)[0]
    return code


def on_chromosomes(natural: pd.DataFrame, config: Config) -> np.ndarray:
    """Which rows lie on a chromosome of some fold; bool (n,)."""
    listed = [chrom for fold in config.splits.folds for chrom in fold]
    return natural.chrom.isin(listed).to_numpy()


def in_regions(natural: pd.DataFrame, regions: pd.DataFrame, window_bp: int) -> np.ndarray:
    """Which rows have both DNA windows inside one of the regions (chrom, start, end); bool (n,)."""
    kept = np.ones(len(natural), dtype=bool)
    for first in range(0, len(natural), PAIRS_PER_BLOCK):
        rows = slice(first, first + PAIRS_PER_BLOCK)
        block = midpoints(natural[rows])
        for end in ENDS:
            start = (block[f"{end}_mid"] - window_bp // 2).clip(lower=0)
            window = {"chrom": block.chrom, "start": start, "end": start + window_bp}
            kept[rows] &= inside(pd.DataFrame(window), regions)
    return kept


class Funnel:
    """Filters of a table, with the number of rows that each one left."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int]] = []

    def keep(self, step: str, kept: np.ndarray) -> np.ndarray:
        """Note how many rows a filter leaves, which is returned: bool (n,).

        Raises `InputError`, with the counts so far, when no row is left.
        """
        self.steps.append((step, int(kept.sum())))
        if not kept.any():
            counts = ", ".join(f"{name}: {rows}" for name, rows in self.steps)
            raise InputError(
                f"no pair is left after the filter '{step}' (rows: {counts})",
                "Loosen that filter or check the input",
            )
        return kept

    def table(self) -> pd.DataFrame:
        """One row per filter: step, rows."""
        return pd.DataFrame(self.steps, columns=["step", "rows"])


def build_panel(config: Config, catalog: Catalog) -> tuple[Crossed, pd.DataFrame, dict[str, Any]]:
    """Read the lines' pair tables and loops, filter the pairs and label them in every line.

    Returns the panel, the funnel (step, rows) and the stage's metrics.
    """
    funnel = Funnel()
    natural = read_natural(catalog)
    kept = funnel.keep("rows of the pair tables", np.ones(len(natural), dtype=bool))
    loops = {
        line: named_like(read_loops(files.loops), natural.chrom)
        for line, files in catalog.lines.items()
    }
    kept = funnel.keep("on chromosomes of the folds", kept & on_chromosomes(natural, config))
    if catalog.regions:
        regions = read_regions(catalog.regions)
        inside_regions = in_regions(natural, regions, config.windows.sequence_bp)
        kept = funnel.keep("both DNA windows inside dataset.regions", kept & inside_regions)
    panel, agreement = cross(natural, loops, kept)
    funnel.keep("distinct pairs by midpoints", panel.first)
    # The panel keeps all its pairs; the last two steps only refuse a panel without such pairs.
    positive = np.any(panel.matrix(config.all_lines), axis=1)
    funnel.keep("positive in at least one line", np.asarray(positive))
    between = discordant(panel.matrix(config.cell_lines))
    funnel.keep("label-discordant between training lines", between)
    of_rows = {
        "natural_rows": int(kept.sum()),
        "natural_positive": int(natural.label.to_numpy()[kept].sum()),
        "label_agreement": agreement,
        "distinct_coordinates": int((kept & ~repeated(natural, COORDINATES)).sum()),
    }
    return panel, funnel.table(), of_rows | _metrics(panel, config)


def _metrics(panel: Crossed, config: Config) -> dict[str, Any]:
    """Counts of pairs and of their labels."""
    labels = panel.matrix(config.all_lines)
    return {
        "panel_pairs": labels.shape[0],
        "panel_lines": labels.shape[1],
        "positive_pairs": int(labels.any(1).sum()),
        "discordant_pairs": int(discordant(labels).sum()),
        "discordant_between_training_lines": int(discordant(panel.matrix(config.cell_lines)).sum()),
        **{f"positives_{line}": int(panel.labels[line].sum()) for line in config.all_lines},
    }

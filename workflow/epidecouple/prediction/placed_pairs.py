"""A panel of pairs that nobody has labelled: what the scoring functions read, for pairs and cell lines outside a run."""

import dataclasses

import numpy as np
import pandas as pd
import pyfaidx

from ..core.config import Config
from ..data.line_signal import normalised_signal, places_of_ends
from ..data.loci import pair_table, unique_elements, windows
from ..data.panel import Panel
from ..data.shards import Shard
from ..data.splits import splits_of
from ..files.fasta import NO_BASE, gather_codes

NO_SPLIT = "none"


@dataclasses.dataclass(frozen=True)
class Placed:
    """Pairs as rows of encoded windows.

    pairs : as `loci.pair_table` makes them, index of the table they came from
    elements : chrom, mid; codes : uint8 (n_elements, L), `NO_BASE` for a letter that is no base
    """

    pairs: pd.DataFrame
    elements: pd.DataFrame
    codes: np.ndarray

    def letter_reasons(self) -> pd.Series:
        """Why pairs cannot be scored whose windows hold another letter than A C G T N; only these pairs."""
        wrong = (self.codes == NO_BASE).any(1)
        told = {}
        for end in ("enhancer", "promoter"):
            for row in self.pairs.index[wrong[self.pairs[end]]]:
                told.setdefault(row, f"the {end}'s window holds a letter other than A C G T N")
        return pd.Series(told, dtype=object)

    def without(self, rows: pd.Index) -> "Placed":
        """The same without some pairs."""
        return dataclasses.replace(self, pairs=self.pairs.drop(index=rows))


def place(pairs: pd.DataFrame, fasta: pyfaidx.Fasta | None, config: Config) -> Placed:
    """Encode the windows of pairs (chrom, starts, ends and midpoints of both elements), each unique window once.

    Without pairs no genome is needed.
    """
    elements, width = unique_elements(pairs), config.windows.sequence_bp
    codes = gather_codes(fasta, windows(elements, width)) if len(elements) else np.empty((0, width), dtype=np.uint8)
    table = pair_table(pairs, elements, splits_of(config))
    return Placed(table.assign(split=table.split.astype(object).fillna(NO_SPLIT)), elements, codes)


def nothing_placed(config: Config) -> Placed:
    """No pair at all: what is needed to look at a line's reference loci alone."""
    numbers = [f"{end}_{part}" for end in ("enhancer", "promoter") for part in ("start", "end", "mid")]
    pairs = pd.DataFrame({"chrom": pd.Series(dtype=str), **{name: pd.Series(dtype="int64") for name in numbers}})
    return place(pairs, None, config)


def panel_of(placed: Placed, rows: np.ndarray) -> Panel:
    """A panel without lines of the pairs at positions `rows`: enough for U."""
    pairs = placed.pairs.iloc[rows]
    return Panel(
        lines=[],
        training=[],
        codes=placed.codes,
        enhancer=pairs.enhancer.to_numpy(),
        promoter=pairs.promoter.to_numpy(),
        log_distance=np.log10(np.maximum(pairs.distance, 1)).to_numpy(dtype=np.float32),
        annotated_bp=pairs[["enhancer_bp", "promoter_bp"]].to_numpy(dtype=np.float32),
        chrom=pairs.chrom.to_numpy(dtype=str),
        split=pairs.split.to_numpy(dtype=str),
        labels=np.zeros((len(pairs), 0), dtype=np.int8),
        published=np.zeros((len(pairs), 0), dtype=np.int8),
        shards=[],
        present=np.zeros((0, 0), dtype=bool),
        offset=np.zeros((0, 0), dtype=np.float32),
        scale=np.zeros((0, 0), dtype=np.float32),
    )


def in_line(panel: Panel, line: str, signal: np.ndarray, reference: np.ndarray, statistics: dict, config: Config) -> Panel:
    """The panel in one line, its signal (n, 2 + bins, M) and reference (n_ref, M) normalised with these statistics."""
    nothing = np.zeros(len(panel.enhancer), dtype=np.int8)
    of_mark = {name: np.array([[statistics[mark][name] for mark in config.marks]]) for name in ("present", "mean", "sd")}
    raw = config.model.marks == "raw"
    return dataclasses.replace(
        panel,
        lines=[line],
        shards=[Shard(nothing, nothing - 1, signal, reference, {"marks": statistics})],
        labels=nothing[:, None],
        published=nothing[:, None] - 1,
        present=of_mark["present"],
        offset=np.float32(of_mark["mean"] if raw else np.zeros_like(of_mark["mean"])),
        scale=np.float32(of_mark["sd"] if raw else np.ones_like(of_mark["sd"])),
    )


def signal_of(placed: Placed, rows: np.ndarray, peaks: dict[str, pd.DataFrame], statistics: dict, config: Config) -> np.ndarray:
    """Normalised signal float16 (len(rows), 2 + bins, M) of pairs in the line that has these peaks."""
    return normalised_signal(peaks, statistics, placed.pairs.iloc[rows], places_of_ends(placed.elements, config), config)

"""Unlabelled pairs placed on the genome, and the inputs of U and R for them."""

import dataclasses

import numpy as np
import pandas as pd
import pyfaidx
import torch
from torch import Tensor

from ..core.config import Config
from ..core.dna import ENDS, Windows
from ..data.line_signal import MarkStatistics, normalised_signal, places_of_ends
from ..data.loci import pair_table, unique_elements, windows
from ..data.panel import flagged, log_distance
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
        """Why pairs cannot be scored whose windows hold another letter than A C G T N; only these
        pairs.
        """
        wrong = (self.codes == NO_BASE).any(1)
        reasons: dict[int, str] = {}
        for end in ("enhancer", "promoter"):
            for row in self.pairs.index[wrong[self.pairs[end]]]:
                reasons.setdefault(row, f"the {end}'s window holds a letter other than A C G T N")
        return pd.Series(reasons, dtype=object)

    def without(self, rows: pd.Index) -> "Placed":
        """The same without some pairs."""
        return dataclasses.replace(self, pairs=self.pairs.drop(index=rows))


def place(pairs: pd.DataFrame, fasta: pyfaidx.Fasta | None, config: Config) -> Placed:
    """Encode the windows of pairs (chrom, starts, ends and midpoints of both elements), each unique
    window once.

    Without pairs no genome is needed.
    """
    elements = unique_elements(pairs)
    width = config.windows.sequence_bp
    codes = (
        gather_codes(fasta, windows(elements, width))
        if len(elements)
        else np.empty((0, width), dtype=np.uint8)
    )
    table = pair_table(pairs, elements, splits_of(config))
    return Placed(table.assign(split=table.split.astype(object).fillna(NO_SPLIT)), elements, codes)


def windows_of(placed: Placed, rows: np.ndarray) -> tuple[Windows, Tensor]:
    """Inputs of U for placed pairs at positions `rows`: windows, and log10 of the distance in bp
    (len(rows),).
    """
    pairs = placed.pairs.iloc[rows]
    enhancer, promoter = (torch.from_numpy(pairs[end].to_numpy()) for end in ENDS)
    lengths = torch.from_numpy(pairs[["enhancer_bp", "promoter_bp"]].to_numpy(dtype=np.float32))
    windows = Windows(torch.from_numpy(placed.codes), enhancer, promoter, lengths)
    return windows, torch.from_numpy(log_distance(pairs.distance))


def signal_of(
    placed: Placed,
    rows: np.ndarray,
    peaks: dict[str, pd.DataFrame],
    statistics: dict[str, MarkStatistics],
    config: Config,
) -> Tensor:
    """Input of R for placed pairs at positions `rows` in the line that has these peaks: float32
    (len(rows), P, 2M).
    """
    ends = places_of_ends(placed.elements, config)
    stored = normalised_signal(peaks, statistics, placed.pairs.iloc[rows], ends, config)
    return flagged(stored, *read_as(statistics, config), config.windows.way_slots)


def read_as(
    statistics: dict[str, MarkStatistics], config: Config
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Presence, offset and scale (M,) with which R reads a line's normalised marks, from the
    statistics of the line.
    """
    marks = [statistics[mark] for mark in config.marks]
    raw = config.model.marks == "raw"
    present = np.array([mark["present"] for mark in marks])
    offset = np.array([mark["mean"] if raw else 0 for mark in marks], dtype=np.float32)
    scale = np.array([mark["sd"] if raw else 1 for mark in marks], dtype=np.float32)
    return present, offset, scale

"""Signal of the marks in one cell line, at pairs and reference loci, normalised on the latter.

The P positions of a pair are enhancer and promoter at `windows.signal_bp`, both again at every
width of `windows.scales`, the bins between the midpoints, and the densities of the way, see
`data.way`. M marks; a missing mark is 0, the reference mean. Coordinates are 0-based and half-open,
in bp.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np
import pandas as pd

from ..core.batch_sizes import PAIRS_PER_BLOCK
from ..core.config import Config
from ..core.errors import InputError, shown
from ..files.catalog import LineFiles
from ..files.peaks import read_peaks
from .loci import windows
from .normalisation import Normaliser
from .signal import bins_between, ends_signal, mean_signal, pair_signal, resized, widths
from .way import way_densities

# A standard deviation of log1p signal below this is rounding: half of what float16 resolves at 1e-3
# is 1e-6, and divided by 5.6e-17 any difference is infinite.
SMALLEST_SD = 1e-6


def read_marks(files: dict[str, Path], marks: list[str]) -> dict[str, pd.DataFrame]:
    """Read the peaks (chrom, start, end, signal) of each of the marks that has a file."""
    return {mark: read_peaks(files[mark]) for mark in marks if mark in files}


def places_of_ends(elements: pd.DataFrame, config: Config) -> list[pd.DataFrame]:
    """Windows around the elements' midpoints, one table (chrom, start, end) per signal width.

    A window is cut at the start of the chromosome, not at its end.
    """
    centred = [
        windows(elements, width) for width in (config.windows.signal_bp, *config.windows.scales)
    ]
    return [loci.assign(start=loci.start.clip(lower=0)) for loci in centred]


class MarkStatistics(TypedDict):
    """How a mark is normalised in a line, as the shard's manifest stores it.

    present : False for a missing mark (see `reference_signal`)
    mean, sd : of the mark's log1p signal on the reference loci
    ranks : width in bp -> `Normaliser.as_dict`, with `windows.signal: ranks` only
    """

    present: bool
    mean: float
    sd: float
    ranks: NotRequired[dict[str, dict[str, Any]]]


def reference_signal(
    peaks: dict[str, pd.DataFrame], reference: pd.DataFrame, config: Config
) -> tuple[np.ndarray, dict[str, MarkStatistics]]:
    """Measure and normalise the marks of a line on its reference loci.

    peaks : peaks of each mark that the line has; reference : chrom, start, end
    Returns the signal, float16 (n_ref, M), and the statistics of each mark. A mark is missing where
    the line has no peaks of it, or its signal does not vary over the reference loci: then it is 0,
    the reference mean.
    """
    on_reference = np.zeros((len(reference), len(config.marks)), dtype=np.float16)
    statistics: dict[str, MarkStatistics] = {}
    for m, mark in enumerate(config.marks):
        raw = (
            np.log1p(mean_signal(reference, peaks[mark]))
            if mark in peaks
            else np.zeros(len(reference))
        )
        standard = Normaliser.on(raw, "standard")
        present = standard.sd > SMALLEST_SD
        statistics[mark] = {"present": present, "mean": standard.mean, "sd": standard.sd}
        if present:
            if config.windows.signal == "ranks":
                statistics[mark]["ranks"] = ranks_by_width(reference, raw, peaks[mark], config)
            on_reference[:, m] = normaliser_of(statistics[mark], config.windows.signal_bp)(raw)
    return on_reference, statistics


def require_signal(
    files: dict[str, Path],
    peaks: dict[str, pd.DataFrame],
    reference: pd.DataFrame,
    statistics: dict[str, MarkStatistics],
) -> None:
    """Raise `InputError` for a mark that has a file and yet no signal that varies over the
    reference loci: a mark is missing because its file is, never because of what stands in it.

    files, peaks : by mark; reference : chrom, start, end; statistics : from `reference_signal`
    """
    for mark in [mark for mark in peaks if not statistics[mark]["present"]][:1]:
        problem = f"the signal of {mark} is the same at every reference locus"
        if statistics[mark]["mean"] == 0:
            problem = (
                f"no peak of this file lies on a reference locus (file: {shown(peaks[mark].chrom)};"
                f" reference loci: {shown(reference.chrom)})"
            )
        remedy = f"Give {mark} peaks of the same assembly and naming, or leave the mark out"
        raise InputError(problem, remedy, files[mark])


def ranks_by_width(
    reference: pd.DataFrame, raw: np.ndarray, peaks: pd.DataFrame, config: Config
) -> dict[str, dict[str, Any]]:
    """Rank normalisers of a mark, as dicts by width in bp.

    The signal at a width is ranked among reference loci resized to that width.
    raw : log1p signal (n_ref,) of the reference loci as they are, `windows.signal_bp` wide
    """
    resized_signal = {
        bp: np.log1p(mean_signal(resized(reference, bp), peaks))
        for bp in sorted(set(widths(config.windows)))
    }
    by_width = resized_signal | {config.windows.signal_bp: raw}
    return {str(bp): Normaliser.on(signal, "ranks").as_dict() for bp, signal in by_width.items()}


def normaliser_of(statistics: MarkStatistics, width: int) -> Normaliser:
    """The normaliser of a mark at a width in bp; widths differ only where signal is ranked."""
    return (
        Normaliser(**statistics["ranks"][str(width)])
        if "ranks" in statistics
        else Normaliser(statistics["mean"], statistics["sd"])
    )


def normalised_signal(
    peaks: dict[str, pd.DataFrame],
    statistics: dict[str, MarkStatistics],
    pairs: pd.DataFrame,
    ends: list[pd.DataFrame],
    config: Config,
) -> np.ndarray:
    """The arrays of `signal_blocks` as one, for pairs in memory."""
    starts = range(0, max(len(pairs), 1), PAIRS_PER_BLOCK)
    blocks = (pairs.iloc[start : start + PAIRS_PER_BLOCK] for start in starts)
    return np.concatenate([*signal_blocks(peaks, statistics, blocks, ends, config)])


def signal_blocks(
    peaks: dict[str, pd.DataFrame],
    statistics: dict[str, MarkStatistics],
    blocks: Iterable[pd.DataFrame],
    ends: list[pd.DataFrame],
    config: Config,
) -> Iterator[np.ndarray]:
    """Measure and normalise the marks of a line at blocks of pairs: of each float16 (n, P, M), 0
    for a missing mark.

    The densities of the way, which come last, are as they were measured.

    peaks, statistics : of each mark in the line; blocks : of pairs, as `pair_table` gives them
    ends : windows of the elements at every width, from `places_of_ends`
    """
    positions = len(widths(config.windows))
    present = {m: mark for m, mark in enumerate(config.marks) if statistics[mark]["present"]}
    at_ends = {m: ends_signal(ends, peaks[mark]) for m, mark in present.items()}
    for block in blocks:
        signal = np.zeros((len(block), *shape_of_pair(config)), np.float16)
        between = bins_between(block, config.windows.bins)
        for m, mark in present.items():
            raw = pair_signal(block, at_ends[m], between, peaks[mark])
            signal[:, :positions, m] = normalised(raw, statistics[mark], config)
            if config.windows.way:
                width = config.windows.signal_bp
                signal[:, positions:, m] = way_densities(block, peaks[mark], width)
        yield signal


def shape_of_pair(config: Config) -> tuple[int, int]:
    """Positions and marks of the signal of a pair."""
    return len(widths(config.windows)) + config.windows.way_slots, len(config.marks)


def normalised(raw: np.ndarray, statistics: MarkStatistics, config: Config) -> np.ndarray:
    """Normalise a mark's log1p signal (n, P), each position with the statistics of its width."""
    return np.column_stack(
        [
            normaliser_of(statistics, bp)(column)
            for bp, column in zip(widths(config.windows), raw.T, strict=True)
        ]
    )


def measure(
    line: LineFiles,
    blocks: Iterable[pd.DataFrame],
    ends: list[pd.DataFrame],
    reference: pd.DataFrame,
    config: Config,
) -> tuple[Iterator[np.ndarray], np.ndarray, dict[str, MarkStatistics]]:
    """Measure and normalise all configured marks of a line.

    Returns the signal of the pairs, which is measured block by block as it is asked for, that of
    the reference loci (n_ref, M), and the statistics of each mark; see `signal_blocks` and
    `reference_signal`.
    """
    peaks = read_marks(line.peaks, config.marks)
    on_reference, statistics = reference_signal(peaks, reference, config)
    require_signal(line.peaks, peaks, reference, statistics)
    return signal_blocks(peaks, statistics, blocks, ends, config), on_reference, statistics

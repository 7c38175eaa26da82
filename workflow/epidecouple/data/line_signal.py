"""Shards: one folder per cell line with its labels, its normalised signal and where both came from.

pairs.parquet   pair (row of the panel), label, published, split
signal.npy      float16 (n, P, M), normalised on the reference loci; 0 for a missing mark. P: both
ends, both at every
                further width of windows.scales, the bins between
reference.npy   float16 (n_ref, M), the same on the reference loci
manifest.json   marks present, normalisation statistics, row counts, fingerprints, split hash
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.batch_sizes import PAIRS_PER_BLOCK
from ..core.config import Config
from ..files.catalog import LineFiles
from ..files.peaks import read_peaks
from .loci import windows
from .normalisation import Normaliser
from .signal import bins_between, ends_signal, mean_signal, pair_signal, resized, widths


def read_marks(files: dict[str, Path], marks: list[str]) -> dict[str, pd.DataFrame]:
    """Peaks (chrom, start, end, signal) of each of the marks that has a file."""
    return {mark: read_peaks(files[mark]) for mark in marks if mark in files}


def places_of_ends(elements: pd.DataFrame, config: Config) -> list[pd.DataFrame]:
    """Windows around the elements' midpoints at every width, cut at the start of the chromosome."""
    around = [
        windows(elements, width) for width in (config.windows.signal_bp, *config.windows.scales)
    ]
    return [places.assign(start=places.start.clip(lower=0)) for places in around]


def reference_signal(
    peaks: dict[str, pd.DataFrame], reference: pd.DataFrame, config: Config
) -> tuple[np.ndarray, dict]:
    """Normalised signal of a line on the reference loci, float16 (n_ref, M), and the statistics it
    was normalised with.

    A mark without peaks in the line, or without any on the reference loci, is missing: zeros after
    normalisation, which is the reference mean, and `present: false` in the statistics.
    """
    on_reference = np.zeros((len(reference), len(config.marks)), dtype=np.float16)
    statistics = {}
    for m, mark in enumerate(config.marks):
        raw = (
            np.log1p(mean_signal(reference, peaks[mark]))
            if mark in peaks
            else np.zeros(len(reference))
        )
        level = Normaliser.on(raw, "standard")
        statistics[mark] = {"present": level.sd > 0, "mean": level.mean, "sd": level.sd}
        if level.sd > 0:
            if config.windows.signal == "ranks":
                statistics[mark]["ranks"] = ranks_by_width(reference, raw, peaks[mark], config)
            on_reference[:, m] = normaliser_of(statistics[mark], config.windows.signal_bp)(raw)
    return on_reference, statistics


def ranks_by_width(
    reference: pd.DataFrame, raw: np.ndarray, peaks: pd.DataFrame, config: Config
) -> dict[str, dict]:
    """A mark's normaliser per width (bp): ranks are among reference loci of the same width.

    raw : log1p signal of the reference loci at `windows.signal_bp`
    """
    wider = {
        bp: np.log1p(mean_signal(resized(reference, bp), peaks))
        for bp in sorted(set(widths(config.windows)))
    }
    values = wider | {config.windows.signal_bp: raw}
    return {str(bp): Normaliser.on(signal, "ranks").as_dict() for bp, signal in values.items()}


def normaliser_of(known: dict, width: int) -> Normaliser:
    """The normaliser of a mark at a width (bp) from its statistics; standardising needs one for all
    widths.
    """
    return (
        Normaliser(**known["ranks"][str(width)])
        if "ranks" in known
        else Normaliser(known["mean"], known["sd"])
    )


def normalised_signal(
    peaks: dict[str, pd.DataFrame],
    statistics: dict,
    pairs: pd.DataFrame,
    ends: list[pd.DataFrame],
    config: Config,
    stored: Path | None = None,
) -> np.ndarray:
    """Signal of pairs in a line, float16 (n, P, M), normalised with the line's statistics; 0 for a
    missing mark.

    Made in blocks of pairs, and with `stored` in a file that stays on disk, so that memory does not
    grow with the pairs.
    """
    shape = (len(pairs), len(widths(config.windows)), len(config.marks))
    signal = (
        np.lib.format.open_memmap(stored, "w+", np.float16, shape)
        if stored
        else np.zeros(shape, np.float16)
    )
    known = {m: mark for m, mark in enumerate(config.marks) if statistics[mark]["present"]}
    at_ends = {m: ends_signal(ends, peaks[mark]) for m, mark in known.items()}
    for start in range(0, len(pairs), PAIRS_PER_BLOCK):
        block = pairs.iloc[start : start + PAIRS_PER_BLOCK]
        between = bins_between(block, config.windows.bins)
        for m, mark in known.items():
            raw = pair_signal(block, at_ends[m], between, peaks[mark])
            signal[start : start + len(block), :, m] = normalised(raw, statistics[mark], config)
    return signal


def normalised(raw: np.ndarray, known: dict, config: Config) -> np.ndarray:
    """A mark's signal (n, P), each position normalised with the statistics of its width."""
    return np.column_stack(
        [
            normaliser_of(known, bp)(column)
            for bp, column in zip(widths(config.windows), raw.T, strict=True)
        ]
    )


def measure(
    line: LineFiles,
    pairs: pd.DataFrame,
    ends: list[pd.DataFrame],
    reference: pd.DataFrame,
    config: Config,
    stored: Path | None = None,
):
    """Signal of all configured marks of a line: normalised pairs (n, P, M), reference (n_ref, M),
    statistics.
    """
    peaks = read_marks(line.peaks, config.marks)
    on_reference, statistics = reference_signal(peaks, reference, config)
    return (
        normalised_signal(peaks, statistics, pairs, ends, config, stored),
        on_reference,
        statistics,
    )

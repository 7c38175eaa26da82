"""Readers of peak files (narrowPeak, broadPeak, BED). Coordinates are 0-based and half-open."""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from .text import line_of_row, readable

SIGNAL_COLUMN = 6


def read_peaks(path: Path) -> pd.DataFrame:
    """Peaks of a file: chrom, start, end, signal, sorted by position.

    The signal is column 7 (signalValue of narrowPeak and broadPeak), or 1 in a BED without it.
    Raises `InputError` for a damaged gzip, an empty file, an interval that is none, or a signal
    that is no number >= 0.
    """
    table = _table(path)
    if table.shape[1] < 3:
        raise InputError(
            f"{table.shape[1]} columns",
            "Give a BED, narrowPeak or broadPeak file, separated by tabs",
            path,
        )
    start, end = (_whole_numbers(table[column], column, path) for column in (1, 2))
    has_signal = table.shape[1] > SIGNAL_COLUMN
    signal = pd.to_numeric(table[SIGNAL_COLUMN], errors="coerce") if has_signal else 1.0
    peaks = pd.DataFrame({"chrom": table[0].astype(str), "start": start, "end": end}).assign(
        signal=signal
    )
    _check_intervals(peaks, path)
    if has_signal:
        _check_signal(peaks.signal, table[SIGNAL_COLUMN], path)
    return peaks.sort_values(["chrom", "start", "end"], ignore_index=True).astype({"signal": float})


def _check_intervals(peaks: pd.DataFrame, path: Path) -> None:
    for row in peaks[(peaks.start >= peaks.end) | (peaks.start < 0)].head(1).itertuples():
        problem = f"peak {row.chrom}:{row.start}-{row.end} is not an interval"
        raise InputError(problem, "Mend or remove it", path, line_of_row(path, row.Index))


def _check_signal(signal: pd.Series, text: pd.Series, path: Path) -> None:
    for row in signal.index[~((signal >= 0) & np.isfinite(signal))][:1]:
        problem = f"the signal (column {SIGNAL_COLUMN + 1}) is '{text[row]}'"
        raise InputError(
            problem, "Give a finite number that is not negative", path, line_of_row(path, row)
        )


def _table(path: Path) -> pd.DataFrame:
    try:
        with readable(path):
            return pd.read_csv(
                path, sep="\t", header=None, comment="#", compression="infer", low_memory=False
            )
    except pd.errors.EmptyDataError as error:
        raise InputError(
            "this peak file is empty",
            "Give another file or leave the mark out for this cell line",
            path,
        ) from error
    except pd.errors.ParserError as error:
        problem = f"rows differ in their number of columns ({str(error).strip()})"
        raise InputError(problem, "Remove `track` lines and mend the row", path) from error


def _whole_numbers(values: pd.Series, column: int, path: Path) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    for row in values.index[numbers.isna() | (numbers % 1 != 0)][:1]:
        remedy = "Give a BED, narrowPeak or broadPeak file without header"
        raise InputError(
            f"column {column + 1} is '{values[row]}', not a whole number",
            remedy,
            path,
            line_of_row(path, row),
        )
    return numbers.astype("int64")

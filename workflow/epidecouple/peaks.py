"""Readers of peak files (narrowPeak, broadPeak, BED). Coordinates are 0-based and half-open."""

import gzip
import zlib
from pathlib import Path

import pandas as pd

from .errors import InputError

SIGNAL_COLUMN = 6


def read_peaks(path: Path) -> pd.DataFrame:
    """Peaks of a file: chrom, start, end, signal, sorted by position.

    The signal is column 7 (signalValue of narrowPeak and broadPeak), or 1 in a BED without it.
    Raises `InputError` for a damaged gzip, an empty file, or an interval that is none.
    """
    try:
        table = pd.read_csv(path, sep="\t", header=None, comment="#", compression="infer", low_memory=False)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"this gzip file is damaged or cut short ({error})", "Remove it and run again", path) from error
    except pd.errors.EmptyDataError as error:
        raise InputError("this peak file is empty", "Give another file or leave the mark out for this cell line", path) from error
    if table.shape[1] < 3 or not all(pd.api.types.is_integer_dtype(table[column]) for column in (1, 2)):
        raise InputError("columns 2 and 3 are not whole numbers", "Give a BED, narrowPeak or broadPeak file without header", path)
    signal = table[SIGNAL_COLUMN].astype(float) if table.shape[1] > SIGNAL_COLUMN else 1.0
    peaks = pd.DataFrame({"chrom": table[0].astype(str), "start": table[1], "end": table[2]}).assign(signal=signal)
    bad = peaks[(peaks.start >= peaks.end) | (peaks.start < 0)]
    for row in bad.head(1).itertuples():
        raise InputError(f"peak {row.chrom}:{row.start}-{row.end} is not an interval", "Mend or remove it", path, row.Index + 1)
    return peaks.sort_values(["chrom", "start", "end"], ignore_index=True)

"""The genome: chromosome sizes and fixed windows as codes. The only module that opens a FASTA.

Coordinates are 0-based and half-open.
"""

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyfaidx
from numpy.lib.stride_tricks import sliding_window_view

from ..core.errors import InputError
from .text import readable

NO_BASE = 255
_CODE_OF_BYTE = np.full(256, NO_BASE, dtype=np.uint8)
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt", b"Nn")):
    _CODE_OF_BYTE[list(_letters)] = _code


@contextmanager
def open_genome(path: Path) -> Iterator[pyfaidx.Fasta]:
    """Open a FASTA, plain or gzip; the unpacked copy and the index live in a scratch folder and go
    with it.

    Raises `InputError` for a truncated gzip and for what is no FASTA.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "genome.fa"
        if path.suffix == ".gz":
            _unpack(path, plain)
        else:
            plain.symlink_to(path.resolve())
        with _indexed(plain, path) as fasta:
            yield fasta


def _unpack(path: Path, target: Path) -> None:
    with readable(path), gzip.open(path) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, 1 << 22)


def _indexed(plain: Path, path: Path) -> pyfaidx.Fasta:
    """The unpacked FASTA with its index; `path` is the file of the user."""
    try:
        with readable(path):
            return pyfaidx.Fasta(str(plain), as_raw=True, sequence_always_upper=False)
    except (pyfaidx.FastaIndexingError, ValueError) as error:
        problem = (
            "this is no FASTA that can be used"
            f" ({str(error).replace(str(plain), path.name).rstrip('.')})"
        )
        raise InputError(
            problem,
            "Give sequences below lines like >chr1, all lines of one length, each name once",
            path,
        ) from error


def chromosome_sizes(fasta: pyfaidx.Fasta) -> dict[str, int]:
    """Length of each chromosome in bp."""
    return {record.name: len(record) for record in fasta}


def gather_codes(fasta: pyfaidx.Fasta, windows: pd.DataFrame) -> np.ndarray:
    """Codes uint8 (n, L) of windows of equal length: A C G T N = 0 1 2 3 4, and `NO_BASE` for any
    other letter.
    """
    length = int(windows.end.iloc[0] - windows.start.iloc[0])
    codes = np.empty((len(windows), length), dtype=np.uint8)
    for chrom, rows in windows.groupby("chrom", sort=False).indices.items():
        letters = np.frombuffer(fasta[chrom][:].encode("ascii", "replace"), dtype=np.uint8)
        codes[rows] = _CODE_OF_BYTE[
            sliding_window_view(letters, length)[windows.start.to_numpy()[rows]]
        ]
    return codes


def encode_windows(fasta: pyfaidx.Fasta, windows: pd.DataFrame, genome: Path) -> np.ndarray:
    """Codes as `gather_codes` gives them; raises `InputError` for a letter other than ACGTN, naming
    its position.
    """
    codes = gather_codes(fasta, windows)
    for row, offset in np.argwhere(codes == NO_BASE)[:1]:
        chrom = windows.chrom.iloc[row]
        at = int(windows.start.iloc[row] + offset)
        raise InputError(
            f"letter '{fasta[chrom][at]}' at {chrom}:{at} is not one of A C G T N",
            "Replace it by N",
            genome,
        )
    return codes

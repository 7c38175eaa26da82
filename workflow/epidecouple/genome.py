"""The genome: chromosome sizes and fixed windows as codes. The only module that opens a FASTA.

Coordinates are 0-based and half-open.
"""

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyfaidx

from .errors import InputError

_CODE_OF_BYTE = np.full(256, 255, dtype=np.uint8)
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt", b"Nn")):
    _CODE_OF_BYTE[list(_letters)] = _code


@contextmanager
def open_genome(path: Path) -> Iterator[pyfaidx.Fasta]:
    """Open a FASTA, plain or gzip; the unpacked copy and the index live in a scratch folder and go with it.

    Raises `InputError` for a truncated gzip.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "genome.fa"
        if path.suffix == ".gz":
            _unpack(path, plain)
        else:
            plain.symlink_to(path.resolve())
        with pyfaidx.Fasta(str(plain), as_raw=True, sequence_always_upper=False) as fasta:
            yield fasta


def _unpack(path: Path, target: Path) -> None:
    try:
        with gzip.open(path) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 22)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"this gzip file is damaged or cut short ({error})", "Remove it and run again", path) from error


def chromosome_sizes(fasta: pyfaidx.Fasta) -> dict[str, int]:
    """Length of each chromosome in bp."""
    return {record.name: len(record) for record in fasta}


def encode_windows(fasta: pyfaidx.Fasta, windows: pd.DataFrame, genome: Path) -> np.ndarray:
    """Codes uint8 (n, L) of windows of equal length: A C G T N = 0 1 2 3 4.

    Raises `InputError` for a letter other than ACGTN, naming its position.
    """
    length = int(windows.end.iloc[0] - windows.start.iloc[0])
    codes = np.empty((len(windows), length), dtype=np.uint8)
    for chrom, block in windows.groupby("chrom", sort=False):
        letters = np.frombuffer(fasta[chrom][:].encode("ascii", "replace"), dtype=np.uint8)
        codes[windows.index.get_indexer(block.index)] = _CODE_OF_BYTE[letters[block.start.to_numpy()[:, None] + np.arange(length)]]
        _check_letters(codes, windows, letters, block, genome)
    return codes


def _check_letters(codes: np.ndarray, windows: pd.DataFrame, letters: np.ndarray, block: pd.DataFrame, genome: Path) -> None:
    rows = windows.index.get_indexer(block.index)
    row, column = np.argwhere(codes[rows] == 255)[:1].T if (codes[rows] == 255).any() else ((), ())
    for index, offset in zip(row, column, strict=True):
        at = block.start.iloc[index] + offset
        raise InputError(
            f"letter '{chr(letters[at])}' at {block.chrom.iloc[index]}:{at} is not one of A C G T N", "Replace it by N", genome
        )


def gc_content(codes: np.ndarray, *rows: np.ndarray) -> np.ndarray:
    """Mean share of G and C over the windows that each of `rows` (n,) names, (n,); codes uint8 (n_elements, L)."""
    share = ((codes == 1) | (codes == 2)).mean(1)
    return np.mean([share[which] for which in rows], axis=0)

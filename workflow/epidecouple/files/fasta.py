"""The genome: chromosome sizes and fixed windows as codes. The only module that opens a FASTA.

Coordinates are 0-based and half-open.
"""

import codecs
import io
import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyfaidx
from numpy.lib.stride_tricks import sliding_window_view

from ..core.errors import InputError
from .text import opened, readable

log = logging.getLogger(__name__)

NO_BASE = 255
N = 4
# IUPAC's codes for more than one base are read as N: assemblies hold a few of them.
AMBIGUOUS, AMBIGUITY_CODES = 254, b"RYSWKMBDHVryswkmbdhv"
_CODE_OF_BYTE = np.full(256, NO_BASE, dtype=np.uint8)
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt", b"Nn")):
    _CODE_OF_BYTE[list(_letters)] = _code
_CODE_OF_BYTE[list(AMBIGUITY_CODES)] = AMBIGUOUS
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BLOCK = 1 << 22


@contextmanager
def open_genome(path: Path) -> Iterator[pyfaidx.Fasta]:
    """Open a FASTA, plain or gzip; the unpacked copy and the index live in a scratch folder and go
    with it.

    Raises `InputError` for a truncated gzip, for what is no FASTA, and for an empty sequence.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "genome.fa"
        if _as_it_is(path):
            plain.symlink_to(path.resolve())
        else:
            with opened(path) as source, plain.open("wb") as file:
                _unpack(source, file)
        with _indexed(plain, path) as fasta:
            for record in fasta:
                if not len(record):
                    problem = f"sequence {record.name} is empty"
                    raise InputError(problem, "Remove it or get the file again", path)
            yield fasta


def _as_it_is(path: Path) -> bool:
    """Whether a FASTA can be read in its place: plain, without a mark in front, and without blank
    lines at its end.
    """
    with path.open("rb") as file:
        head = file.read(1)
        file.seek(0, io.SEEK_END)
        file.seek(-min(4, file.tell()), io.SEEK_END)
        return head in (b">", b";", b"") and not re.search(rb"\n\s+\Z", file.read())


def _unpack(source: "io.BufferedReader[Any]", target: BinaryIO) -> None:
    """Copy a FASTA as bytes of ASCII letters, without blank lines."""
    ends = ""
    for text in _blocks(source):
        block = ends + text
        ends = block[len(block.rstrip("\n")) :][:1]
        if "\n\n" in block:
            block = re.sub(r"\n\n+", "\n", block)
        target.write(block.rstrip("\n").encode("utf-8", "surrogateescape"))
    target.write(b"\n")


def _blocks(source: "io.BufferedReader[Any]") -> Iterator[str]:
    """The text of a FASTA piece by piece, every line end as a newline."""
    encoding = "utf-16" if source.peek(4).startswith(WIDE) else "utf-8-sig"
    text = io.TextIOWrapper(source, encoding, "surrogateescape")
    while block := text.read(BLOCK):
        yield block


def sequence_names(path: Path) -> list[str]:
    """Names of the sequences of a FASTA, without an index of it; raises `InputError` for none."""
    names: list[str] = []
    begun = ""
    with opened(path) as source:
        for block in _blocks(source):
            text = begun + block
            last = text[text.rfind("\n") + 1 :]
            begun = last if last.startswith(">") else last[:1]
            names += re.findall(r"^>(\S+).*\n", text, re.MULTILINE)
    names += re.findall(r"^>(\S+)", begun)
    if not names:
        raise InputError("no line of this file begins with >", "Give a FASTA", path)
    return names


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
    """Codes uint8 (n, L) of windows of equal length: A C G T N = 0 1 2 3 4, and `NO_BASE` for what
    is no code of bases.

    The log counts the letters that stand for more than one base, which are read as N.
    """
    length = int(windows.end.iloc[0] - windows.start.iloc[0])
    codes = np.empty((len(windows), length), dtype=np.uint8)
    for chrom, rows in windows.groupby("chrom", sort=False).indices.items():
        letters = np.frombuffer(fasta[chrom][:].encode("ascii", "replace"), dtype=np.uint8)
        codes[rows] = _CODE_OF_BYTE[
            sliding_window_view(letters, length)[windows.start.to_numpy()[rows]]
        ]
    ambiguous = codes == AMBIGUOUS
    if ambiguous.any():
        log.info("%d letters of the windows are IUPAC codes and are read as N", ambiguous.sum())
        codes[ambiguous] = N
    return codes


def encode_windows(fasta: pyfaidx.Fasta, windows: pd.DataFrame, genome: Path) -> np.ndarray:
    """Codes as `gather_codes` gives them; raises `InputError` for letters that are none, with their
    number and the position of the first.
    """
    codes = gather_codes(fasta, windows)
    wrong = np.argwhere(codes == NO_BASE)
    for row, offset in wrong[:1]:
        chrom = windows.chrom.iloc[row]
        at = int(windows.start.iloc[row] + offset)
        problem = (
            f"letter '{fasta[chrom][at]}' at {chrom}:{at} is not one of A C G T N or an IUPAC code"
            f" ({len(wrong)} such letters in all windows)"
        )
        raise InputError(problem, "Replace them by N", genome)
    return codes

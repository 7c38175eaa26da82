"""The genome: chromosome sizes and fixed windows as codes. The only module that opens a FASTA.

Coordinates are 0-based and half-open.
"""

import codecs
import io
import logging
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyfaidx
from numpy.lib.stride_tricks import sliding_window_view

from ..core.errors import InputError
from .text import opened, readable

log = logging.getLogger(__name__)

NO_BASE = 255
N = 4
# IUPAC's codes for more than one base are read as N: assemblies hold a few of them.
AMBIGUOUS, AMBIGUITY_CODES = 254, b"RYSWKMBDHVryswkmbdhv"
_CODES = np.full(256, NO_BASE, dtype=np.uint8)
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt", b"Nn")):
    _CODES[list(_letters)] = _code
_CODES[list(AMBIGUITY_CODES)] = AMBIGUOUS
# By the bytes of two letters, as one number.
CODES_OF_TWO = pa.array(_CODES[np.arange(1 << 16, dtype=np.uint16).view(np.uint8)].view(np.uint16))
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BLOCK = 1 << 22
LONGEST_NAME = 4096
LETTERS_AT_ONCE = 1 << 20  # a block of letters stays in the cache between its steps


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
            _take_index(path, plain)
        else:
            with opened(path) as source, plain.open("wb") as file:
                _unpack(source, file)
        with _indexed(plain, path) as fasta:
            for record in fasta:
                if not len(record):
                    problem = f"sequence {record.name} is empty"
                    raise InputError(problem, "Remove it or get the file again", path)
            yield fasta


def _index_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.fai")


def _take_index(path: Path, plain: Path) -> None:
    """Copy the index that lies beside a FASTA and is not older, where its places are those of the
    sequences: a genome of 3 Gb takes half a minute to index.
    """
    given = _index_of(path)
    if given.is_file() and given.stat().st_mtime >= path.stat().st_mtime and _agrees(given, path):
        shutil.copyfile(given, _index_of(plain))


def _agrees(index: Path, path: Path) -> bool:
    """Whether each sequence of an index begins in the FASTA right below a line with its name."""
    places = [line.split("\t")[::2] for line in index.read_text(errors="replace").splitlines()]
    with path.open("rb") as file:
        return all(_begins(file, *place[:2]) for place in places)


def _begins(file: BinaryIO, name: str, offset: str = "") -> bool:
    """Whether the line that ends at `offset` is `>name`."""
    if not offset.isdecimal():
        return False
    file.seek(max(0, int(offset) - LONGEST_NAME))
    above = file.read(min(int(offset), LONGEST_NAME)).splitlines(keepends=True)[-1:]
    return bool(above) and above[0].endswith(b"\n") and above[0][1:].split()[:1] == [name.encode()]


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


def sequence_sizes(path: Path) -> dict[str, int]:
    """Name and length (bp) of each sequence of a FASTA, without an index of it; raises `InputError`
    for none, and for one without a name.
    """
    sizes: dict[str, int] = {}
    name, begun = "", "\n"
    with opened(path) as source:
        for block in _blocks(source):
            text = begun + block
            last = text[text.rfind("\n") :]
            begun = last if last == "\n" or last.startswith("\n>") else text[-1:]
            at = 0
            for head in re.finditer(r"\n>([^\n]*)(?=\n)", text):
                _count(sizes, name, text[at : head.start()])
                name, at = _name(head[1], path), head.end()
                sizes.setdefault(name, 0)
            _count(sizes, name, text[at : len(text) - len(begun)])
    if begun.startswith("\n>"):
        sizes.setdefault(_name(begun[2:], path), 0)
    elif sizes:
        _count(sizes, name, begun)
    else:
        raise InputError("no line of this file begins with >", "Give a FASTA", path)
    return sizes


def _count(sizes: dict[str, int], name: str, letters: str) -> None:
    if name:
        sizes[name] += len(letters) - letters.count("\n")


def _name(head: str, path: Path) -> str:
    """The name of a sequence: the first word behind >."""
    words = head.split(maxsplit=1)
    if not words:
        raise InputError("a line has > and no name", "Name the sequence", path)
    return words[0]


def _indexed(plain: Path, path: Path) -> pyfaidx.Fasta:
    """The unpacked FASTA with its index; `path` is the file of the user."""
    try:
        with readable(path):
            return pyfaidx.Fasta(str(plain), as_raw=True, sequence_always_upper=False)
    except (pyfaidx.FastaIndexingError, ValueError, RuntimeError) as error:
        # A fault of the library, which has no words for a last line of one letter after lines of
        # several lengths.
        said = "its lines have several lengths" if type(error) is RuntimeError else str(error)
        said = said.replace(str(plain), path.name).rstrip(".")
        problem = f"this is no FASTA that can be used ({said})"
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
    file, starts = np.memmap(fasta.filename, np.uint8, "r"), windows.start.to_numpy()
    at_once = LETTERS_AT_ONCE // length + 1
    for chrom, of_chrom in windows.groupby("chrom", sort=False).indices.items():
        read = _reader(file, fasta.faidx.index[chrom], length, len(of_chrom))
        for first in range(0, len(of_chrom), at_once):
            rows = of_chrom[first : first + at_once]
            codes[rows] = read(starts[rows])
    if codes.max() > N and (ambiguous := codes == AMBIGUOUS).any():
        log.info("%d letters of the windows are IUPAC codes and are read as N", ambiguous.sum())
        codes[ambiguous] = N
    return codes


def _reader(
    file: np.ndarray, record: "pyfaidx.fasta.IndexRecord", length: int, count: int
) -> Callable[[np.ndarray], np.ndarray]:
    """What gives codes (n, length) of windows of one chromosome by their starts (n,): `count`
    windows that hold half as many letters as the chromosome are taken from the codes of all of it.
    """
    if 2 * count * length < record.rlen:
        return lambda starts: _codes(_bases(file, record, starts, length))
    return sliding_window_view(_chromosome(file, record), length).__getitem__


def _chromosome(file: np.ndarray, record: "pyfaidx.fasta.IndexRecord") -> np.ndarray:
    """Codes (rlen,) of a whole chromosome, some lines at a time; one line alone is read as several
    without ends.
    """
    letters, line = record.lenc, record.lenb
    if letters >= record.rlen:
        letters = line = min(record.rlen, LETTERS_AT_ONCE)
    codes = np.empty((-(-record.rlen // letters), letters), dtype=np.uint8)
    for first in range(0, len(codes), lines := LETTERS_AT_ONCE // line + 1):
        block = codes[first : first + lines]
        read = _bytes_at(file, np.array([record.offset + first * line]), len(block) * line)
        block[:] = _codes(read).reshape(-1, line)[:, :letters]
    return codes.reshape(-1)[: record.rlen]


def _codes(letters: np.ndarray) -> np.ndarray:
    """Codes of letters, two at a time; arrow's `take` needs a quarter of the time of
    `bytes.translate`.
    """
    flat = letters.ravel()
    if flat.size % 2:
        flat = np.append(flat, flat[:1])
    codes = pc.take(CODES_OF_TWO, pa.array(flat.view(np.uint16)))
    return codes.to_numpy().view(np.uint8)[: letters.size].reshape(letters.shape)


def _bases(
    file: np.ndarray, record: "pyfaidx.fasta.IndexRecord", starts: np.ndarray, length: int
) -> np.ndarray:
    """Letters uint8 (n, length) of windows of one chromosome: the lines that a window can touch are
    read whole and their ends dropped; of lines longer than a window, the part that it can touch.
    """
    part, ends = min(record.lenc, length), record.lenb - record.lenc
    lines = (length + part - 2) // part + 1
    line, offset = np.divmod(starts, record.lenc)
    skipped = np.clip(offset, 0, record.lenc - part)
    places = record.offset + line * record.lenb + skipped
    read = _bytes_at(file, places, lines * (part + ends)).reshape(-1, lines, part + ends)
    begin = np.arange(len(starts)) * lines * part + offset - skipped
    return sliding_window_view(read[:, :, :part].reshape(-1), length)[begin]


def _bytes_at(file: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """`count` bytes of a file from each place; what would lie past its end reads as 0."""
    if len(file) < places.max() + count:
        file = np.concatenate([file[places.min() :], np.zeros(count, dtype=np.uint8)])
        places = places - places.min()
    return sliding_window_view(file, count)[places]


def encode_windows(fasta: pyfaidx.Fasta, windows: pd.DataFrame, genome: Path) -> np.ndarray:
    """Codes as `gather_codes` gives them; raises `InputError` for letters that are none, with their
    number and the position of the first.
    """
    codes = gather_codes(fasta, windows)
    if codes.max() == NO_BASE:
        raise InputError(*_wrong_letters(fasta, windows, codes == NO_BASE), genome)
    return codes


def _wrong_letters(
    fasta: pyfaidx.Fasta, windows: pd.DataFrame, wrong: np.ndarray
) -> tuple[str, str]:
    """What is wrong with letters that are no code of bases, and what to do."""
    row, offset = np.argwhere(wrong)[0]
    chrom, at = windows.chrom.iloc[row], int(windows.start.iloc[row] + offset)
    problem = (
        f"letter '{fasta[chrom][at]}' at {chrom}:{at} is not one of A C G T N or an IUPAC code"
        f" ({wrong.sum()} such letters in all windows)"
    )
    return problem, "Replace them by N"

"""Checksums of what stages write, compared where another stage reads it.

Beside an artefact lies `<name>.crc32`, one line: format, CRC-32 of all bytes (8 hexadecimal
digits), number of bytes. CRC-32 finds every change of up to 32 neighbouring bits; it is no
protection against someone who means to deceive. JSON holds its checksum itself, see `provenance`.
"""

import zlib
from functools import cache
from pathlib import Path

from .errors import InputError

FORMAT = 1
SUFFIX = ".crc32"
BLOCK = 1 << 20


def seal(*paths: Path) -> None:
    """Write the checksum of each file beside it."""
    for path in paths:
        checksum_file(path).write_text(f"{FORMAT} {crc32(path)} {path.stat().st_size}\n")


def intact(path: Path) -> Path:
    """The path of an artefact whose content is what its writer sealed.

    A file is read for this once per process, as long as its size and time of change stay. Raises
    `InputError` for a file that is missing, was changed, has no checksum, or was written in another
    format.
    """
    try:
        stamp = path.stat()
    except FileNotFoundError as error:
        raise InputError("this file is missing", remade(path), path) from error
    _compare(path.resolve(), path, stamp.st_size, stamp.st_mtime_ns)
    return path


def checksum_file(path: Path) -> Path:
    """Where the checksum of an artefact lies."""
    return path.with_name(path.name + SUFFIX)


def crc32(path: Path) -> str:
    """CRC-32 of a file's content (8 hexadecimal digits)."""
    value = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            value = zlib.crc32(block, value)
    return f"{value:08x}"


def remade(path: Path) -> str:
    """The remedy for an artefact that cannot be used."""
    return f"Remove the folder {path.parent} and run Snakemake again, or copy the folder anew"


@cache
def _compare(_: Path, path: Path, size: int, __: int) -> None:
    """Compare content and checksum; cached by place, size and time of change."""
    sealed_format, sealed_crc, sealed_size = _sealed(path)
    if sealed_format != FORMAT:
        problem = f"this file has format {sealed_format}, this version reads format {FORMAT}"
        raise InputError(problem, f"{remade(path)}; a format is not converted", path)
    if size != sealed_size or crc32(path) != sealed_crc:
        problem = (
            "this file has been damaged or changed since it was written: its content does not"
            f" match its checksum {sealed_crc}"
        )
        raise InputError(problem, remade(path), path)


def _sealed(path: Path) -> tuple[int, str, int]:
    """Format, CRC-32 and size of a checksum file."""
    record = checksum_file(path)
    if not record.is_file():
        problem = (
            f"this file has no checksum ({record.name}): an older version wrote it, or it was"
            " copied alone"
        )
        remedy = (
            f"{remade(path)}; where you trust it: python -m epidecouple.stages.seal --folder"
            f" {path.parent}"
        )
        raise InputError(problem, remedy, path)
    try:
        version, crc, size = record.read_text().split()
        return int(version), crc, int(size)
    except ValueError as error:
        raise InputError("this checksum file is damaged", remade(path), record) from error

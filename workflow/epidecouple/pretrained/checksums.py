"""Checksums of a model's folder: whether its files are whole and those that were handed on."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from ..core.errors import InputError

CHECKSUMS = "SHA256SUMS"


def write_checksums(folder: Path) -> None:
    """Write SHA-256 of every other file, as `sha256sum` does."""
    files = sorted(path for path in folder.iterdir() if path.name != CHECKSUMS)
    lines = [f"{sha256(path)}  {path.name}\n" for path in files]
    (folder / CHECKSUMS).write_text("".join(lines))


def check_files(folder: Path, names: Iterable[str], target: str) -> None:
    """Raise `InputError` unless files of a folder are there and are those that its checksums name.

    target : what makes the folder again
    """
    sums = folder / CHECKSUMS
    listed = sums.read_text().split() if sums.is_file() else []
    expected = dict(zip(listed[1::2], listed[::2], strict=True))
    for name in names:
        path = folder / name
        if not path.is_file() or expected.get(name) != sha256(path):
            raise InputError(
                "this file is missing or not the one that SHA256SUMS names",
                f"Copy the whole folder again, or make it again with `snakemake {target}`",
                path,
            )


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in full."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The manifest of public sources, and the checksums that prove a file is the one it names."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import InputError
from ..core.paths import MANIFEST

DOWNLOADS = Path("resources/download")
CHECKSUM_KINDS = ("sha256", "md5", "git_sha1")


@dataclass(frozen=True)
class Source:
    """One row of `resources/sources.tsv`; `mirrors` are further URLs, separated by spaces, tried in
    order.

    A `url` with the scheme `mirror:` names a file that no public server holds, only a mirror.
    """

    name: str
    collection: str
    cell_line: str
    kind: str
    mark: str
    assembly: str
    url: str
    mirrors: str
    bytes: int | None
    checksum_kind: str
    checksum: str
    licence: str
    citation: str

    @property
    def path(self) -> str:
        """Host and path of the URL: where the file lies below a mirror."""
        return self.url.removeprefix("mirror:").removeprefix("https://")


def load_sources(manifest: Path = MANIFEST) -> list[Source]:
    """Read the manifest; raises `InputError` for a checksum kind it does not know or a name used
    twice.
    """
    with manifest.open(newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file, delimiter="\t"))
    sources = [
        Source(**row | {"bytes": int(row["bytes"]) if row["bytes"] else None}) for row in rows
    ]
    seen: set[str] = set()
    for line, source in enumerate(sources, start=2):
        if source.checksum_kind not in CHECKSUM_KINDS:
            raise InputError(
                f"unknown checksum kind '{source.checksum_kind}'",
                f"Use one of {CHECKSUM_KINDS}",
                manifest,
                line,
            )
        if source.name in seen:
            raise InputError(
                f"the name '{source.name}' is used twice", "Rename one", manifest, line
            )
        seen.add(source.name)
    return sources


def download_path(source: Source) -> Path:
    """Where a source is kept: its host and path below `resources/download`."""
    return DOWNLOADS / source.path


def checksum(path: Path, kind: str) -> str:
    """Hexadecimal checksum of a file; `git_sha1` is the SHA-1 git gives a blob, over a header and
    the content.
    """
    algorithm = {"sha256": hashlib.sha256, "md5": hashlib.md5, "git_sha1": hashlib.sha1}[kind]()
    if kind == "git_sha1":
        algorithm.update(f"blob {path.stat().st_size}\0".encode())
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            algorithm.update(block)
    return algorithm.hexdigest()


def verify(path: Path, source: Source) -> None:
    """Raise `InputError` unless the file has the source's checksum."""
    actual = checksum(path, source.checksum_kind)
    if actual != source.checksum:
        problem = (
            f"{source.checksum_kind} is {actual}, the manifest says {source.checksum} for"
            f" {source.name}"
        )
        raise InputError(
            problem,
            "Remove the file and the mirror's copy; if the source changed, update"
            " resources/sources.tsv",
            path,
        )

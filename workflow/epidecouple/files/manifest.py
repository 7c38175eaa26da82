"""The manifest of public sources, the checksums that prove a file is the one it names, and the
names of its marks.
"""

import csv
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import InputError
from ..core.paths import MANIFEST

DOWNLOADS = Path("resources/download")
# Digits of a checksum of each kind.
CHECKSUM_KINDS = {"sha256": 64, "md5": 32, "git_sha1": 40}
URL = re.compile(r"(https?|file)://[!-~]+")


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
        return re.sub(r"^(mirror:|(https?|file)://)/*", "", self.url)


def load_sources(manifest: Path = MANIFEST) -> list[Source]:
    """Read the manifest.

    Raises `InputError` for a checksum that is missing or of no known kind, a place that is no
    http(s) or file URL or leads out of the folder of downloads, or a name used twice.
    """
    with manifest.open(newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file, delimiter="\t"))
    sources = [
        Source(**row | {"bytes": int(row["bytes"]) if row["bytes"] else None}) for row in rows
    ]
    seen: set[str] = set()
    for line, source in enumerate(sources, start=2):
        _check_checksum(source, manifest, line)
        _check_places(source, manifest, line)
        if source.name in seen:
            raise InputError(
                f"the name '{source.name}' is used twice", "Rename one", manifest, line
            )
        seen.add(source.name)
    return sources


def _check_checksum(source: Source, manifest: Path, line: int) -> None:
    kind, digits = source.checksum_kind, CHECKSUM_KINDS.get(source.checksum_kind)
    if digits is None:
        problem = f"unknown checksum kind '{kind}'"
        raise InputError(problem, f"Use one of {', '.join(CHECKSUM_KINDS)}", manifest, line)
    if not re.fullmatch(f"[0-9a-f]{{{digits}}}", source.checksum):
        problem = f"'{source.checksum}' of '{source.name}' is no {kind} checksum"
        raise InputError(problem, f"Give {digits} hexadecimal digits", manifest, line)


def _check_places(source: Source, manifest: Path, line: int) -> None:
    own = [] if source.url.startswith("mirror:") else [source.url]
    for url in [*own, *source.mirrors.split()]:
        if not URL.fullmatch(url):
            problem = f"'{url}' of '{source.name}' is no http, https or file URL"
            raise InputError(problem, "Correct the URL", manifest, line)
    if not source.path or {"", ".", ".."} & set(source.path.split("/")):
        problem = f"'{source.url}' of '{source.name}' does not name a file below a host"
        raise InputError(problem, "Give a URL without . and .. between slashes", manifest, line)


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


def known_marks() -> set[str]:
    """The marks of the manifest, by whose names results are checked and models read peaks."""
    return {source.mark for source in load_sources()} - {""}


def check_marks(names: Iterable[str], known: Iterable[str]) -> None:
    """Raise `InputError` for a mark that is a known one but for capitals and signs: it would count
    as another mark, and the one that is meant as missing.
    """
    written = {plain_mark(mark): mark for mark in known}
    for name in names:
        mark = written.get(plain_mark(name), name)
        if mark != name:
            raise InputError(f"mark {name} is called {mark} here", f"Write {mark}", "config")


def plain_mark(mark: str) -> str:
    """Letters and digits of a mark's name, all small."""
    return re.sub(r"[^a-z0-9]", "", mark.lower())

"""Download one source: mirror first, then its URLs; checked against the manifest and put in place
whole or not at all.

pooch was tried in its place: it begins again where a connection was cut instead of going on, asks
three times for a file that is not there, and knows one URL per file.
"""

import logging
import os
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..core.errors import InputError
from ..core.progress import counted
from .manifest import Source, verify

log = logging.getLogger(__name__)

TRIES, PAUSE_S, TIMEOUT_S, BLOCK = 3, 2.0, 60, 1 << 20


def places(source: Source, mirror: str) -> list[str]:
    """Where to look, in order: the mirror, the URL, the source's own mirrors."""
    below_mirror = [f"{mirror.rstrip('/')}/{source.path}"] if mirror else []
    public = [] if source.url.startswith("mirror:") else [source.url]
    return below_mirror + public + source.mirrors.split()


def fetch(source: Source, mirror: str, target: Path) -> str:
    """Fetch a source to `target` and return the place it came from.

    Each place is tried `TRIES` times; a partial file is resumed and never lies under the final
    name, a file with a wrong checksum is removed. Raises `InputError` naming every place and what
    happened there.
    """
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for place in places(source, mirror):
        try:
            _attempt(place, part, source)
            os.replace(part, target)
            return place
        except (OSError, InputError) as error:
            failures.append(f"{place}: {error}")
            log.info("%s", failures[-1])
            part.unlink(missing_ok=True)
    tried = "; ".join(failures) or "it exists only in a mirror and none is configured"
    raise InputError(
        f"{source.name} could not be had ({tried})",
        "Set `mirror` to a folder or http base that holds it",
        target,
    )


def _attempt(place: str, part: Path, source: Source) -> None:
    """Copy or download to `part` and verify it; after network trouble the download goes on."""
    if not place.startswith(("http://", "https://")):
        shutil.copyfile(place, part)
        verify(part, source)
        return
    for attempt in range(1, TRIES + 1):
        try:
            _download(place, part, source)
            break
        except urllib.error.HTTPError as error:
            if error.code < 500 or attempt == TRIES:
                raise
        except OSError:
            if attempt == TRIES:
                raise
        time.sleep(PAUSE_S * attempt)
    verify(part, source)


def _download(url: str, part: Path, source: Source) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        resumed = have and response.status == 206
        expected = int(response.headers.get("Content-Length", 0)) + (have if resumed else 0)
        with part.open("ab" if resumed else "wb") as file:
            for block in _with_progress(response, expected, source.name):
                file.write(block)
    if expected and part.stat().st_size < expected:
        raise OSError(f"connection ended after {part.stat().st_size} of {expected} bytes")


def _with_progress(response: BinaryIO, expected: int, name: str) -> Iterator[bytes]:
    """Blocks of the response; each is counted as it comes."""
    with counted(name, expected, "B") as count:
        while block := response.read(BLOCK):
            count(len(block))
            yield block

"""Download one source: mirror first, then its URLs; checked against the manifest and put in place
whole or not at all.

pooch was tried in its place: it begins again where a connection was cut instead of going on, asks
three times for a file that is not there, and knows one URL per file.
"""

import logging
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..core.errors import InputError
from ..core.progress import counted
from .manifest import Source, verify

log = logging.getLogger(__name__)

TRIES, PAUSE_S, BLOCK = 3, 2.0, 1 << 20
# A place is given up when nothing comes for so long, or less than so many bytes per second.
STALL_S, SLOWEST = 20.0, 1000
REMOTE = ("http://", "https://")


class Hopeless(OSError):
    """Trouble that trying the same place again does not mend."""


def opener() -> urllib.request.OpenerDirector:
    """Opens http and https, wherever a server sends it on to, and nothing else."""
    made = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        made.add_handler(handler())
    return made


def places(source: Source, mirror: str) -> list[str]:
    """Where to look, in order: the mirror, the URL, the source's own mirrors."""
    below_mirror = [f"{mirror.rstrip('/')}/{source.path}"] if mirror else []
    public = [] if source.url.startswith("mirror:") else [source.url]
    return below_mirror + public + source.mirrors.split()


def fetch(source: Source, mirror: str, target: Path) -> str:
    """Fetch a source to `target` and return the place it came from.

    Each place is tried `TRIES` times, but only once where nothing comes from it or too slowly; a
    partial file is resumed and never lies under the final name, a file with a wrong checksum is
    removed. Raises `InputError` naming every place and what happened there.
    """
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for place in places(source, mirror):
        try:
            _attempt(place, part, source)
            os.replace(part, target)
            return place
        except (OSError, HTTPException, InputError) as error:
            failures.append(f"{place}: {told(error)}")
            log.info("%s", failures[-1])
            part.unlink(missing_ok=True)
    tried = "; ".join(failures) or "it exists only in a mirror and none is configured"
    raise InputError(
        f"{source.name} could not be had ({tried})",
        "Set `mirror` to a folder or http base that holds it",
        target,
    )


def told(error: Exception) -> str:
    """What happened, in one line; a server may send anything as its status."""
    text = " ".join(str(error).split())[:300]
    letters = "".join(letter for letter in text if letter.isprintable())
    return f"the server's answer is no HTTP ({letters})" if _is_no_http(error) else letters


def _is_no_http(error: Exception) -> bool:
    return isinstance(error, HTTPException) and not isinstance(error, OSError)


def _attempt(place: str, part: Path, source: Source) -> None:
    """Copy or download to `part` and verify it; after network trouble the download goes on."""
    if place.startswith(REMOTE):
        _download_with_patience(place, part, source)
    else:
        shutil.copyfile(local_path(place), part)
    verify(part, source)


def local_path(place: str) -> Path:
    """A folder's file, given by its path or as a file URL."""
    scheme, separator, _ = place.partition("://")
    if not separator:
        return Path(place)
    if scheme != "file":
        raise Hopeless("only http, https and file URLs are read")
    return Path(unquote(urlsplit(place).path))


def _download_with_patience(url: str, part: Path, source: Source) -> None:
    for attempt in range(1, TRIES + 1):
        had = _size(part)
        try:
            return _download(url, part, source)
        except (OSError, HTTPException) as error:
            if attempt == TRIES or not _worth_another_try(error, _size(part) > had):
                raise
        time.sleep(PAUSE_S * attempt)


def _worth_another_try(error: Exception, came_on: bool) -> bool:
    """Whether a place may do better the next time; came_on : whether it sent anything."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= 500
    waited = isinstance(error, TimeoutError) or isinstance(
        getattr(error, "reason", None), TimeoutError
    )
    return not isinstance(error, Hopeless) and (came_on or not waited)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _download(url: str, part: Path, source: Source) -> None:
    have = _size(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with opener().open(request, timeout=STALL_S) as response:
        resumed = have if response.status == 206 else 0
        # Without a length that is a number the checksum alone tells whether all has come.
        length = response.headers.get("Content-Length", "")
        expected = int(length) + resumed if length.isdecimal() else 0
        with part.open("ab" if resumed else "wb") as file:
            for block in _with_progress(response, expected, source.name):
                file.write(block)
                _check_size(file.tell(), source)
    if _size(part) < expected:
        raise OSError(f"connection ended after {_size(part)} of {expected} bytes")


def _check_size(size: int, source: Source) -> None:
    if source.bytes is not None and size > source.bytes:
        raise Hopeless(f"more comes than the {source.bytes} bytes that the manifest says")


def _with_progress(response: HTTPResponse, expected: int, name: str) -> Iterator[bytes]:
    """Blocks of the response; each is counted as it comes, and `SLOWEST` is enforced."""
    since, came = time.monotonic(), 0
    with counted(name, expected, "B") as count:
        while block := response.read1(BLOCK):
            count(len(block))
            yield block
            came += len(block)
            elapsed = time.monotonic() - since
            if elapsed >= STALL_S and came < SLOWEST * elapsed:
                raise Hopeless(f"only {came} bytes came in {elapsed:.0f} s")
            if elapsed >= STALL_S:
                since, came = time.monotonic(), 0

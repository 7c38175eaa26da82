"""Reading text files, and the line number of a mistake."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from ..core.errors import InputError


@contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Around reading a text file, plain or gzip: raises `InputError` for a damaged gzip and for
    what is no text at all.
    """
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"this gzip file is damaged or cut short ({error})", "Remove it and get it again", path
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            "this is no text file",
            "Give text, plain or gzip (named .gz); bigWig and .hic cannot be read",
            path,
        ) from error


def line_of_row(file: Path, row: int) -> int:
    """Line (from 1) of a row (from 0) of a text file, plain or gzip; blank lines and lines that
    begin with # are no rows.
    """
    with (gzip.open if file.suffix == ".gz" else open)(file, "rt") as lines:
        rows = (
            number
            for number, text in enumerate(lines, start=1)
            if text.strip() and not text.startswith("#")
        )
        return next(islice(rows, row, None))

"""The one way this package refuses input: where, what, and how to mend it."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path


class InputError(Exception):
    """Input that cannot be used, told as `file:line: problem. Remedy.`"""

    def __init__(self, problem: str, remedy: str, file: str | Path | None = None, line: int | None = None):
        place = "" if file is None else f"{file}: " if line is None else f"{file}:{line}: "
        super().__init__(f"{place}{problem.rstrip('.')}. {remedy.rstrip('.')}.")


@contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Around reading a text file, plain or gzip: raises `InputError` for a damaged gzip and for what is no text at all."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"this gzip file is damaged or cut short ({error})", "Remove it and get it again", path) from error
    except UnicodeDecodeError as error:
        raise InputError("this is no text file", "Give text, plain or gzip (named .gz); bigWig and .hic cannot be read", path) from error


def line_of_row(file: Path, row: int) -> int:
    """Line (from 1) of a row (from 0) of a text file, plain or gzip; blank lines and lines that begin with # are no rows."""
    with (gzip.open if file.suffix == ".gz" else open)(file, "rt") as lines:
        rows = (number for number, text in enumerate(lines, start=1) if text.strip() and not text.startswith("#"))
        return next(islice(rows, row, None))


class DesignViolation(Exception):
    """What runs is not what was designed; the message names component, expectation, observation and epoch.

    record : the ledger's summary up to the violation
    """

    record: dict

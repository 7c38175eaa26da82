"""Progress of long work: a bar on a terminal, a line now and then in a log. The only module that
uses tqdm.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from operator import length_hint
from typing import TypeVar

from tqdm import tqdm

log = logging.getLogger(__name__)

LOG_EVERY_S = 30.0
Item = TypeVar("Item")


class Pace:
    """How long the rest of some work takes: at the mean pace so far, or at that since the last
    question where it is slower, so that a machine that gets busy is believed at once.

    total : how much there is to do, 0 where nobody knows; done : how much of it was done before the
    clock started
    """

    def __init__(self, total: int, done: int = 0) -> None:
        self.total = total
        self.before = done
        self.started = time.perf_counter()
        self.last, self.at = done, self.started

    def left(self, done: int) -> str:
        """The time that is left as mm:ss or h:mm:ss, after `done` of the total; `?` where it cannot
        be told yet.
        """
        now = time.perf_counter()
        paces = [
            (now - since) / (done - before)
            for before, since in ((self.before, self.started), (self.last, self.at))
            if done > before
        ]
        self.last, self.at = done, now
        if not paces or done > self.total:
            return "?"
        return tqdm.format_interval(max(paces) * (self.total - done))


class LogLines:
    """Tells in the log how far some work is, every `LOG_EVERY_S` seconds at most."""

    def __init__(self, what: str, total: int, unit: str) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.pace = Pace(total)
        self.done = 0
        self.last_line = self.pace.started

    def add(self, count: int) -> None:
        """So much more is done."""
        self.done += count
        if time.perf_counter() - self.last_line >= LOG_EVERY_S:
            self.last_line = time.perf_counter()
            done, total = (
                tqdm.format_sizeof(count, self.unit) if self.unit else count
                for count in (self.done, self.total)
            )
            log.info(
                "%s: %s of %s, about %s left",
                self.what,
                done,
                total if self.total else "?",
                self.pace.left(self.done),
            )


@contextmanager
def counted(what: str, total: int, unit: str = "") -> Iterator[Callable[[int], object]]:
    """Work on `total` things, told as it goes on: gives the function that is called with how many
    more are done.

    unit : of what is counted by the thousand and million, such as B; empty for things told one by
    one
    """
    if not sys.stderr.isatty():
        yield LogLines(what, total, unit).add
        return
    with tqdm(
        total=total or None,
        desc=what,
        unit=unit or "it",
        unit_scale=bool(unit),
        leave=False,
        file=sys.stderr,
    ) as bar:
        yield bar.update


def tracked(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The items one by one, told as they are done; `total` says how many where they cannot be
    counted beforehand.
    """
    with counted(what, length_hint(items) if total is None else total) as count:
        for item in items:
            yield item
            count(1)

"""Arms timed against each other in one run: interleaved, the best of a few repeats, as ratios."""

import gc
import time
from collections.abc import Callable
from typing import NamedTuple

OURS = "epidecouple"


class Row(NamedTuple):
    """One arm of one setting: `items` things done in `seconds`; `ratio` is how many times faster
    ours was.
    """

    benchmark: str
    setting: str
    arm: str
    items: int
    seconds: float
    per_second: float
    ratio: float
    note: str


class Arm(NamedTuple):
    """What is timed: the call, how many things it does, and a note for the table.

    own_clock : the call returns its seconds, as another process measures them
    """

    call: Callable[[], object]
    items: int
    note: str = ""
    own_clock: bool = False

    def seconds(self) -> float:
        """Seconds of one call."""
        gc.collect()
        started = time.perf_counter()
        result = self.call()
        return float(result) if self.own_clock else time.perf_counter() - started


def compare(benchmark: str, setting: str, arms: dict[str, Arm], repeats: int = 3) -> list[Row]:
    """Time all arms in turn, `repeats` times over, and keep the best of each; ratios are of things
    per second.
    """
    best = dict.fromkeys(arms, float("inf"))
    for _ in range(repeats):
        for name, arm in arms.items():
            best[name] = min(best[name], arm.seconds())
    rate = {name: arm.items / best[name] for name, arm in arms.items()}
    return [
        Row(
            benchmark,
            setting,
            name,
            arm.items,
            best[name],
            rate[name],
            rate[OURS] / rate[name],
            arm.note,
        )
        for name, arm in arms.items()
    ]

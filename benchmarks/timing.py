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
    """What is timed: the call, how many things it does, and a note for the table."""

    call: Callable[[], object]
    items: int
    note: str = ""


def compare(benchmark: str, setting: str, arms: dict[str, Arm], repeats: int = 3) -> list[Row]:
    """Time all arms in turn, `repeats` times over, and keep the best of each; ratios are of things
    per second.
    """
    best = dict.fromkeys(arms, float("inf"))
    for _ in range(repeats):
        for name, arm in arms.items():
            gc.collect()
            started = time.perf_counter()
            arm.call()
            best[name] = min(best[name], time.perf_counter() - started)
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

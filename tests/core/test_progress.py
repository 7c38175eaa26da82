import re
from itertools import islice

import pytest

from epidecouple.core import progress
from epidecouple.core.paths import PACKAGE
from epidecouple.core.progress import Pace, counted, tracked


@pytest.fixture
def clock(monkeypatch):
    """The module's clock, which a test sets by hand (seconds)."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


class Terminal:
    """A standard error that says it is a terminal, and keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing to do."""

    def isatty(self) -> bool:
        return True


def test_the_rest_takes_as_long_as_what_was_done(clock):
    pace = Pace(10)
    assert pace.left(0) == "?"
    clock[0] += 30
    assert pace.left(3) == "01:10" and pace.left(10) == "00:00"


def test_what_was_done_before_does_not_count_as_fast(clock):
    """A training that is resumed after 6 of 10 epochs."""
    pace = Pace(10, done=6)
    clock[0] += 20
    assert pace.left(8) == "00:20" and pace.left(6) == "?"


def test_work_that_slows_down_is_not_promised_at_its_mean_pace(clock):
    pace = Pace(10)
    clock[0] += 5
    assert pace.left(5) == "00:05"
    clock[0] += 10
    assert pace.left(6) == "00:40", "ten seconds each now, 2.5 in the mean"
    clock[0] += 1
    assert pace.left(7) == "00:06", "one fast step does not count for more than the mean"


def test_a_total_that_nobody_knows_gives_no_time(clock):
    assert Pace(0).left(5) == "?"


def test_a_log_gets_a_line_every_half_minute(clock, caplog):
    caplog.set_level("INFO")
    for _ in tracked(range(100), "probes"):
        clock[0] += 7
    assert caplog.messages[0] == "probes: 5 of 100, about 11:05 left"
    assert [int(re.search(r": (\d+) of", line)[1]) for line in caplog.messages] == list(
        range(5, 101, 5)
    )


def test_short_work_leaves_the_log_alone(caplog):
    caplog.set_level("INFO")
    assert list(tracked("abc", "letters")) == ["a", "b", "c"] and not caplog.messages


def test_bytes_are_told_in_a_readable_unit(clock, caplog):
    caplog.set_level("INFO")
    with counted("hg19", 900_000_000, "B") as count:
        clock[0] += 31
        count(90_000_000)
    assert caplog.messages == ["hg19: 90.0MB of 900MB, about 04:39 left"]


def test_a_terminal_gets_a_bar_and_no_lines(monkeypatch, caplog):
    caplog.set_level("INFO")
    terminal = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", terminal)
    assert list(tracked(iter(range(3)), "mutated pairs", 3)) == [0, 1, 2]
    assert "mutated pairs:" in terminal.text and "0/3" in terminal.text and not caplog.messages


def test_items_are_made_one_by_one(clock):
    made = []
    source = (made.append(k) or k for k in range(9))
    assert list(islice(tracked(source, "things", 9), 2)) == [0, 1] and made == [0, 1]


def test_only_this_module_knows_the_library_of_bars():
    sources = list(PACKAGE.rglob("*.py"))
    assert len(sources) > 100
    assert [
        path.stem for path in sources if re.search(r"^(from|import) tqdm", path.read_text(), re.M)
    ] == ["progress"]

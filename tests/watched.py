"""Stands in for `python` where Snakemake starts a stage: runs it, writes down what it took and
wrote, and kills it where that is planned.

The folder `$WATCHED` holds `record.jsonl`, one line per process that ended, and `plan/`, one file
per command with the seconds of processor time after which its next start is killed.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

STAGE = "epidecouple.stages."
POLL = 0.0005
TICKS = os.sysconf("SC_CLK_TCK")


class Process(Protocol):
    """What can be waited for and killed."""

    pid: int

    def poll(self) -> int | None: ...

    def kill(self) -> None: ...


def stage_of(arguments: list[str]) -> str:
    """Name of the stage that a command starts; empty where it starts none."""
    named = [word.removeprefix(STAGE) for word in arguments if word.startswith(STAGE)]
    return named[0] if named else ""


def plan_of(folder: Path, arguments: list[str]) -> Path:
    """File of the planned kill of a command."""
    return folder / "plan" / hashlib.sha256("\0".join(arguments).encode()).hexdigest()[:16]


def planned(folder: Path, arguments: list[str]) -> float | None:
    """Seconds after which a command is killed; they are planned no more."""
    file = plan_of(folder, arguments)
    if not file.is_file():
        return None
    seconds = float(file.read_text())
    file.unlink()
    return seconds


def stamps() -> dict[str, int]:
    """Files of the results with the time of their last change, logs and times left out."""
    found = {}
    for path in Path("results").rglob("*"):
        if path.is_file() and not {"logs", "benchmarks"} & set(path.parts):
            found[str(path)] = path.stat().st_mtime_ns
    return found


def seconds_of(pid: int) -> float:
    """Processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def kill_when(process: Process, is_due: Callable[[], bool]) -> None:
    """Wait until a process has ended or something is so, and kill it then."""
    while process.poll() is None:
        if is_due():
            process.kill()
            break
        time.sleep(POLL)


def main(arguments: list[str]) -> int:
    """Run Python with these arguments; returns its exit status."""
    if not stage_of(arguments):
        os.execv(sys.executable, [sys.executable, *arguments])
    folder, before = Path(os.environ["WATCHED"]), stamps()
    seconds = planned(folder, arguments)
    process = subprocess.Popen([sys.executable, *arguments])
    if seconds is not None:
        kill_when(process, lambda: seconds_of(process.pid) >= seconds)
    _, status, usage = os.wait4(process.pid, 0)
    wrote = sorted(path for path, stamp in stamps().items() if before.get(path) != stamp)
    row = {"command": arguments, "wrote": wrote, "cpu": usage.ru_utime + usage.ru_stime}
    with (folder / "record.jsonl").open("a") as record:
        record.write(json.dumps(row) + "\n")
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

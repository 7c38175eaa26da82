"""Stands in for `python` where Snakemake starts a stage: runs it, writes down the processor time
that it took, and kills it where a plan says so.

The folder `$WATCHED` holds `record.jsonl`, one line per process that ended, and `plan/`, one file
per command with the kills of its next starts: `{"share": 0.4, "seconds": 2.0}` of processor time,
or `{"written": true}`, as soon as a file that it writes is there.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

STAGE = "epidecouple.stages."
POLL = 0.0005
TICKS = os.sysconf("SC_CLK_TCK")


def stage_of(arguments: list[str]) -> str:
    """Name of the stage that a command starts; empty where it starts none."""
    named = [word.removeprefix(STAGE) for word in arguments if word.startswith(STAGE)]
    return named[0] if named else ""


def plan_of(folder: Path, arguments: list[str]) -> Path:
    """File of the planned kills of a command."""
    return folder / "plan" / hashlib.sha256("\0".join(arguments).encode()).hexdigest()[:16]


def next_kill(folder: Path, arguments: list[str]) -> dict:
    """The first planned kill of a command, which is then planned no more."""
    file = plan_of(folder, arguments)
    kills = json.loads(file.read_text()) if file.is_file() else []
    if kills:
        file.write_text(json.dumps(kills[1:]))
    return kills[0] if kills else {}


def stamps(arguments: list[str]) -> dict[str, int]:
    """Files of a command that there are, with the time of their last change."""
    paths = [Path(word) for word in arguments if "/" in word]
    return {str(path): path.stat().st_mtime_ns for path in paths if path.is_file()}


def seconds_of(pid: int) -> float:
    """Processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def is_due(kill: dict, pid: int, arguments: list[str], before: dict[str, int]) -> bool:
    """Whether a process has come to the point of its kill."""
    if "written" in kill:
        return stamps(arguments) != before
    return seconds_of(pid) >= kill["seconds"]


def watch(process: subprocess.Popen, kill: dict, arguments: list[str]) -> None:
    """Wait until a process has ended or its kill is due, and kill it then."""
    before = stamps(arguments)
    while kill and process.poll() is None:
        if is_due(kill, process.pid, arguments, before):
            process.kill()
            break
        time.sleep(POLL)


def taken(paths: list[str]) -> dict[str, str]:
    """Those files that a reader takes, with the SHA-256 of their content."""
    from epidecouple.core.errors import InputError
    from epidecouple.core.integrity import intact
    from epidecouple.core.provenance import read_json

    found = {}
    for path in map(Path, paths):
        try:
            (read_json if path.suffix == ".json" else intact)(path)
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        except InputError:
            pass
    return found


def half_written(arguments: list[str], before: dict[str, int]) -> dict[str, str]:
    """What a reader would take of the files that a killed process has written."""
    paths = [path for path, stamp in stamps(arguments).items() if before.get(path) != stamp]
    command = [sys.executable, __file__, "--taken", *paths]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def main(arguments: list[str]) -> int:
    """Run Python with these arguments; returns its exit status."""
    if not stage_of(arguments):
        os.execv(sys.executable, [sys.executable, *arguments])
    folder, started = Path(os.environ["WATCHED"]), time.monotonic()
    kill, before = next_kill(folder, arguments), stamps(arguments)
    process = subprocess.Popen([sys.executable, *arguments])
    watch(process, kill, arguments)
    _, status, usage = os.wait4(process.pid, 0)
    killed = os.WIFSIGNALED(status)
    row = {"command": arguments, "killed": killed, "kill": kill, "cwd": os.getcwd()}
    row |= {"cpu": usage.ru_utime + usage.ru_stime, "wall": time.monotonic() - started}
    row["taken"] = half_written(arguments, before) if killed else {}
    with (folder / "record.jsonl").open("a") as record:
        record.write(json.dumps(row) + "\n")
    return 128 + os.WTERMSIG(status) if killed else os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--taken"]:
        sys.stdout.write(json.dumps(taken(sys.argv[2:])))
    else:
        sys.exit(main(sys.argv[1:]))

"""Tiny runs for the tests of faults: made by Snakemake in one thread, every stage process watched
(`watched.py`), and compared byte by byte.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline import ROOT, snakemake_command, write_config
from watched import plan_of, stage_of

RUN = "results/tiny"
PROFILE = ("--workflow-profile", str(ROOT / "profiles" / "default"))
# What is another in every run: times, and what was written on the way; times and the commit, which
# an edit during the tests changes, are cut out of pages.
OTHERWISE = ("logs", "benchmarks", "timing.json")
TIMES = re.compile(
    rb"The times of all measured jobs add up.*?</details>|\d{4}-\d\d-\d\d \d\d:\d\d"
    rb"|Commit [0-9a-f]+(?:-dirty)?|The ledger took [0-9.]+ %",
    re.DOTALL,
)
PYTHON = f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "tests" / "watched.py"}" "$@"\n'


@dataclass(frozen=True)
class TinyRun:
    """A folder with a run of `tests/workflow/tiny.yaml`, with one thread."""

    folder: Path

    @property
    def run(self) -> Path:
        """Folder of the run."""
        return self.folder / RUN

    @property
    def watched(self) -> Path:
        """What the watcher writes and is told; beside the folder, so that copies have their own."""
        return self.folder.with_name(f"{self.folder.name}.watched")

    def configure(self, **changes: object) -> None:
        """Write the configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_config(self.folder, **{"threads": 1} | changes)

    def command(self, *arguments: str, cores: int = 1, **how) -> dict:
        """What `subprocess` is given for a call of Snakemake whose stages are watched."""
        where = ("--cores", str(cores), *PROFILE)
        config = ("--configfile", str(self.folder / "tiny.yaml"))
        shown = ("--printshellcmds", *arguments, *config)
        call = snakemake_command(self.folder, *shown, where=where, **how)
        call["env"] = call["env"] | self._environment()
        call["env"]["PATH"] = f"{self.watched}:{call['env']['PATH']}"
        return call

    def _environment(self) -> dict[str, str]:
        """The watcher's folder, with a `python` that starts it."""
        (self.watched / "plan").mkdir(parents=True, exist_ok=True)
        python = self.watched / "python"
        python.write_text(PYTHON)
        python.chmod(0o755)
        return {"WATCHED": str(self.watched)}

    def call(self, *arguments: str, **how) -> subprocess.CompletedProcess:
        """Run Snakemake to its end."""
        return subprocess.run(**self.command(*arguments, **how), capture_output=True)

    def done(self, *arguments: str, **how) -> str:
        """Run Snakemake, which must succeed; returns what it said."""
        call = self.call(*arguments, **how)
        assert call.returncode == 0, call.stdout + call.stderr
        return call.stdout + call.stderr

    def rests(self) -> bool:
        """Whether a call has nothing to do."""
        return "Nothing to be done" in self.done("-n")

    def processes(self) -> list[dict]:
        """Stage processes that have ended, in order."""
        record = self.watched / "record.jsonl"
        return [json.loads(line) for line in record.read_text().splitlines()]

    def stages(self) -> list[str]:
        """Stages of these processes."""
        return [stage_of(row["command"]) for row in self.processes()]

    def forget(self) -> None:
        """Write down from here on."""
        (self.watched / "record.jsonl").unlink(missing_ok=True)

    def plan(self, command: list[str], seconds: float) -> None:
        """Kill the next start of a command after so many seconds of processor time."""
        self._environment()
        plan_of(self.watched, command).write_text(str(seconds))

    def contents(self) -> dict[str, str]:
        """SHA-256 of every file of the results that must be the same in every run."""
        found = {}
        for path in sorted((self.folder / "results").rglob("*")):
            place = path.relative_to(self.folder)
            if path.is_file() and not set(place.parts) & set(OTHERWISE):
                found[str(place)] = digest(path)
        return found

    def copied(self, folder: Path) -> "TinyRun":
        """A copy with its times, as `cp -a` makes it."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return TinyRun(folder)


def digest(path: Path) -> str:
    """SHA-256 of a file; of a page without its times."""
    content = path.read_bytes()
    content = TIMES.sub(b"", content) if path.suffix == ".html" else content
    return hashlib.sha256(content).hexdigest()


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Files that are not in both, or not the same."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))

"""Stages of a whole run killed by SIGKILL at random points of their work, then run again: the same
bytes as of a run that nothing disturbed, and nothing half written that a reader would take.
"""

import json
import random
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from epidecouple.core.errors import InputError
from epidecouple.core.integrity import SUFFIX, intact
from epidecouple.core.provenance import read_json
from forked import Forked, stage_process
from tiny_runs import OTHERWISE, TinyRun, differing, digest
from watched import kill_when, seconds_of, stage_of

# Kills of each stage. Where the work is short they come as soon as a file is there, else in turn at
# a random part of the work and then.
KILLS = defaultdict(lambda: 1, train=2, shard=2, judge=2, figure=2)
LEAST, MOST_STARTS = 20, 8
# Processor time that a process of its own needs to start, and with which its work is long.
START, LONG = 2.0, 4.0
STAGES = {
    *(
        "simulate",
        "inventory",
        "sample_check",
        "panel",
        "elements",
        "reference",
        "shard",
        "data_report",
        "train",
    ),
    *("diagnose", "evaluate", "recovery", "biology", "mutagenesis", "motifs", "motif_recovery"),
    *("release", "model_card", "figure", "judge", "run_report", "index"),
}


def planned_kills(processes: list[dict]) -> list[tuple[dict, float | None]]:
    """Processes of an undisturbed run, each with the seconds of its kill, or None for as soon as it
    has written a file.
    """
    generator, of_stage = random.Random(20), defaultdict(list)
    for process in processes:
        if process["wrote"]:
            of_stage[stage_of(process["command"])].append(process)
    kills = []
    for stage, started in sorted(of_stage.items()):
        for number in range(KILLS[stage]):
            process = generator.choice(started)
            seconds = (process["cpu"] - START) * generator.uniform(0.05, 0.9)
            at_work = process["cpu"] > LONG and number % 2 == 0
            kills.append((process, seconds if at_work else None))
    return kills


def started(run: TinyRun, process: dict) -> Forked:
    """The process again, in the folder of another run."""
    command = process["command"]
    place = command.index(f"epidecouple.stages.{stage_of(command)}")
    return stage_process(stage_of(command), command[place + 1 :], run.folder)


def killed(run: TinyRun, process: dict, seconds: float | None) -> bool:
    """Start a process whose files are gone and kill it; where it ends before, start it again and
    kill it earlier. Whether it was killed.
    """
    generator, files = random.Random(seconds), [run.folder / path for path in process["wrote"]]
    due = (lambda _: any(path.exists() for path in files)) if seconds is None else worked(seconds)
    for _ in range(MOST_STARTS):
        for path in files:
            path.unlink(missing_ok=True)
        begun, stage = time.monotonic(), started(run, process)
        kill_when(stage, partial(due, stage))
        if stage.wait() < 0:
            return True
        due = passed(time.monotonic() - begun, generator)
    return False


def worked(seconds: float) -> Callable[[Forked], bool]:
    """Whether a process has had so much processor time."""
    return lambda stage: seconds_of(stage.pid) >= seconds


def passed(seconds: float, generator: random.Random) -> Callable[[Forked], bool]:
    """Whether a random part of so many seconds has passed from now on."""
    end = time.monotonic() + seconds * generator.uniform(0.1, 0.7)
    return lambda _: time.monotonic() >= end


def taken(path: Path) -> bool:
    """Whether a reader takes a file, in whatever state it is."""
    try:
        (read_json if path.suffix == ".json" else intact)(path)
        return True
    except InputError:
        return False


def half_written(run: TinyRun, process: dict, whole: dict[str, str]) -> list[str]:
    """Files of a killed process that a reader takes though they are not what they should be."""
    there = [path for path in process["wrote"] if (run.folder / path).exists()]
    results = [path for path in there if Path(path).name not in OTHERWISE]
    results = [path for path in results if not path.endswith(SUFFIX)]
    return [
        path
        for path in results
        if taken(run.folder / path) and digest(run.folder / path) != whole[path]
    ]


@pytest.mark.slow
def test_stages_that_are_killed_and_run_again_write_the_same_bytes(whole, copy, counted):
    expected, survived = whole.contents(), []
    for process, seconds in planned_kills(whole.processes()):
        name = stage_of(process["command"])
        if killed(copy, process, seconds):
            survived.append(name)
        assert half_written(copy, process, expected) == [], name
        assert started(copy, process).wait() == 0, name
        assert differing(expected, copy.contents()) == [], name
    assert len(survived) >= LEAST and set(survived) == STAGES
    counted["kills survived"] += len(survived)
    counted["stages killed, of all that write"] += len(set(survived))


def test_a_stage_killed_while_it_writes_is_not_read_and_writes_the_same_bytes_again(
    toy_panel, tmp_path, counted
):
    """The fast sample: one stage, at its first file."""
    loci = tmp_path / "reference.parquet"
    arguments = ["--settings", json.dumps(toy_panel.world.values), "--reference", str(loci)]
    arguments += ["--chromosomes", str(toy_panel.folder / "chromosomes.tsv")]
    stage = stage_process("reference", arguments, toy_panel.world.root)
    kill_when(stage, loci.exists)
    assert stage.wait() < 0 and loci.exists() and not taken(loci)
    assert stage_process("reference", arguments, toy_panel.world.root).wait() == 0
    whole = toy_panel.folder / "reference.parquet"
    assert loci.read_bytes() == whole.read_bytes() and taken(loci)
    counted["kills survived"] += 1

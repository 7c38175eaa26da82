"""Stage processes killed by SIGKILL at random points, in every stage of a run, and run again by
Snakemake: the same bytes as of a run that nothing disturbed, and nothing half written that a reader
would take.
"""

import os
import random
import signal
import subprocess
import sys
from collections import defaultdict

import pytest

from epidecouple.core.provenance import write_json
from pipeline import ROOT
from tiny_runs import TinyRun, differing
from watched import stage_of, taken, watch

# One kill per stage; more where stages are long, or have many jobs.
KILLS = defaultdict(lambda: 1, {"train": 4, "shard": 2, "figure": 2, "diagnose": 2})
LEAST = 20
MOST_CALLS = 12
RETRIES = ("--retries", "3")


def planned_kills(processes: list[dict]) -> list[tuple[list[str], dict]]:
    """Commands of an undisturbed run with a kill for each: half of them at a random share of their
    processor time, half as soon as one of their files is there. Every stage has one.
    """
    generator, of_stage = random.Random(20), defaultdict(list)
    for process in processes:
        of_stage[stage_of(process["command"])].append(process)
    kills = []
    for stage, started in sorted(of_stage.items()):
        for number in range(KILLS[stage]):
            process = generator.choice(started)
            seconds = process["cpu"] * generator.uniform(0.3, 0.95)
            late = {"written": True} if number % 2 else {"seconds": seconds}
            kills.append((process["command"], late))
    return kills


def by_command(kills: list[tuple[list[str], dict]]) -> dict[tuple[str, ...], list[dict]]:
    """The kills of each command."""
    found = defaultdict(list)
    for command, kill in kills:
        found[tuple(command)].append(kill)
    return found


def finished(run: TinyRun) -> int:
    """Call Snakemake until a run is done; returns the number of calls."""
    for number in range(1, MOST_CALLS):
        call = run.call(*RETRIES)
        if call.returncode == 0:
            return number
    pytest.fail(call.stdout + call.stderr)


@pytest.mark.slow
def test_a_run_whose_stages_are_killed_ends_at_the_same_bytes(whole, tmp_path, counted):
    run = TinyRun(tmp_path / "killed")
    run.configure()
    for command, kills in by_command(planned_kills(whole.processes())).items():
        run.plan(list(command), kills)
    calls, expected = finished(run), whole.contents()
    killed = [process for process in run.processes() if process["killed"]]
    assert len(killed) >= LEAST and {stage_of(p["command"]) for p in killed} >= {
        *("simulate", "inventory", "panel", "elements", "reference", "shard", "data_report"),
        *("train", "evaluate", "recovery", "diagnose", "biology", "mutagenesis", "motifs"),
        *("motif_recovery", "release", "model_card", "figure", "judge", "gate", "run_report"),
    }
    for process in killed:
        assert all(expected[path] == content for path, content in process["taken"].items())
    assert differing(expected, run.contents()) == []
    counted["kills survived"] += len(killed)
    counted["stages killed"] += len({stage_of(process["command"]) for process in killed})
    counted["calls of Snakemake until the killed run was done"] += calls


def test_a_stage_killed_while_it_writes_is_not_read_and_writes_the_same_bytes_again(
    toy_panel, tmp_path, counted
):
    """The fast sample: one stage, without Snakemake."""
    settings, loci = tmp_path / "settings.json", tmp_path / "reference.parquet"
    write_json(settings, {"settings": toy_panel.world.values})
    command = [sys.executable, "-m", "epidecouple.stages.reference", "--settings", str(settings)]
    command += ["--chromosomes", str(toy_panel.folder / "chromosomes.tsv")]
    command += ["--reference", str(loci)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "OMP_NUM_THREADS": "1"}
    how = {"cwd": toy_panel.world.root, "env": environment, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, **how)
    watch(process, {"written": True}, command)
    assert process.wait() == -signal.SIGKILL
    whole = toy_panel.folder / "reference.parquet"
    assert loci.exists() and not taken([str(loci)])
    subprocess.run(command, check=True, **how)
    assert loci.read_bytes() == whole.read_bytes() and taken([str(loci)])
    counted["kills survived"] += 1

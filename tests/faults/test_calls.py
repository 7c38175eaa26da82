"""Calls of Snakemake that are interrupted, repeated, moved or forced: each ends at the bytes of a
run that nothing disturbed, or says in one sentence what to do.
"""

import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from pipeline import ROOT
from tiny_runs import RUN, TinyRun, differing
from watched import stage_of

pytestmark = pytest.mark.slow
TRAINED = f"{RUN}/train_full/metrics.json"
EVALUATED = f"{RUN}/evaluate/metrics.json"
FIT = "fit.skill_lift_lower"
UNREACHABLE = {FIT: {"value": 5, "why": "no lift reaches five"}}
# What a threshold reaches: the verdict, and the pages that print it.
JUDGING = {"judge", "gate", "model_card", "run_report", "index"}
# What says that the last call failed until a whole call makes it anew.
SAYS_SO = ["results/index.html", f"{RUN}/ending.json", f"{RUN}/report.html"]
LONGEST = 900


@pytest.fixture
def same(copy, whole):
    """Whether the copy has the bytes of the undisturbed run."""
    return lambda: differing(whole.contents(), copy.contents()) == []


def wait_for(condition, process: subprocess.Popen) -> None:
    """Wait until a condition holds while a process runs."""
    end = time.monotonic() + LONGEST
    while not condition():
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.01)


def as_in_a_terminal() -> None:
    """A process that was started in the background ignores Ctrl-C, and so would the call."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(run: TinyRun, how: signal.Signals, *arguments: str) -> int:
    """Start a call and signal it with all its processes, as a terminal does, once the training has
    a checkpoint; returns its exit status.
    """
    command = run.command(*arguments)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        **command, **quiet, start_new_session=True, preexec_fn=as_in_a_terminal
    )
    checkpoint = run.run / "train_full/checkpoint/checkpoint.pt"
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
    wait_for(lambda: checkpoint.exists() and checkpoint.stat().st_mtime_ns != before, process)
    os.killpg(process.pid, how)
    return process.wait(LONGEST)


def test_an_interrupted_call_goes_on_and_a_killed_one_says_how(copy, whole, counted):
    shutil.rmtree(copy.run / "train_full")
    assert interrupted(copy, signal.SIGINT, TRAINED) != 0
    assert not (copy.run / "train_full/model.safetensors").exists()
    assert interrupted(copy, signal.SIGKILL, TRAINED) == -signal.SIGKILL
    call = copy.call(TRAINED)
    said = call.stdout + call.stderr
    assert call.returncode == 1 and "Directory cannot be locked" in said and "--unlock" in said
    copy.done("--unlock")
    assert "rule train_full:" in copy.done(TRAINED)
    assert differing(whole.contents(), copy.contents()) == SAYS_SO
    counted["faults injected: Snakemake interrupted or killed"] += 2


def test_a_lost_worker_ends_the_call_by_its_name_and_the_next_call_goes_on(copy, whole, counted):
    """The report that the failed call left says so until a whole call makes it anew."""
    shutil.rmtree(copy.run / "evaluate")
    command = next(p["command"] for p in whole.processes() if stage_of(p["command"]) == "evaluate")
    copy.plan(command, 1.0)
    call = copy.call(EVALUATED)
    said = call.stdout + call.stderr
    assert call.returncode == 1 and "Error in rule evaluate:" in said
    assert f"{RUN}/logs/evaluate.log" in said
    copy.done(EVALUATED)
    assert differing(whole.contents(), copy.contents()) == SAYS_SO
    assert "The stage evaluate was killed" in (copy.run / "report.html").read_text()
    counted["faults injected: worker lost"] += 1


def test_a_second_call_in_the_same_folder_is_refused_and_the_first_one_ends_well(
    copy, same, counted
):
    first = subprocess.Popen(
        **copy.command(EVALUATED, "--forcerun", "evaluate"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    locks = copy.folder / ".snakemake/locks"
    wait_for(lambda: any(locks.glob("*.lock")), first)
    second = copy.call(EVALUATED, "--forcerun", "evaluate")
    said = second.stdout + second.stderr
    assert second.returncode == 1 and "Directory cannot be locked" in said and "--unlock" in said
    told = first.communicate(timeout=LONGEST)[0]
    assert first.returncode == 0, told
    assert same()
    counted["faults injected: two calls in one folder"] += 1


def test_a_moved_run_and_moved_code_have_nothing_to_do(copy, tmp_path, counted):
    """The copy is the moved run; the code is as a second clone has it."""
    left_out = shutil.ignore_patterns(".*", "results", "tests", "__pycache__")
    code = shutil.copytree(ROOT, tmp_path / "clone", ignore=left_out)
    call = copy.call("-n", snakefile=code / "Snakefile")
    assert call.returncode == 0 and "Nothing to be done" in call.stdout + call.stderr
    counted["faults injected: moved run and code"] += 1


def test_touch_takes_files_as_they_are_and_makes_no_marker(copy, same, counted):
    """A marker that `--touch` made would let a gate pass that nobody judged."""
    marker = copy.run / "gates/biology.passed"
    marker.unlink()
    os.utime(copy.run / "simulated/LineA/pairs.csv")
    copy.done("--touch")
    assert not marker.exists()
    copy.forget()
    copy.done()
    assert set(copy.stages()) == {"gate", "run_report", "index"} and same()
    counted["faults injected: --touch"] += 1


def test_a_deleted_marker_that_is_asked_for_runs_its_gate_and_nothing_else(copy, same, counted):
    """Without its name the call also runs the stage behind the gate again: Snakemake's `ancient`
    holds for files that are there.
    """
    marker = f"{RUN}/gates/data.passed"
    (copy.folder / marker).unlink()
    copy.forget()
    copy.done(marker)
    assert copy.stages() == ["gate", "index"] and same() and copy.rests()
    counted["faults injected: marker deleted"] += 1


def test_a_training_that_is_forced_writes_the_same_bytes(copy, same, counted):
    copy.forget()
    copy.done(EVALUATED, "--forcerun", "train_full")
    assert copy.stages() == ["train", "evaluate", "index"] and same()
    counted["faults injected: --forcerun"] += 1


def test_an_edited_threshold_judges_again_also_with_k_and_its_cure_restores_the_bytes(
    copy, same, counted
):
    copy.configure(thresholds=UNREACHABLE)
    copy.forget()
    call = copy.call("-k")
    said = call.stdout + call.stderr
    assert call.returncode == 1 and re.search(r"Refused by the gate fit: .+ need > 5", said)
    assert {"judge", "gate"} <= set(copy.stages()) <= JUDGING
    assert not (copy.run / "gates/fit.passed").exists()
    copy.configure()
    copy.forget()
    copy.done("-k")
    assert "train" not in copy.stages() and same()
    counted["faults injected: threshold edited, -k"] += 1

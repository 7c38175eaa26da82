"""The DAG through SLURM: what is submitted, a gate that fails, a training that is cancelled."""

import importlib.util
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from epidecouple.training.checkpoint import FILE
from pipeline import ROOT, last_line, run_snakemake, snakemake_command, write_config

PLUGIN = importlib.util.find_spec("snakemake_executor_plugin_slurm") is not None
ANSWERS = (
    shutil.which("sinfo") is not None
    and subprocess.run(["sinfo"], capture_output=True).returncode == 0
)
pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(not ANSWERS, reason="no SLURM answers here; `make test-slurm` sets one up"),
    pytest.mark.skipif(
        not PLUGIN,
        reason="Snakemake's plugin for SLURM is not installed; `make test-slurm` installs it",
    ),
]

# The profile as it is, asking more often than a real cluster would like, and not its accounting,
# which the test node does not have; no job may be wider than that node.
HASTE = (
    "--cores",
    "2",
    "--slurm-status-command",
    "squeue",
    "--slurm-init-seconds-before-status-checks",
    "2",
    "--seconds-between-status-checks",
    "2",
    "--latency-wait",
    "10",
)
ON_SLURM = ("--profile", str(ROOT / "profiles" / "slurm"), "--workflow-profile", "none", *HASTE)
UNREACHABLE = {
    "fit.skill_lift_lower": {"value": 5, "why": "no lift reaches five: the gate must fail"}
}
# Long enough to be cancelled on the way.
LONG = {"resistance": {"epochs": 60, "patience": 60}}
FULL = "results/tiny/train_full"


# What is submitted by the first call, which ends at the gate `fit`, and by the second one.
FIRST = [
    "rule_simulate",
    "group_sources_inventory_sample_check",
    "rule_panel",
    "group_windows_elements_reference",
    "group_shards_data_report_shard",
    "rule_train_subset",
    "rule_diagnose_subset",
    "rule_train_full",
    "group_scores_evaluate_recovery_release",
]
SECOND = ["rule_diagnose", "rule_biology", "rule_mutagenesis", "group_motifs_motif_recovery_motifs"]


def submitted(call: subprocess.CompletedProcess) -> list[str]:
    """Jobs that were handed to SLURM, each by the folder of its log, sorted."""
    line = r"submitted with SLURM jobid \d+ \(log: \S*/((?:rule|group)_\w+)/"
    return sorted(re.findall(line, call.stdout + call.stderr))


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """A run on SLURM whose gate `fit` cannot pass: folder, call."""
    folder = tmp_path_factory.mktemp("slurm")
    config = write_config(folder, threads=1, thresholds=UNREACHABLE)
    return folder, run_snakemake(folder, "--configfile", str(config), where=ON_SLURM)


def test_a_failing_gate_ends_the_run_with_its_sentence_and_no_second_try(failed):
    _, call = failed
    told = call.stdout + call.stderr
    assert call.returncode == 1
    assert re.search(r"GATE fit FAILED: .+ \(skill_lift_lower\) is \S+, need > 5\.", told), told
    assert "Trying to restart" not in told


def test_one_job_is_submitted_for_each_long_stage(failed):
    assert submitted(failed[1]) == sorted(FIRST)


def test_the_run_goes_on_to_its_end_once_the_threshold_is_in_reach(failed):
    folder = failed[0]
    before = (folder / FULL / "model.safetensors").stat().st_mtime_ns
    call = run_snakemake(
        folder, "--configfile", str(write_config(folder, threads=1)), where=ON_SLURM
    )
    assert call.returncode == 0, call.stdout + call.stderr
    assert submitted(call) == sorted(SECOND)
    assert (folder / FULL / "model.safetensors").stat().st_mtime_ns == before
    assert (folder / "results/tiny/report.html").exists()


def test_of_a_job_of_several_stages_the_one_that_failed_is_named(tmp_path):
    config = ["--configfile", str(write_config(tmp_path, threads=1))]
    simulated = run_snakemake(tmp_path, "results/tiny/simulated/truth.parquet", *config)
    assert simulated.returncode == 0, simulated.stdout + simulated.stderr
    peaks = tmp_path / "results/tiny/simulated/LineA/peaks/CTCF.peaks.gz"
    peaks.write_bytes(peaks.read_bytes()[:-20])
    gate = ("results/tiny/gates/download.passed", "--retries", "0")
    call = run_snakemake(tmp_path, *gate, *config, where=ON_SLURM)
    told = call.stdout + call.stderr
    assert call.returncode == 1 and submitted(call) == FIRST[1:2]
    assert "inventory FAILED" in told and "sample_check FAILED" not in told
    assert last_line(call).startswith("Bad input (inventory): ") and peaks.name in last_line(call)


def cancel_when(process: subprocess.Popen, exists: Path) -> None:
    """Cancel all jobs of SLURM as soon as a file exists."""
    while not exists.exists() and process.poll() is None:
        time.sleep(0.02)
    jobs = subprocess.run(
        ["squeue", "-h", "-o", "%i"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert jobs, "the training ended before it was cancelled"
    subprocess.run(["scancel", *jobs], check=True)


def test_a_training_cancelled_on_the_way_goes_on_and_ends_as_an_unbroken_one(tmp_path):
    config = ["--configfile", str(write_config(tmp_path, threads=1, **LONG))]
    unbroken = run_snakemake(tmp_path, f"{FULL}/metrics.json", *config)
    assert unbroken.returncode == 0, unbroken.stdout + unbroken.stderr
    kept = {
        name: (tmp_path / FULL / name).read_bytes()
        for name in ("model.safetensors", "metrics.json", "history.tsv", "verification.json")
    }
    arguments = snakemake_command(
        tmp_path, f"{FULL}/metrics.json", "--forcerun", "train_full", *config, where=ON_SLURM
    )
    process = subprocess.Popen(**arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    cancel_when(process, tmp_path / FULL / "checkpoint" / FILE)
    told = process.communicate()[0]
    assert process.returncode == 0, told
    assert "Trying to restart" in told
    assert "goes on after epoch" in (tmp_path / "results/tiny/logs/train_full.log").read_text()
    assert {name: (tmp_path / FULL / name).read_bytes() for name in kept} == kept
    assert not (tmp_path / FULL / "checkpoint").exists()

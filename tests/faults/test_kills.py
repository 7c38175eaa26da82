"""Stages killed by SIGKILL at random points of their work, then run again: the same bytes as of a
stage that was never killed, and nothing half written that a reader would take.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from epidecouple.core.errors import InputError
from epidecouple.core.integrity import SUFFIX, intact
from epidecouple.core.provenance import read_json
from toy_bundle import RUN

KILLS = 3
# A training of seconds; on CPU with one thread, so that it is the same bits again.
SHORT = {"epochs": 2, "batch_pairs": 128}
SEALED = {".npy", ".parquet", ".safetensors"}
DIFFER = {"timing.json"}


@dataclass(frozen=True)
class Job:
    """A stage with its options; `out` is the folder that it writes to."""

    stage: str
    root: Path
    values: dict
    options: dict[str, object]
    out: Path

    def start(self) -> subprocess.Popen:
        """The stage in a process of its own."""
        self.out.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", f"epidecouple.stages.{self.stage}"]
        command += ["--settings", json.dumps(self.values)]
        for name, value in self.options.items():
            command += [f"--{name}", str(value)]
        return subprocess.Popen(
            command,
            cwd=self.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        )

    def finish(self) -> float:
        """Run it to its end; returns the seconds that it took."""
        started, process = time.monotonic(), self.start()
        told = process.communicate()[1].decode()
        assert process.returncode == 0, told
        return time.monotonic() - started

    def killed(self, seconds: float) -> bool:
        """Start it and kill it after so many seconds; whether it was still at work."""
        process = self.start()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        return process.returncode == -signal.SIGKILL

    def files(self) -> dict[str, bytes]:
        """Content of every file that it wrote."""
        paths = [path for path in self.out.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(self.out)): path.read_bytes()
            for path in paths
            if path.name not in DIFFER
        }


def job_of(stage: str, toy_panel, toy_bundle, out: Path) -> Job:
    """A job on the toy tree."""
    data, run = toy_panel.folder, toy_bundle.run
    tables = {name: data / "elements" / f"{name}.parquet" for name in ("elements", "pairs")}
    panel, splits = data / "panel.parquet", data / "elements" / "splits.json"
    reference, metrics = data / "reference.parquet", out / "metrics.json"
    trained = {
        "model": run / "train_full/model.safetensors",
        "elements": run / "elements",
        "shards": run / "shards",
    }
    options = {
        "panel": {"panel": out / "panel.parquet", "funnel": out / "funnel.tsv"},
        "elements": {
            "panel": panel,
            "sequences": out / "sequences.npy",
            "splits": out / "splits.json",
            "chromosomes": out / "chromosomes.tsv",
        }
        | {name: out / f"{name}.parquet" for name in tables},
        "reference": {
            "chromosomes": data / "chromosomes.tsv",
            "reference": out / "reference.parquet",
        },
        "shard": tables
        | {"line": "LineA", "panel": panel, "reference": reference}
        | {"splits": splits, "shard": out},
        "evaluate": trained | {"energies": out / "energies.parquet"},
        "release": trained
        | {"energies": run / "evaluate/energies.parquet", "folder": out}
        | {"reference": run / "elements/reference.parquet"},
        "train": {
            "scope": "subset",
            "elements": data / "elements",
            "shards": data / "shards",
            "model": out / "model.safetensors",
            "history": out / "history.tsv",
            "verification": out / "verification.json",
            "violation": out / "violation.json",
        },
    }[stage]
    if stage not in ("reference", "shard"):
        options["metrics"] = metrics
    values = dict(toy_bundle.values)
    if stage == "train":
        values |= {"threads": 1, "verification": "observe"}
        values |= {part: values[part] | SHORT for part in ("resistance", "potential")}
    root = toy_bundle.root if stage in ("evaluate", "release") else toy_panel.world.root
    return Job(stage, root, values, options, out)


def taken_by_readers(job: Job, whole: dict[str, bytes]) -> list[str]:
    """Files of a killed job that a reader would take though they are not what they should be."""
    wrong = []
    for name, content in job.files().items():
        path = job.out / name
        if content == whole.get(name) or "checkpoint" in path.parts or path.suffix == SUFFIX:
            continue
        reader = intact if path.suffix in SEALED else read_json if path.suffix == ".json" else None
        if reader is None:
            continue  # tables for people; those that a stage reads are sealed, see below
        try:
            reader(path)
            wrong.append(name)
        except InputError:
            pass
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize(
    "stage", ["panel", "elements", "reference", "shard", "evaluate", "release", "train"]
)
def test_a_killed_stage_that_is_run_again_writes_the_same_bytes(
    stage, toy_panel, toy_bundle, tmp_path, counted
):
    assert RUN in str(toy_bundle.run)
    job = job_of(stage, toy_panel, toy_bundle, tmp_path / "out")
    duration = job.finish()
    whole = job.files()
    assert len(whole) > 1
    generator = random.Random(stage)
    for number in range(KILLS):
        shutil.rmtree(job.out)
        # The last parts of the work, where files are written, are as long as its start-up.
        kills = job.killed(duration * generator.uniform(0.4, 1.0))
        assert taken_by_readers(job, whole) == [], (stage, number)
        job.finish()
        assert job.files() == whole, (stage, number)
        counted["kills survived"] += kills
        counted["stages that ended before the kill"] += not kills

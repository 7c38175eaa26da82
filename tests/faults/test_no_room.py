"""A disk that is full or may not be written: one sentence, and what was half written is made
anew.
"""

import json
import logging
import os
import resource
import shutil
import subprocess
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from epidecouple.core.errors import InputError
from epidecouple.core.integrity import intact
from epidecouple.core.provenance import write_json
from epidecouple.stages.runner import run, unwritable
from epidecouple.training.checkpoint import Checkpoint
from tiny_runs import RUN, differing

ROOM = 20_000
MANY = np.arange(100_000.0)


@contextmanager
def room_of(size: int):
    """Files of this process can have so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


WRITERS = {
    "npy": lambda path: np.save(path, MANY),
    "parquet": lambda path: pd.DataFrame({"x": MANY}).to_parquet(path),
    "table": lambda path: pd.DataFrame({"x": MANY}).to_csv(path, sep="\t"),
    "weights": lambda path: save_file({"x": torch.tensor(MANY)}, str(path)),
    "json": lambda path: write_json(path, {"x": MANY.tolist()}),
    "checkpoint": lambda path: Checkpoint(path, "basis").save({"x": torch.tensor(MANY)}),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_whatever_is_written_on_a_full_disk_is_known_as_such(writer, tmp_path, counted):
    with room_of(ROOM), pytest.raises(Exception) as caught:  # noqa: B017 - of four libraries
        WRITERS[writer](tmp_path / "a")
    assert "the disk or the quota is full. Free space" in unwritable(caught.value)
    counted["faults injected: full disk"] += 1


def test_other_errors_are_no_full_disk():
    for error in (ValueError("x"), FileNotFoundError(2, "x", "a"), OSError("5 requested")):
        assert unwritable(error) == ""
    assert "a: this cannot be written: permission denied" in unwritable(
        PermissionError(13, "", "a")
    )


def test_a_stage_on_a_full_disk_ends_with_one_sentence_and_its_file_is_not_read(
    toy_panel, tmp_path, monkeypatch, caplog
):
    from epidecouple.stages.elements import elements

    names = ("elements.parquet", "sequences.npy", "pairs.parquet", "splits.json", "chromosomes.tsv")
    argv = ["elements", "--settings", json.dumps(toy_panel.world.values)]
    argv += ["--panel", str(toy_panel.folder / "panel.parquet")]
    argv += ["--metrics", str(tmp_path / "metrics.json")]
    for name in names:
        argv += [f"--{name.partition('.')[0]}", str(tmp_path / name)]
    monkeypatch.setattr("sys.argv", argv)
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    monkeypatch.chdir(toy_panel.world.root)
    with room_of(ROOM), pytest.raises(SystemExit) as ended:
        run(elements)
    assert ended.value.code == 1 and "cannot be written: the disk" in caplog.messages[-1]
    assert not (tmp_path / "metrics.json").exists()
    with pytest.raises(InputError):
        intact(tmp_path / "sequences.npy")


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="mounting needs root")


@contextmanager
def mounted(place, *options: str):
    """A mount at a folder while a test runs."""
    subprocess.run(["mount", *options, str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
@needs_root
def test_a_run_on_a_full_disk_says_so_and_goes_on_once_there_is_room(copy, whole, counted):
    results, aside = copy.folder / "results", copy.folder / "aside"
    results.rename(aside)
    results.mkdir()
    with mounted(results, "-t", "tmpfs", "-o", "size=64m", "tmpfs"):
        shutil.copytree(aside, results, dirs_exist_ok=True)
        shutil.rmtree(copy.run / "shards")
        filler, free = results / "filler", shutil.disk_usage(results).free
        filler.write_bytes(bytes(free - 30_000))
        target = f"{RUN}/shards/LineA/manifest.json"
        call = copy.call(target)
        # The log lies on the full disk, too, so that the stage's own sentence may have no room.
        assert call.returncode == 1 and "Error in rule shard:" in call.stdout + call.stderr
        filler.unlink()
        copy.done(target)
        found, expected = copy.contents(), whole.contents()
        shards = {name for name in expected if "/shards/LineA/" in name}
        assert shards and all(found[name] == expected[name] for name in shards)
    counted["faults injected: full disk"] += 1


@pytest.mark.slow
@needs_root
def test_read_only_results_are_refused_by_name_and_stay_as_they_are(copy, whole, counted):
    results = copy.folder / "results"
    (copy.run / "gates/data.passed").unlink()
    subprocess.run(["mount", "--bind", str(results), str(results)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(results)], check=True)
        call = copy.call()
        assert call.returncode == 1
        said = call.stdout + call.stderr
        assert "Write-protected output files" in said or "this folder cannot be written" in said
        assert "Traceback" not in said
    finally:
        subprocess.run(["umount", str(results)], check=True)
    copy.forget()
    copy.done(f"{RUN}/gates/data.passed")
    assert copy.stages() == ["gate", "index"] and differing(whole.contents(), copy.contents()) == []
    counted["faults injected: read-only results"] += 1

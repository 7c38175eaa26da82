import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from epidecouple.core.provenance import read_json
from epidecouple.model.initialise import new_model
from epidecouple.training.checkpoint import FILE, Checkpoint, basis_of
from epidecouple.training.trainer import full_plan, train
from mutants.energies import EVERY_TERM
from toy import run_main
from toy_panel import digest, toy_config, toy_panel

# Dropout and hidden marks, so that random numbers of every step count; LEACE and a ramp, so that
# phases have a state between epochs; every term and phase.
CONFIG = toy_config(
    curriculum="fine_tuned",
    model={"dropout": 0.2, "mask_marks": 0.2, "mark_noise": 0.1, "leace": True},
    objective=EVERY_TERM | {"ramp_epochs": 2},
    resistance={"epochs": 2},
    potential={"epochs": 2},
    verification="observe",
)
SHORT = {
    "model": {"filters": 8, "z_size": 8, "hidden": 8, "states": 4},
    "resistance": {"epochs": 2},
    "potential": {"epochs": 2},
    "fine_tuning": {"epochs": 2},
}
OUTPUTS = ("model", "history", "verification", "violation", "metrics")


class Killed(Exception):
    """Stands in for a kill."""


class Fragile(Checkpoint):
    """A checkpoint whose training is killed right after a save."""

    left = -1

    def save(self, state):
        super().save(state)
        self.left -= 1
        if self.left == 0:
            raise Killed


def trained(checkpoint):
    """A training from the start, or from where a checkpoint says: bytes of the model, history,
    metrics, the ledger's record.
    """
    panel = toy_panel()
    model = new_model(CONFIG, panel)
    trained = train(model, panel, full_plan(panel, CONFIG), checkpoint)
    history, metrics, record = trained.history, trained.metrics, trained.record
    del record["overhead_share"]
    return digest(model.state_dict()), history.to_json(double_precision=15), metrics, record


def killed_after(epochs, folder, basis="same"):
    checkpoint = Fragile(folder, basis)
    checkpoint.left = epochs
    with pytest.raises(Killed):
        trained(checkpoint)


@pytest.fixture(scope="module")
def unbroken():
    return trained(None)


@pytest.mark.slow
def test_a_training_killed_after_any_epoch_ends_as_an_unbroken_one(unbroken, tmp_path):
    epochs = len(unbroken[3]["epochs"])
    assert epochs >= 6
    for k in range(1, epochs + 1):
        killed_after(k, tmp_path / str(k))
        torch.manual_seed(99)
        assert trained(Checkpoint(tmp_path / str(k), "same")) == unbroken, (
            f"killed after epoch {k} of {epochs}"
        )


def test_a_training_may_be_killed_again_and_again(unbroken, tmp_path):
    for _ in range(len(unbroken[3]["epochs"])):
        killed_after(1, tmp_path)
    assert trained(Checkpoint(tmp_path, "same")) == unbroken


def test_a_restart_runs_only_the_epochs_that_are_left(unbroken, tmp_path):
    epochs = len(unbroken[3]["epochs"])
    killed_after(epochs - 2, tmp_path)
    counting = Fragile(tmp_path, "same")
    trained(counting)
    assert -1 - counting.left == 2


def test_a_checkpoint_that_rests_on_something_else_is_not_used(unbroken, tmp_path):
    killed_after(4, tmp_path, basis="other")
    assert (
        Checkpoint(tmp_path, "same").load() is None
        and Checkpoint(tmp_path, "other").load() is not None
    )
    counting = Fragile(tmp_path, "same")
    assert trained(counting) == unbroken
    assert -1 - counting.left == len(unbroken[3]["epochs"])


def test_a_kill_while_saving_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path / "checkpoint", "same")
    assert checkpoint.load() is None
    checkpoint.save({"epoch": 1})

    def half(file, content):
        file.open("wb").write(content[: len(content) // 2])
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "write_bytes", half)
        checkpoint.save({"epoch": 2})
    assert checkpoint.load() == {"epoch": 1}
    checkpoint.remove()
    checkpoint.remove()
    assert not checkpoint.folder.exists() and checkpoint.load() is None


def test_a_checkpoint_rests_on_settings_scope_and_input_files(tmp_path):
    file = tmp_path / "signal.npy"
    file.write_text("signal")
    first = basis_of("{}", "full", [file])
    assert first == basis_of("{}", "full", [file])
    assert (
        len(
            {
                first,
                basis_of('{"seed": 2}', "full", [file]),
                basis_of("{}", "subset", [file]),
                basis_of("{}", "full", []),
            }
        )
        == 4
    )
    os.utime(file, ns=(1, 1))
    assert basis_of("{}", "full", [file]) != first


def stage_arguments(toy_panel, folder):
    folder.mkdir()
    outputs = {name: folder / f"{name}.out" for name in OUTPUTS}
    return {"scope": "full", "elements": toy_panel.elements, "shards": toy_panel.shards, **outputs}


def killed_by_signal(values, arguments, checkpoint):
    """Start the stage in a process of its own and kill it as soon as it has a checkpoint."""
    command = [sys.executable, "-m", "epidecouple.stages.train", "--settings", json.dumps(values)]
    command += [part for name, value in arguments.items() for part in (f"--{name}", str(value))]
    process = subprocess.Popen(
        command,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "killed before it ended"


@pytest.mark.slow
def test_the_stage_killed_by_a_signal_goes_on_and_writes_the_same_files(
    toy_panel, tmp_path, caplog
):
    of_world = toy_panel.world.values
    values = (
        of_world
        | {"threads": 1}
        | {section: of_world[section] | part for section, part in SHORT.items()}
    )
    whole, broken = (stage_arguments(toy_panel, tmp_path / name) for name in ("whole", "broken"))
    checkpoint = tmp_path / "broken" / "checkpoint" / FILE
    killed_by_signal(values, broken, checkpoint)
    assert checkpoint.exists() and not broken["model"].exists()
    with caplog.at_level("INFO"):
        run_main("train", tmp_path, values, **broken)
    assert "goes on after epoch" in caplog.text
    run_main("train", tmp_path, values, **whole)
    for name in ("model", "history", "metrics"):
        assert broken[name].read_bytes() == whole[name].read_bytes(), name
    records = [arguments["verification"].read_bytes() for arguments in (broken, whole)]
    assert records[0] == records[1]
    assert 0 < read_json(whole["verification"].with_name("timing.json"))["overhead_share"] < 1
    assert not checkpoint.parent.exists()

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

import two_processes
from epidecouple.core.provenance import read_metrics
from epidecouple.training import processes
from toy import ROOT, run_main


def by_two(*program: str) -> subprocess.CompletedProcess:
    """Run a program by two processes on this machine."""
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
        *program,
    ]
    path = os.pathsep.join([str(ROOT / "workflow"), str(ROOT / "tests")])
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """What two processes and one alone find."""
    out = tmp_path_factory.mktemp("processes") / "result.pt"
    called = by_two(two_processes.__file__, str(out))
    assert called.returncode == 0, called.stderr
    return torch.load(out), {
        "gradients": two_processes.gradients(),
        "trained": two_processes.trained(),
    }


@pytest.mark.slow
def test_the_gradient_of_a_macro_step_is_that_of_one_process(both):
    two, one = (result["gradients"] for result in both)
    assert set(two) == set(one) and {name.split()[0] for name in one} == {
        "resistance",
        "potential",
        "fine_tuning",
    }
    for name, gradient in one.items():
        torch.testing.assert_close(
            two[name], gradient, rtol=1e-5, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}"
        )
    assert max(float(gradient.abs().max()) for gradient in one.values()) > 0.01


@pytest.mark.slow
def test_the_trained_model_is_that_of_one_process(both):
    (two, two_metrics), (one, one_metrics) = (result["trained"] for result in both)
    for name, value in one.items():
        torch.testing.assert_close(
            two[name], value, rtol=1e-4, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}"
        )
    assert two_metrics["validation_aupr"] == pytest.approx(one_metrics["validation_aupr"], abs=1e-6)


@pytest.mark.slow
def test_the_stage_by_two_processes_writes_and_tells_once(toy_panel, tmp_path):
    of_world = toy_panel.world.values
    short = {"filters": 8, "z_size": 8, "hidden": 8, "states": 4, "dropout": 0, "mask_marks": 0}
    values = of_world | {
        "threads": 1,
        "verification": "observe",
        "model": of_world["model"] | short,
    }
    values |= {phase: of_world[phase] | {"epochs": 1} for phase in ("resistance", "potential")}
    folders = {"--elements": toy_panel.elements, "--shards": toy_panel.shards}
    outputs = {
        f"--{name}": tmp_path / f"{name}.out"
        for name in ("model", "history", "verification", "violation", "metrics")
    }
    arguments = {"--scope": "full", "--settings": json.dumps(values), **folders, **outputs}
    called = by_two(
        "-m",
        "epidecouple.stages.train",
        *(str(part) for pair in arguments.items() for part in pair),
    )
    assert called.returncode == 0, called.stderr
    assert called.stderr.count("potential epoch 1/1") == 1
    one = {name: tmp_path / f"one_{name.removeprefix('--')}" for name in outputs}
    run_main(
        "train",
        tmp_path,
        values,
        scope="full",
        **{name.removeprefix("--"): path for name, path in (folders | one).items()},
    )
    aupr, expected = (
        read_metrics(paths["--metrics"])["validation_aupr"] for paths in (outputs, one)
    )
    assert aupr == pytest.approx(expected, abs=1e-5)
    assert not (tmp_path / "checkpoint").exists()


def test_one_process_shares_and_changes_nothing():
    pairs, values = np.arange(5), torch.arange(5.0)
    assert processes.share(pairs) is not None and (processes.share(pairs) == pairs).all()
    assert processes.gathered(values, 5) is values
    assert (processes.processes(), processes.rank(), processes.of_all_processes("a")) == (
        1,
        0,
        ["a"],
    )

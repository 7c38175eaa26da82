import json
import logging
import os
import sys

import pytest

from epidecouple.core.errors import DesignViolation, InputError
from epidecouple.core.provenance import versions
from epidecouple.stages.runner import log_head, machine, run_stage, stage_parser

SETTINGS = {"run": "toy", "model": {"states": 4}}


@pytest.fixture
def called(monkeypatch, caplog):
    """Run a main as a stage of that command line: what was logged."""
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    monkeypatch.setattr(sys, "argv", ["/some/where/train.py", "--settings", json.dumps(SETTINGS), "--model", "m"])

    def call(main):
        with caplog.at_level(logging.INFO):
            run_stage(main)
        return "\n".join(caplog.messages)

    return call


def test_a_log_begins_with_versions_machine_and_settings(called):
    head = called(lambda: None).splitlines()
    assert head[0].startswith("# train on python 3.") and all(f"{name}={version}" in head[0] for name, version in versions().items())
    assert head[1] == f"# {machine()}" and head[2:] == ['# run: "toy"', '# model: {"states": 4}']


def test_every_line_of_the_head_is_a_comment():
    """The screen is spared them by this sign (workflow/rules/common.smk)."""
    assert all(line.startswith("# ") and "\n" not in line for line in log_head(["x.py", "--settings", json.dumps({"a": "two\nlines"})]))


def test_a_stage_without_settings_has_a_head(monkeypatch):
    assert len(log_head(["comparison.py", "--run", "results/demo"])) == 2


def test_the_machine_tells_cores_threads_and_device(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert f"cores: {os.cpu_count()}, threads: 3" in machine() and "GPU" not in machine(), "a stage that has not loaded torch does not ask"


def test_the_device_is_named_where_torch_is_loaded(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Toy 9000")
    assert machine().endswith("GPU: Toy 9000")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert machine().endswith("GPU: none")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("the file is empty", "Give another", "a.bed", 3), "ERROR a.bed:3: the file is empty. Give another."),
        (DesignViolation("curriculum: x must be 1, observed 0 (before the first step)"), "DESIGN VIOLATION curriculum: x must be 1"),
    ],
)
def test_refusals_end_in_one_sentence_and_status_1(called, caplog, error, told):
    def main():
        raise error

    with pytest.raises(SystemExit) as stopped:
        called(main)
    assert stopped.value.code == 1 and caplog.messages[-1].startswith(told)


def test_a_defect_keeps_its_traceback(called):
    with pytest.raises(ZeroDivisionError):
        called(lambda: 1 / 0)


def test_settings_are_required():
    with pytest.raises(SystemExit):
        stage_parser("A stage.").parse_args([])

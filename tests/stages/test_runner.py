import json
import logging
import os
import re
import sys
from pathlib import Path
from typing import Literal

import pytest

from epidecouple.core.config import Config
from epidecouple.core.errors import DesignViolation, InputError
from epidecouple.core.paths import PACKAGE, ROOT
from epidecouple.core.provenance import Measured, read_json, versions
from epidecouple.stages import runner
from epidecouple.stages.runner import call, log_head, machine, run

SETTINGS = json.dumps({"run": "toy", "threads": 3, "model": None})


@pytest.fixture
def called(monkeypatch, caplog):
    """Run a stage from a command line: what was logged."""
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)

    def run_with(stage, *arguments):
        monkeypatch.setattr(sys, "argv", ["/some/where/stage.py", *arguments])
        with caplog.at_level(logging.INFO):
            run(stage)
        return "\n".join(caplog.messages)

    return run_with


def test_a_signature_is_a_command_line():
    found = {}

    def stage(
        config: Config,
        settings: str,
        line: str,
        fold: int,
        files: list[Path],
        kind: Literal["a", "b"] = "a",
        fast: bool = False,
    ):
        found.update(locals())

    call(
        stage,
        ["--settings", SETTINGS, "--line", "K562", "--fold", "2", "--files", "x", "y", "--fast"],
    )
    assert (found["line"], found["fold"], found["files"], found["kind"]) == (
        "K562",
        2,
        [Path("x"), Path("y")],
        "a",
    )
    assert found["fast"] is True and found["config"].run == "toy" and found["settings"] == SETTINGS
    call(
        stage,
        ["--settings", SETTINGS, "--line", "K562", "--fold", "2", "--files", "x", "--kind", "b"],
    )
    assert (found["kind"], found["fast"]) == ("b", False)


@pytest.mark.parametrize("arguments", [[], ["--kind", "c"], ["--unknown", "1"]])
def test_wrong_command_lines_are_refused(arguments, capsys):
    def stage(kind: Literal["a", "b"]) -> None: ...

    with pytest.raises(SystemExit) as stopped:
        call(stage, arguments)
    assert stopped.value.code == 2 and "--kind" in capsys.readouterr().err


def test_what_a_stage_measured_is_written_with_what_it_rests_on(tmp_path):
    (tmp_path / "in").write_text("abc")

    def panel(config: Config) -> Measured:
        return Measured({"rows": 3}, [tmp_path / "in"])

    call(panel, ["--settings", SETTINGS, "--metrics", str(tmp_path / "metrics.json")])
    assert read_json(tmp_path / "metrics.json") == {"stage": "panel", "metrics": {"rows": 3}}
    record = read_json(tmp_path / "provenance.json")
    assert record["settings"] == json.loads(SETTINGS) and record["inputs"] == {
        str(tmp_path / "in"): "ba7816bf8f01cfea"
    }


def test_of_several_processes_only_the_first_writes(tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")

    def panel(config: Config) -> Measured:
        return Measured({"rows": 3})

    call(panel, ["--settings", SETTINGS, "--metrics", str(tmp_path / "metrics.json")])
    assert not list(tmp_path.iterdir())


def test_torch_gets_the_threads_of_the_settings():
    import torch

    before, inside = torch.get_num_threads(), []

    def stage(config: Config) -> None:
        inside.append(torch.get_num_threads())

    try:
        call(stage, ["--settings", SETTINGS])
    finally:
        torch.set_num_threads(before)
    assert inside == [3]


def test_a_log_begins_with_versions_machine_and_settings_and_ends_with_the_peak(called):
    """The peak of a process that holds torch and pandas is some hundred MB and not kB."""

    def train(config: Config) -> None: ...

    *head, end = called(train, "--settings", SETTINGS).splitlines()
    peak, seconds = re.fullmatch(r"# peak (\d+) MB, ([\d.]+) s", end).groups()
    assert 50 < int(peak) < 20_000 and float(seconds) > 0.1
    assert head[0].startswith("# train on python 3.") and all(
        f"{name}={version}" in head[0] for name, version in versions().items()
    )
    assert head[1] == f"# {machine()}" and head[2:] == [
        '# run: "toy"',
        "# threads: 3",
        "# model: null",
    ]


def test_every_line_of_the_head_is_a_comment():
    """The screen is spared them by this sign (workflow/rules/common.smk)."""
    assert all(
        line.startswith("# ") and "\n" not in line
        for line in log_head("x", json.dumps({"a": "two\nlines"}))
    )


def test_the_machine_tells_cores_threads_and_device(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert f"cores: {os.cpu_count()}, threads: 3" in machine() and "GPU" not in machine(), (
        "a stage that has not loaded torch does not ask"
    )


def test_the_device_is_named_where_torch_is_loaded(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Toy 9000")
    assert machine().endswith("GPU: Toy 9000")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert machine().endswith("GPU: none")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            InputError("the file is empty", "Give another", "a.bed", 3),
            "ERROR a.bed:3: the file is empty. Give another.",
        ),
        (
            DesignViolation("curriculum: x must be 1, observed 0 (before the first step)"),
            "DESIGN VIOLATION curriculum: x must be 1",
        ),
    ],
)
def test_refusals_end_in_one_sentence_and_status_1(called, caplog, error, message):
    def stage() -> None:
        raise error

    with pytest.raises(SystemExit) as stopped:
        called(stage)
    assert stopped.value.code == 1 and caplog.messages[-1].startswith(message)


def test_a_defect_keeps_its_traceback(called):
    def stage() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        called(stage)


STAGES = sorted(
    file.stem
    for file in (PACKAGE / "stages").glob("*.py")
    if file.stem not in ("__init__", "runner")
)


def test_every_stage_is_a_function_named_like_its_file_that_the_rules_call():
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    assert len(STAGES) > 25
    for name in STAGES:
        source = (PACKAGE / "stages" / f"{name}.py").read_text()
        assert f"\ndef {name}(" in source and source.endswith(f"    run({name})\n"), name
        if name == "seal":
            continue  # people call it by hand, on results that an older version wrote
        assert f"epidecouple.stages.{name} " in rules, name
        digested = f'code_digest("{name}")' in rules or f': ("{name}", ' in rules
        assert digested or name in ("download", "index"), name


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_has_a_command_line(name):
    module = __import__(f"epidecouple.stages.{name}", fromlist=[name])
    assert runner.parser_of(getattr(module, name)).description

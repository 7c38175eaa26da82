"""The benchmark of a card, on a CPU that stands in for one: every part runs, a wrong result fails,
an error loses no other figure.
"""

import argparse
import importlib
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from pipeline import ROOT

QUICK = ("agreement", "throughput", "gathering")
MODULES = ("gpu", "gpu_parts", "gpu_workers", "steps")


@pytest.fixture
def gpu(monkeypatch, tmp_path):
    """The script on tiny sizes, as a function of parts and minutes that returns rows and page."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    script = importlib.import_module("gpu")
    tiny = replace(
        script.ON_CPU,
        seconds=0.0,
        training={"cnn": (2,), "deep": (2,)},
        scored={"cnn": 2, "deep": 2},
        side=64,
        windows=100,
        steps={"cnn": 1},
        window_bp=60,
    )
    monkeypatch.setattr(script, "ON_CPU", tiny)

    def run(*parts, minutes=8.0):
        given = argparse.Namespace(device="cpu", parts=parts, minutes=minutes, folder=tmp_path)
        return script.run(given), (tmp_path / "gpu.md").read_text()

    yield run
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.mark.slow
def test_a_cpu_stands_in_for_a_card_and_the_page_says_so(gpu, tmp_path):
    rows, page = gpu(*QUICK)
    assert {row.part for row in rows} == {"agreement", "training", "scoring", "gathering"}
    assert (
        "has not run on a card yet" in page
        and "16 of 16 checks pass; figures with an error: 0." in page
    )
    exact = [row.value for row in rows if row.part == "agreement" and "float32" in row.what]
    assert exact == [0.0] * 8
    rates = [row for row in rows if row.unit == "pairs/s"]
    assert len(rates) == 8 and all(row.value > 0 and row.of_peak > 0 for row in rates)
    assert len((tmp_path / "gpu.tsv").read_text().splitlines()) == len(rows) + 1


@pytest.mark.parametrize(("wrong", "fails"), [(1.001, True), (float("nan"), True), (1.0, False)])
def test_weights_that_are_others_on_the_card_fail_the_agreement(gpu, monkeypatch, wrong, fails):
    steps = sys.modules["steps"]
    exact = steps.on

    def on(device, model):
        there = exact(device, model)
        with torch.no_grad():
            next(there.potential.encoder.parameters()).mul_(wrong if device.index == 0 else 1)
        return there

    monkeypatch.setattr(steps, "on", on)
    rows, page = gpu("agreement")
    verdicts = {row.what: row.verdict for row in rows}
    assert (verdicts["U, cnn, float32, cpu"] == "fails") is fails
    assert (verdicts["gradient, deep, float32, cpu"] == "fails") is fails
    assert verdicts["R, cnn, float32, cpu"] == "passes", "R reads no DNA"
    assert ("**fails**" in page) is fails


def test_a_figure_that_ends_in_an_error_is_a_row_and_loses_no_other(gpu, monkeypatch):
    def broken(*_):
        raise torch.OutOfMemoryError("CUDA out of memory | tried 1 GB\nmore")

    monkeypatch.setattr(sys.modules["gpu_parts"], "training", broken)
    rows, page = gpu("throughput")
    errors = [row for row in rows if row.verdict == "error"]
    assert {row.part for row in errors} == {"training"} and len(errors) == 4
    assert sum(row.value > 0 for row in rows) == 4
    assert "OutOfMemoryError: CUDA out of memory / tried 1 GB |" in page


def test_what_is_left_out_for_want_of_time_is_named(gpu):
    rows, page = gpu("gathering", minutes=0)
    assert rows == [] and "Left out for want of time: gathering, random windows." in page


def test_what_lasts_too_long_is_broken_off(gpu, monkeypatch):
    monkeypatch.setattr(sys.modules["gpu"], "LAST_S", 0)
    monkeypatch.setattr(sys.modules["gpu_parts"], "gathered", lambda *_: time.sleep(60))
    (row,), page = gpu("gathering", "agreement", minutes=0.01)
    assert (row.part, row.verdict) == ("gathering", "error") and "TimeoutError" in row.note
    assert "Left out for want of time: agreement, cnn, float32, cpu; " in page


def test_flops_of_a_convolution_and_of_two_pairs(gpu):
    parts = sys.modules["gpu_parts"]
    forward, step = parts.flops_of_a_pair("cnn", 60)
    config = sys.modules["steps"].configuration("cnn", 60).model
    places = 60 - config.filter_bp + 1
    convolutions = 2 * 2 * 2 * places * config.cnn_filters * 4 * config.filter_bp
    assert convolutions < forward < 2 * convolutions and forward < step <= 3 * forward


def test_it_needs_no_package_but_the_named_ones():
    block = "sys.modules.update(dict.fromkeys(('pandas', 'scipy', 'sklearn', 'pyarrow')))"
    code = f"import sys; {block}; import gpu; gpu.gpu_parts.flops_of_a_pair('cnn', 60)"
    folder = ROOT / "benchmarks"
    assert subprocess.run([sys.executable, "-c", code], cwd=folder, timeout=120).returncode == 0


@pytest.mark.slow
def test_two_processes_give_the_bits_of_one(gpu):
    rows, page = gpu("processes")
    assert [row.verdict for row in rows if row.part == "same bits"] == ["passes", "passes"]
    assert sum(row.unit == "pairs/s" and row.value > 0 for row in rows) == 4


@pytest.mark.slow
def test_a_process_that_fails_says_why(gpu):
    workers = importlib.import_module("gpu_workers")
    task = workers.Task("no such encoder", "cpu", 60, 2, 1)
    with pytest.raises(RuntimeError, match="ended with 1: KeyError"):
        workers.together(task, 2)

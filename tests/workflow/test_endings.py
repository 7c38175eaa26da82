"""Ways in which a call ends before a gate can judge it: bad input, killed, refused by the design.

Passed and refused by a gate are in test_run.py, with the runs that are made there anyway.
"""

import signal
import subprocess
import time
from html import unescape
from pathlib import Path

import pytest
import yaml

from pipeline import ROOT, last_line, run_snakemake, snakemake_command, write_config

REPORT = "results/tiny/report.html"


def first_line(folder: Path) -> str:
    """What the page of the run says between the question and the model."""
    page = unescape((folder / REPORT).read_text())
    return page[page.index("<h1>") : page.index("logit P")]


@pytest.mark.slow
def test_bad_input_ends_with_its_sentence_file_and_page(tmp_path):
    """A peak file of one's own is damaged: inventory, the first stage, refuses it."""
    (tmp_path / "a.csv").write_text("enhancer_chrom\nchr1\n")
    for name in ("a.bedpe", "A.narrowPeak", "B.narrowPeak", "genome.fa"):
        (tmp_path / name).write_text("no such format\n")
    files = {
        line: {"pairs": "a.csv", "loops": "a.bedpe", "peaks": {"DNase": f"{line}.narrowPeak"}}
        for line in "AB"
    }
    dataset = {"kind": "files", "genome": "genome.fa", "files": files}
    config = write_config(tmp_path, cell_lines=["A", "B"], held_out_lines=[], marks=["DNase"])
    content = yaml.safe_load(config.read_text()) | {"dataset": dataset}
    config.write_text(yaml.safe_dump({k: v for k, v in content.items() if k != "simulation"}))
    call = run_snakemake(tmp_path, "--configfile", str(config))
    assert call.returncode == 1
    line = last_line(call)
    assert line.startswith("Bad input (inventory): "), call.stderr
    assert " Log: results/tiny/logs/inventory.log Report: results/tiny/report.html" in line
    sentence = line.partition(" Log: ")[0]
    assert sentence in first_line(tmp_path)
    assert "bad input (none judged)" in (tmp_path / "results/index.html").read_text()


def test_a_wrong_configuration_ends_with_its_sentence(tmp_path):
    call = run_snakemake(tmp_path, "--configfile", str(write_config(tmp_path, modle="x")))
    assert call.returncode == 1
    assert last_line(call).startswith("Bad input (configuration): ")
    assert "unknown key 'modle'. Did you mean 'model'? Known keys here: " in last_line(call)


@pytest.mark.slow
def test_a_call_that_is_killed_says_so_and_goes_on(tmp_path):
    config = write_config(tmp_path)
    call = snakemake_command(tmp_path, "--configfile", str(config))
    process = subprocess.Popen(
        **call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    shown = ""
    while "simulate" not in shown:
        shown += process.stderr.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    _, shown = process.communicate(timeout=120)
    line = shown.rstrip().rpartition("\n")[2]
    assert process.returncode and line.startswith("Stopped from outside"), shown
    assert "The same call again goes on where it stopped." in line and REPORT in line
    assert "Stopped from outside" in first_line(tmp_path)


@pytest.mark.slow
def test_a_refusal_by_the_design_ends_with_what_is_lacking(tmp_path):
    arm = yaml.safe_load((ROOT / "config/arms/record22.yaml").read_text())
    config = write_config(tmp_path, curriculum=arm["curriculum"], model=arm["model"])
    call = run_snakemake(tmp_path, "--configfile", str(config))
    assert call.returncode == 1
    start = "Refused by the design (train_subset): the curriculum record22 lacks: "
    assert last_line(call).startswith(start) and REPORT in last_line(call)
    assert start in first_line(tmp_path)
    assert "refused by the design (2 passed)" in (tmp_path / "results/index.html").read_text()

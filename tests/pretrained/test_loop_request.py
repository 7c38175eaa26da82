"""Requests for R of loops: which files they need, and what is refused before anything runs."""

import shutil

import pytest

from epidecouple.core.paths import EXAMPLE, ROOT
from epidecouple.core.sections.targets import LoopPanelConfig
from epidecouple.prediction.request import request_of
from epidecouple.pretrained import loop_request
from epidecouple.pretrained.checksums import CHECKSUMS
from epidecouple.pretrained.loop_request import LoopRequest
from toy import refusal, says, written

PAIRS = str(EXAMPLE / "pairs.bed")


def asked(**keys):
    return request_of({"model": str(ROOT / LoopPanelConfig().model), "pairs": PAIRS, **keys})


@pytest.fixture
def ctcf(tmp_path):
    return str(written(tmp_path / "CTCF.bed", "chr1\t5\t9\tp\t0\t.\t3\n"))


def test_a_line_of_the_model_needs_its_files_and_no_others():
    request = asked(line="K562")
    peaks = [path for path in request.files if "/peaks/" in path]
    assert isinstance(request, LoopRequest) and len(peaks) == len(set(peaks)) == 6 * 8
    assert not any("DNase" in path for path in peaks) and not request.peak_files
    assert request.folder == "results/loop_resistance/predict/pairs"


def test_a_line_of_your_own_is_compared_with_the_lines_of_the_model(ctcf):
    request = asked(line="Mine", peaks={"CTCF": ctcf})
    assert request.peak_files == {"CTCF": ctcf}
    assert len([path for path in request.files if "/peaks/" in path]) == 6 * 8


def test_marks_that_the_model_does_not_read_are_left_alone(ctcf):
    assert asked(line="Mine", peaks={"CTCF": ctcf, "H3K36me3": ctcf}).peak_files == {"CTCF": ctcf}
    says(refusal(asked, line="Mine", peaks={"H3K36me3": ctcf}), "Mine", "Give CTCF, H3K27ac")


def test_without_a_line_or_with_an_excerpt_there_is_nothing_to_compare():
    says(refusal(asked), "compares lines", "GM12878")
    says(refusal(asked, line="K562", excerpt=str(EXAMPLE)), "compares lines")


def test_peaks_of_a_line_that_the_model_knows_are_refused(ctcf):
    says(refusal(asked, line="K562", peaks={"CTCF": ctcf}), "knows line K562")


def test_a_check_of_samples_that_is_not_made_is_refused():
    says(refusal(asked, line="K562", samples="stop"), "samples are not checked", "Leave")


def test_a_model_without_its_checksums_is_refused(tmp_path):
    shutil.copytree(ROOT / LoopPanelConfig().model, tmp_path / "model")
    (tmp_path / "model" / CHECKSUMS).unlink()
    says(refusal(asked, line="K562", model=str(tmp_path / "model")), CHECKSUMS, "whole folder")


def test_a_manifest_without_the_files_is_refused(monkeypatch):
    monkeypatch.setattr("epidecouple.pretrained.request.load_sources", list)
    says(refusal(asked, line="K562", genes=PAIRS, chain=PAIRS), "sources.tsv", "version")


def test_the_record_is_read_once(monkeypatch):
    reads = []
    original = loop_request.read_record
    monkeypatch.setattr(
        loop_request, "read_record", lambda folder: reads.append(folder) or original(folder)
    )
    assert asked(line="K562").files and len(reads) == 1

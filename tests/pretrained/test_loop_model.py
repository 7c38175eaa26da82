"""R of loops as a folder: what is read scores as the training did, and only what was written."""

import re

import numpy as np
import pytest
import torch

from epidecouple.core.provenance import read_json, write_json
from epidecouple.core.sections.targets import LoopPanelConfig
from epidecouple.data.loop_loci import loop_labels
from epidecouple.data.loop_signal import (
    centred_inputs,
    positions_of,
    standardised,
    swapped,
)
from epidecouple.files.manifest import load_sources
from epidecouple.model.loop_resistance import LoopResistance
from epidecouple.pretrained.cards import loop_card
from epidecouple.pretrained.checksums import write_checksums
from epidecouple.pretrained.loop_model import TENSORS, load_loop_model, save_loop_model
from epidecouple.pretrained.loop_record import LOOP_RECORD
from epidecouple.pretrained.loop_scores import peaks_of_lines, resistance_in_lines
from epidecouple.pretrained.regulation_model import load_regulation
from epidecouple.stages import loop_model
from epidecouple.stages.loop_model import used_sources
from epidecouple.training.loop_fitting import LoopData, fit_loops, loop_scores
from pipeline import ROOT
from toy import refusal, says
from toy_loops import CONFIG, DISCORDANT, LINES, LOCI, MARKS, PEAKS, TABLE, signal_of, toy_model

RELEASED = ROOT / LoopPanelConfig().model


@pytest.fixture(scope="module")
def model():
    return toy_model()


@pytest.fixture
def folder(model, tmp_path):
    save_loop_model(model, tmp_path)
    write_checksums(tmp_path)
    return tmp_path


@pytest.fixture
def read_peaks_from_memory(monkeypatch):
    monkeypatch.setattr(
        "epidecouple.pretrained.loop_scores.read_marks", lambda files, marks: PEAKS[files["line"]]
    )
    return peaks_of_lines({line: {"line": line} for line in LINES}, toy_model())


def test_what_is_read_scores_as_the_training_did(folder, read_peaks_from_memory):
    """From the peaks to R, against the network of the training on its own inputs."""
    signal = signal_of(LOCI)
    inputs = torch.from_numpy(centred_inputs(standardised(signal, np.arange(len(signal)))))
    labels = torch.from_numpy(loop_labels(TABLE, LINES)[DISCORDANT].astype(np.float32))
    data = LoopData(inputs, labels, swapped(CONFIG.loop_panel))
    shape = len(positions_of(CONFIG.loop_panel)), 2 * len(MARKS)
    network = fit_loops(
        lambda: LoopResistance(*shape, CONFIG.loop_panel), data, CONFIG.loop_panel, 0
    )
    expected = -loop_scores(network, data)
    found = resistance_in_lines(LOCI, load_loop_model(folder), read_peaks_from_memory, {})
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert expected.std(1).min() > 0, "lines differ at every locus"


def test_a_line_of_the_same_peaks_has_the_same_resistance(model, read_peaks_from_memory):
    elsewhere = LOCI[::3].reset_index(drop=True)
    found = resistance_in_lines(elsewhere, model, read_peaks_from_memory, PEAKS[LINES[1]])
    assert found.shape == (len(elsewhere), len(LINES) + 1)
    np.testing.assert_allclose(found[:, -1], found[:, 1], rtol=1e-5)
    assert np.abs(found[:, -1] - found[:, 0]).max() > 1e-4


def test_the_order_of_the_anchors_plays_no_part(model):
    standard = model.standard(signal_of(LOCI))
    turned = standard[:, :, swapped(CONFIG.loop_panel)]
    np.testing.assert_allclose(model.resistance(turned), model.resistance(standard), rtol=1e-5)


def test_a_mark_that_a_line_lacks_is_at_its_mean(model, read_peaks_from_memory):
    without = {"CTCF": PEAKS[LINES[1]]["CTCF"]}
    found = resistance_in_lines(LOCI, model, read_peaks_from_memory, without)
    assert np.isfinite(found).all() and np.abs(found[:, -1] - found[:, 1]).max() > 1e-4


def test_equal_models_are_equal_bytes(folder, tmp_path_factory):
    again = tmp_path_factory.mktemp("again")
    save_loop_model(load_loop_model(folder), again)
    for name in (TENSORS, LOOP_RECORD):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", [TENSORS, LOOP_RECORD])
def test_a_changed_byte_is_refused(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    says(refusal(load_loop_model, folder), name, "SHA256SUMS", "snakemake loop_model")


def test_a_record_of_another_version_is_refused(folder):
    record = read_json(folder / LOOP_RECORD)
    write_json(
        folder / LOOP_RECORD, {k: v for k, v in record.items() if k not in ("seed", "checksum")}
    )
    write_checksums(folder)
    says(refusal(load_loop_model, folder), LOOP_RECORD, "another version")


def test_files_that_the_manifest_has_not_are_no_sources():
    says(refusal(used_sources, CONFIG), "resources/sources.tsv")


def test_the_released_model_is_whole_and_lighter_than_a_megabyte():
    released = load_loop_model(RELEASED)
    assert released.record.lines == ["GM12878", "HeLa-S3", "HUVEC", "IMR90", "K562", "NHEK"]
    assert len(released.loci) > 15_000 and released.parameters == 31_794
    assert sum(file.stat().st_size for file in RELEASED.iterdir()) < 400_000
    known = {source.checksum for source in load_sources()}
    assert {own for of in released.record.peaks.values() for own in of.values()} <= known


def response(mark, positions):
    """Change of the released R in one line of six when a mark is one sd higher there at all
    positions whose names begin so, at a locus that is the mean in everything else.
    """
    released = load_loop_model(RELEASED)
    names = positions_of(released.record.config)
    rows = [k for k, name in enumerate(names) if name.startswith(positions)]
    standard = np.zeros((1, 6, len(names), len(released.record.marks)), np.float32)
    before = released.resistance(standard)[0, 0]
    standard[0, 0, rows, released.record.marks.index(mark)] = 1
    return released.resistance(standard)[0, 0] - before


def test_ctcf_at_both_anchors_lowers_resistance_and_on_the_way_it_raises_it():
    assert response("CTCF", ("left", "right")) < -0.1
    assert response("CTCF", ("bin", "way")) > 0.05


def test_the_card_has_figures_with_intervals_sources_and_the_command(model):
    metrics = {"loop_loci": 15613, "loop_auc": 0.73, "loop_auc_lower": 0.72, "loop_auc_upper": 0.74}
    sources = [source for source in load_sources() if source.kind == "loops"]
    card = loop_card(model, metrics, sources, "make it")
    for part in ("0.730 (0.720 to 0.740)", "Rao 2014", "make it", "worse than distance", "15,613"):
        assert part in card, part
    released = (RELEASED / "README.md").read_text()
    figures = re.findall(r"Balanced AUC of .R, all chromosomes \| (0\.7\d+) \(0\.7", released)
    assert len(figures) == 1 and loop_model.COMMAND in released


def test_a_folder_of_loops_is_no_regulation_model(folder):
    says(refusal(load_regulation, folder), "way.json")

"""One changed byte in anything that a stage reads ends in one sentence that names the file."""

import itertools
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from epidecouple.core.errors import InputError
from epidecouple.core.integrity import SUFFIX, checksum_file, crc32, intact, seal
from epidecouple.core.provenance import CHECKSUM, read_json, write_json
from epidecouple.data.panel import load_panel
from epidecouple.evaluation.scores import Arm, Kind, read_scores, save_scores
from epidecouple.prediction.trained_model import load_run
from epidecouple.stages.runner import settings_text
from epidecouple.stages.seal import seal as seal_folder
from epidecouple.training.checkpoint import Checkpoint
from toy import refusal, says, written

SHARD = ["pairs.parquet", "signal.npy", "reference.npy", "manifest.json"]
READ_BY_TRAINING = [
    *(f"elements/{name}" for name in ("pairs.parquet", "sequences.npy", "splits.json")),
    *(f"shards/LineB/{name}" for name in SHARD),
]
READ_BY_PREDICTION = ["model.safetensors", "prediction.json"]
# Where in a file: its head, inside, its last bytes.
PLACES = (0.0, 0.37, 0.7, 0.995)


# Files change here faster than a file system's clock ticks.
CLOCK = itertools.count(10**18, 10**9)


def rewritten(path: Path, content: bytes) -> None:
    """Replace a file, with a time of its own."""
    path.write_bytes(content)
    os.utime(path, ns=(0, next(CLOCK)))


def flipped(path: Path, place: float, mask: int = 1) -> None:
    """Change one byte of a file."""
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= mask
    rewritten(path, bytes(content))


def copied(folder: Path, into: Path) -> Path:
    shutil.copytree(folder, into, dirs_exist_ok=True)
    return into


@pytest.fixture
def results(toy_panel, tmp_path):
    for name in ("elements", "shards"):
        copied(toy_panel.folder / name, tmp_path / name)
    return tmp_path


def read(results: Path, toy_panel) -> object:
    return load_panel(results / "elements", results / "shards", toy_panel.world.config)


@pytest.mark.parametrize("name", READ_BY_TRAINING)
def test_a_flipped_byte_of_what_training_reads(results, toy_panel, name):
    read(results, toy_panel)
    whole = (results / name).read_bytes()
    for place in PLACES:
        flipped(results / name, place)
        says(refusal(read, results, toy_panel), results / name, "damaged", "Remove the folder")
        rewritten(results / name, whole)
    read(results, toy_panel)


@pytest.mark.parametrize("name", READ_BY_TRAINING)
def test_a_file_that_is_cut_empty_or_missing(results, toy_panel, name):
    content = (results / name).read_bytes()
    for rest in (content[: len(content) // 2], b"", None):
        (results / name).unlink()
        if rest is not None:
            rewritten(results / name, rest)
        says(refusal(read, results, toy_panel), results / name, "run Snakemake again")


@pytest.mark.parametrize("name", READ_BY_PREDICTION)
def test_a_flipped_byte_of_a_trained_model(toy_bundle, tmp_path, name):
    folder = copied(toy_bundle.run / "model", tmp_path)
    load_run(folder)
    whole = (folder / name).read_bytes()
    for place in PLACES:
        flipped(folder / name, place)
        says(refusal(load_run, folder), folder / name)
        rewritten(folder / name, whole)


def test_a_flipped_byte_of_reference_loci_is_found_when_a_line_is_added(toy_bundle, tmp_path):
    folder = copied(toy_bundle.run / "model", tmp_path)
    flipped(folder / "reference.parquet", 0.5)
    says(refusal(intact, folder / "reference.parquet"), "reference.parquet: ", "damaged")


def test_scores_of_a_fold(tmp_path):
    path = tmp_path / "0.npz"
    save_scores(path, np.arange(3), {Arm("all lines", "R", Kind.OF_R): np.ones((3, 2))})
    read_scores(path)
    flipped(path, 0.5)
    says(refusal(read_scores, path), path, "damaged")


def test_a_damaged_checkpoint(tmp_path):
    checkpoint = Checkpoint(tmp_path, "basis")
    checkpoint.save({"weights": torch.ones(100)})
    assert checkpoint.load()["weights"].sum() == 100
    for place in PLACES:
        whole = checkpoint.file.read_bytes()
        flipped(checkpoint.file, place)
        says(refusal(checkpoint.load), checkpoint.file, "damaged", "Remove it")
        checkpoint.file.write_bytes(whole)


def test_every_changed_byte_of_json_is_found_or_changes_nothing(tmp_path):
    path, content = tmp_path / "metrics.json", {"metrics": {"aupr": 0.61, "n": None}, "stage": "x"}
    write_json(path, content)
    whole, found = path.read_bytes(), 0
    for position in range(len(whole)):
        for mask in (1, 4, 16, 128):
            changed = bytearray(whole)
            changed[position] ^= mask
            path.write_bytes(changed)
            try:
                assert set(read_json(path)) >= set(content)
                assert {name: read_json(path)[name] for name in content} == content
            except InputError as error:
                says(str(error), path, "damaged")
                found += 1
    assert found > 3 * len(whole)


def test_settings_of_a_stage_are_checked_too(tmp_path):
    path = tmp_path / "train.json"
    write_json(path, {"settings": {"seed": 1}})
    assert json.loads(settings_text(str(path))) == {"seed": 1}
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 3'))
    says(refusal(settings_text, str(path)), path, "damaged or edited")


def test_json_of_other_hands_is_read_as_it_is(tmp_path):
    path = tmp_path / "own.json"
    path.write_text('{"a": 1}')
    assert read_json(path) == {"a": 1}
    write_json(path, {"a": 1})
    assert json.loads(path.read_text())[CHECKSUM] and read_json(path) == {"a": 1}


def test_results_without_checksums_are_refused_with_the_way_to_take_them_over(results, toy_panel):
    """They are those of an older version."""
    for record in results.rglob(f"*{SUFFIX}"):
        record.unlink()
    first = results / "elements" / "pairs.parquet"
    says(refusal(read, results, toy_panel), first, "older version", "epidecouple.stages.seal")
    seal_folder(results)
    read(results, toy_panel)


def test_tables_of_text_that_later_stages_read_are_sealed_too(tmp_path):
    table = written(tmp_path / "elements" / "chromosomes.tsv", "chrom\nchr1\n")
    seal_folder(tmp_path)
    assert checksum_file(table).exists() and pd.read_csv(intact(table), sep="\t").chrom[0] == "chr1"


def test_sealing_a_folder_does_not_declare_damage_sound(results, toy_panel):
    flipped(results / "elements" / "sequences.npy", 0.5)
    seal_folder(results)
    says(refusal(read, results, toy_panel), "sequences.npy: ", "damaged")


def test_another_format_is_refused(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.arange(3))
    seal(path)
    record = checksum_file(path)
    record.write_text(f"2 {record.read_text().split(maxsplit=1)[1]}")
    says(refusal(intact, path), path, "format 2", "reads format 1")
    record.write_text("garbage")
    says(refusal(intact, path), record, "damaged")


def test_a_file_is_read_for_its_checksum_once_per_process(tmp_path, monkeypatch):
    path, read_files = tmp_path / "a.npy", []
    np.save(path, np.arange(3))
    seal(path)
    monkeypatch.setattr(
        "epidecouple.core.integrity.crc32", lambda path: read_files.append(path) or crc32(path)
    )
    for _ in range(5):
        assert intact(path) == path
    assert read_files == [path]

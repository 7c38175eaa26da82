import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from epidecouple.core.provenance import read_json, write_json
from epidecouple.data.panel import Names, load_panel
from epidecouple.data.splits import splits_of
from toy import refusal, says, toy_config


def test_shapes_and_types(toy_panel):
    panel, config = toy_panel.panel, toy_panel.world.config
    n, lines = len(panel.labels), len(config.all_lines)
    assert (
        panel.labels.shape == panel.published.shape == (n, lines)
        and panel.labels.dtype == panel.published.dtype == np.int8
    )
    assert panel.lines == config.all_lines and panel.training == [0, 1, 2, 3, 4, 5]
    assert (
        panel.codes.dtype == np.uint8
        and panel.codes.max() <= 4
        and panel.log_distance.dtype == np.float32
    )
    assert panel.present.shape == (lines, len(config.marks)) and panel.present.all()
    assert panel.enhancer.max() < len(panel.codes) and panel.promoter.max() < len(panel.codes)
    assert panel.n_reference == len(panel.shards[3].reference)


def test_rows_part_the_pairs_by_chromosome(toy_panel):
    panel, splits = toy_panel.panel, splits_of(toy_panel.world.config)
    rows = {name: panel.rows(name) for name in ("train", "validation", "test")}
    assert sorted(np.concatenate(list(rows.values()))) == list(range(len(panel.labels)))
    assert all(
        set(panel.chrom[found]) == set(getattr(splits, name)) & set(panel.chrom)
        for name, found in rows.items()
    )


def test_discordant_rows_are_brute_force(toy_panel):
    panel = toy_panel.panel
    for lines in ([0, 1, 2], [3, 7]):
        expected = [
            row
            for row in panel.rows("train")
            if len({panel.labels[row, line] for line in lines}) == 2
        ]
        assert panel.discordant_rows("train", lines).tolist() == expected and expected


def test_tensors_hold_the_rows_asked_for_and_a_flag_per_mark(toy_panel):
    panel = toy_panel.panel
    pairs = np.array([5, 2, 5, 300])
    signal = panel.signal_tensor(pairs, 4)
    marks = panel.present.shape[1]
    assert signal.dtype == torch.float32 and signal.shape == (4, 18, 2 * marks)
    assert (signal[..., :marks].numpy() == panel.shards[4].signal[pairs].astype(np.float32)).all()
    assert (signal[..., marks:] == 1).all()
    assert panel.label_tensor(pairs, [7, 0]).tolist() == panel.labels[pairs][:, [7, 0]].tolist()
    assert (panel.reference_tensor(4, np.array([3, 1])) == panel.reference_tensor(4)[[3, 1]]).all()


def test_missing_mark_is_flagged(toy_panel, tmp_path):
    shards = shutil.copytree(toy_panel.shards, tmp_path / "shards")
    manifest = shards / "LineB" / "manifest.json"
    known = read_json(manifest)
    known["marks"][toy_panel.world.config.marks[0]]["present"] = False
    write_json(manifest, known)
    panel = load_panel(toy_panel.elements, shards, toy_panel.world.config)
    assert (~panel.present).sum() == 1 and not panel.present[1, 0]
    flags = panel.signal_tensor(np.array([0]), 1)[..., 7:]
    assert (flags[..., 0] == 0).all() and (flags[..., 1:] == 1).all()


def test_raw_marks_leave_the_densities_of_the_way_as_they_are(toy_panel):
    """Undoing the normalisation of a mark is no business of densities, which had none."""
    config = toy_config(model={"marks": "raw"})
    raw = load_panel(toy_panel.elements, toy_panel.shards, config)
    pairs, marks = np.arange(50), len(config.marks)
    found, stored = (
        raw.signal_tensor(pairs, 2)[..., :marks].numpy(),
        raw.shards[2].signal[pairs].astype(np.float32),
    )
    np.testing.assert_array_equal(found[:, -raw.way_slots :], stored[:, -raw.way_slots :])
    statistics = [raw.shards[2].manifest["marks"][mark] for mark in config.marks]
    mean, sd = ([known[name] for known in statistics] for name in ("mean", "sd"))
    ends_and_bins = slice(0, -raw.way_slots)
    np.testing.assert_allclose(
        found[:, ends_and_bins], stored[:, ends_and_bins] * sd + mean, rtol=1e-5, atol=1e-6
    )
    assert raw.way_slots == 8 and stored[:, -8:].any()


def test_a_mark_that_is_left_out_is_zero_everywhere(toy_panel):
    panel = toy_panel.panel
    signal, whole = (each.signal_tensor(np.arange(50), 0) for each in (panel.without(0), panel))
    assert not signal[..., [0, 7]].any() and whole[:, :, 0].any(0).all()
    assert torch.equal(signal[..., 1:7], whole[..., 1:7])


def test_other_splits_are_refused(toy_panel):
    other = toy_config(splits={"test_fold": 2})
    message = refusal(load_panel, toy_panel.elements, toy_panel.shards, other)
    says(
        message,
        f"{toy_panel.elements / 'splits.json'}: ",
        "splits of this run have changed",
        "`elements`",
    )


def test_one_shard_of_other_splits_is_refused(toy_panel, tmp_path):
    shards = shutil.copytree(toy_panel.shards, tmp_path / "shards")
    manifest, own = shards / "MixH" / "manifest.json", splits_of(toy_panel.world.config).hash
    write_json(manifest, read_json(manifest) | {"split_hash": "f" * 16})
    says(
        refusal(load_panel, toy_panel.elements, shards, toy_panel.world.config),
        f"{manifest}: ",
        own,
        "f" * 16,
    )


def test_log_distance_is_that_of_the_midpoints(toy_panel):
    table = pd.read_parquet(toy_panel.folder / "panel.parquet")
    distance = (table.enhancer_mid - table.promoter_mid).abs()
    assert 10.0**toy_panel.panel.log_distance == pytest.approx(distance.to_numpy(), rel=1e-5)


def test_a_pair_takes_few_bytes_in_a_panel(toy_panel):
    """24 bytes and two of each line, beside signal and windows, which stay on disk."""
    panel, lines = toy_panel.panel, len(toy_panel.world.config.all_lines)
    held = [panel.enhancer, panel.promoter, panel.log_distance, panel.annotated_bp]
    held += [panel.chrom.codes, panel.split.codes, panel.labels, panel.published]
    assert sum(array.nbytes for array in held) <= (24 + 2 * lines) * len(panel.labels)
    for c, shard in enumerate(panel.shards):
        assert shard.labels.base is panel.labels.base is not None and shard.signal.base is not None
        assert (shard.labels == panel.labels[:, c]).all()


def test_a_panel_does_not_depend_on_the_size_of_a_block(toy_panel, monkeypatch):
    monkeypatch.setattr("epidecouple.data.blocks.PAIRS_PER_BLOCK", 7)
    found = load_panel(toy_panel.elements, toy_panel.shards, toy_panel.world.config)
    for name in ("enhancer", "promoter", "log_distance", "annotated_bp", "chrom", "split"):
        one, other = (np.asarray(getattr(each, name)) for each in (found, toy_panel.panel))
        assert one.dtype == other.dtype and (one == other).all(), name
    stored = pd.read_parquet(toy_panel.elements / "pairs.parquet")
    assert (np.asarray(found.chrom) == stored.chrom.to_numpy(dtype=str)).all()
    assert (found.enhancer == stored.enhancer).all() and found.enhancer.dtype == np.int32


def test_names_read_as_the_array_of_text_that_they_stand_for():
    text = np.array(["chr2", "chr10", "chr2", "chrX"])
    names = Names.of(text)
    assert names[[3, 0]].tolist() == ["chrX", "chr2"] and names[:].dtype == text.dtype
    assert (names == "chr2").tolist() == (names == np.array(["chr2", "a", "chr2", "b"])).tolist()
    assert (names != "chr2").tolist() == [False, True, False, True] and len(names) == 4
    assert not (names == "chr").any() and (names == names).all() and set(names) == set(text)
    assert pd.Series(names).equals(pd.Series(text)) and np.isin(names, ["chrX"]).sum() == 1
    assert Names.of(pd.Series(["a", None]))[:].tolist() == ["a", "nan"]
    assert Names.of(names) is names and names.codes.dtype == np.int8

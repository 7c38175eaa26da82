import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from epidecouple.core.integrity import seal
from epidecouple.core.provenance import fingerprint, read_json
from epidecouple.core.sections.data import WAY_DENSITIES
from epidecouple.data.blocks import read_blocks, write_blocks
from epidecouple.data.labels import label_matrix
from epidecouple.data.line_signal import (
    measure,
    normalised_signal,
    places_of_ends,
    read_marks,
    reference_signal,
)
from epidecouple.data.normalisation import Normaliser
from epidecouple.data.shards import load_shard, write_array
from epidecouple.data.signal import bins_between, ends_signal, mean_signal, pair_signal, resized
from epidecouple.data.splits import splits_of
from epidecouple.data.way import way_densities
from epidecouple.files.peaks import read_peaks
from toy import refusal, run_main, says, toy_config, written

HALF_PRECISION = 2**-10  # relative spacing of float16


def inputs_of(toy_panel):
    """pairs, ends and reference as the stage `shards` hands them to `measure`."""
    pairs, elements = (
        pd.read_parquet(toy_panel.elements / f"{name}.parquet") for name in ("pairs", "elements")
    )
    return (
        pairs,
        places_of_ends(elements, toy_panel.world.config),
        pd.read_parquet(toy_panel.folder / "reference.parquet"),
    )


def measured(files, pairs, *arguments):
    """`measure` of a table at once, its signal as one array."""
    signal, *others = measure(files, [pairs], *arguments)
    return np.concatenate([*signal]), *others


def shard_of(toy_panel, line: str):
    return load_shard(toy_panel.shards / line, splits_of(toy_panel.world.config).hash)


@pytest.fixture
def copied(toy_panel, tmp_path):
    """A shard that a test may change."""
    return shutil.copytree(toy_panel.shards / "LineA", tmp_path / "LineA")


def test_reference_has_mean_0_and_sd_1(toy_panel):
    for line in toy_panel.world.config.all_lines:
        reference = np.asarray(shard_of(toy_panel, line).reference, dtype=float)
        assert reference.mean(0) == pytest.approx(0, abs=1e-3) and reference.std(
            0
        ) == pytest.approx(1, abs=1e-3)


def test_statistics_undo_the_normalisation_within_half_precision(toy_panel):
    pairs, ends, reference = inputs_of(toy_panel)
    config, files = toy_panel.world.config, toy_panel.world.catalog.lines["MixG"]
    shard = shard_of(toy_panel, "MixG")
    assert shard.signal.dtype == np.float16 and shard.signal.shape == (
        len(pairs),
        2 + config.windows.bins + WAY_DENSITIES,
        len(config.marks),
    )
    for m, mark in enumerate(config.marks):
        peaks, known = read_peaks(files.peaks[mark]), shard.manifest["marks"][mark]
        raw, on_reference = (
            pair_signal(
                pairs, ends_signal(ends, peaks), bins_between(pairs, config.windows.bins), peaks
            ),
            np.log1p(mean_signal(reference, peaks)),
        )
        assert (known["mean"], known["sd"]) == pytest.approx(
            (on_reference.mean(), on_reference.std())
        )
        expected = (raw - known["mean"]) / known["sd"]
        assert shard.signal[:, :-WAY_DENSITIES, m].astype(float) == pytest.approx(
            expected, rel=HALF_PRECISION, abs=1e-6
        )
        assert raw.std() > 0.1


def test_densities_of_the_way_come_last_as_they_were_measured(toy_panel):
    pairs, ends, reference = inputs_of(toy_panel)
    config, files = toy_panel.world.config, toy_panel.world.catalog.lines["MixG"]
    shard = shard_of(toy_panel, "MixG")
    for m, mark in enumerate(config.marks):
        expected = way_densities(pairs, read_peaks(files.peaks[mark]), config.windows.signal_bp)
        found = shard.signal[:, -WAY_DENSITIES:, m].astype(float)
        assert found == pytest.approx(expected, rel=HALF_PRECISION) and found.any()
    without = toy_config(windows={"way": False})
    signal = measured(files, pairs, ends, reference, without)[0]
    assert (signal == shard.signal[:, :-WAY_DENSITIES]).all()


def test_statistics_do_not_depend_on_the_pairs(toy_panel):
    pairs, ends, reference = inputs_of(toy_panel)
    files, config = toy_panel.world.catalog.lines["LineB"], toy_panel.world.config
    signal, on_reference, statistics = measured(files, pairs[:50], ends, reference, config)
    assert statistics == shard_of(toy_panel, "LineB").manifest["marks"]
    assert (on_reference == shard_of(toy_panel, "LineB").reference).all()
    assert (signal == shard_of(toy_panel, "LineB").signal[:50]).all()


def test_blocks_and_a_file_on_disk_give_the_same_numbers(toy_panel, tmp_path, monkeypatch):
    pairs, ends, reference = inputs_of(toy_panel)
    files, config = toy_panel.world.catalog.lines["LineB"], toy_panel.world.config
    blocks = [pairs[:7], pairs[7:8], pairs[8:]]
    whole = shard_of(toy_panel, "LineB").signal
    signal, _, statistics = measure(files, blocks, ends, reference, config)
    write_array(signal, whole.shape, tmp_path / "signal.npy")
    np.save(tmp_path / "saved.npy", whole)
    assert (tmp_path / "signal.npy").read_bytes() == (tmp_path / "saved.npy").read_bytes()
    monkeypatch.setattr("epidecouple.data.line_signal.PAIRS_PER_BLOCK", 7)
    peaks = read_marks(files.peaks, config.marks)
    assert (normalised_signal(peaks, statistics, pairs, ends, config) == whole).all()


@pytest.mark.parametrize("rows", [1, 37])
def test_a_shard_does_not_depend_on_the_size_of_a_block(toy_panel, tmp_path, monkeypatch, rows):
    """Neither of the blocks that are read, nor of those that the tables were written in."""
    world = toy_panel.world
    tables = {name: toy_panel.elements / f"{name}.parquet" for name in ("pairs", "elements")}
    inputs = {"panel": toy_panel.folder / "panel.parquet", **tables}
    inputs |= {"reference": toy_panel.folder / "reference.parquet"}
    inputs |= {"splits": toy_panel.elements / "splits.json"}
    monkeypatch.setattr("epidecouple.data.blocks.PAIRS_PER_BLOCK", rows)
    again = tmp_path / "pairs.parquet"
    write_blocks(read_blocks(tables["pairs"], list(pd.read_parquet(tables["pairs"]))), again)
    seal(again)
    inputs["pairs"] = again
    run_main("shard", world.root, world.values, line="LineB", shard=tmp_path / "shard", **inputs)
    for name in ("signal.npy", "reference.npy", "manifest.json"):
        assert (tmp_path / "shard" / name).read_bytes() == (
            toy_panel.shards / "LineB" / name
        ).read_bytes()
    found, known = (
        pd.read_parquet(shard / "pairs.parquet")
        for shard in (tmp_path / "shard", toy_panel.shards / "LineB")
    )
    pd.testing.assert_frame_equal(found, known)


def test_missing_mark_is_zero_and_said_to_be_missing(toy_panel, tmp_path):
    pairs, ends, reference = inputs_of(toy_panel)
    files, config = toy_panel.world.catalog.lines["LineB"], toy_panel.world.config
    peaks = {mark: path for mark, path in files.peaks.items() if mark not in ("CTCF", "DNase")}
    signal, on_reference, statistics = measured(
        replace(files, peaks=peaks), pairs, ends, reference, config
    )
    absent = [not statistics[mark]["present"] for mark in config.marks]
    assert [mark for mark, missing in zip(config.marks, absent, strict=True) if missing] == [
        "CTCF",
        "DNase",
    ]
    assert not signal[:, :, absent].any() and not on_reference[:, absent].any()
    assert (
        signal[:, :, ~np.array(absent)]
        == shard_of(toy_panel, "LineB").signal[:, :, ~np.array(absent)]
    ).all()


def test_peaks_that_lie_beside_the_reference_are_refused_with_their_file(toy_panel, tmp_path):
    """A mark is missing because its file is, never because of what stands in it. Three overlapping
    peaks leave a rounding residue beside them, which is no signal.
    """
    pairs, ends, reference = inputs_of(toy_panel)
    files, config = toy_panel.world.catalog.lines["LineB"], toy_panel.world.config
    rows = [
        f"{chrom}\t{start}\t{900}\t.\t0\t.\t{value}\n"
        for chrom in reference.chrom.unique()
        for start, value in ((1, 0.1), (2, 0.2), (3, 0.3))
    ]
    peaks = {**files.peaks, "DNase": written(tmp_path / "beside.bed", "".join(rows))}
    later = reference[reference.start >= 1000]
    message = refusal(measure, replace(files, peaks=peaks), pairs, ends, later, config)
    says(message, f"{peaks['DNase']}: no peak of this file lies on a reference locus")
    elsewhere = written(tmp_path / "elsewhere.bed", "1\t1\t90\n")
    message = refusal(
        measure, replace(files, peaks={"DNase": elsewhere}), pairs, ends, later, config
    )
    says(message, f"{elsewhere}: ", "(file: 1; reference loci: chr", "leave the mark out")


def test_a_mark_that_is_the_same_everywhere_is_refused(toy_panel, tmp_path):
    """Its sd is the rounding of a mean, 1e-16, and what is divided by it was infinite."""
    pairs, ends, reference = inputs_of(toy_panel)
    files, config = toy_panel.world.catalog.lines["LineB"], toy_panel.world.config
    rows = [
        f"{row.chrom}\t{row.start}\t{row.end}\t.\t0\t.\t{0.1 * 3}\n"
        for row in reference.itertuples()
    ]
    path = written(tmp_path / "flat.bed", "".join(rows))
    peaks = {"DNase": read_peaks(path)}
    signal, statistics = reference_signal(peaks, reference, config)
    assert np.isfinite(signal).all() and not statistics["DNase"]["present"]
    message = refusal(
        measure, replace(files, peaks={"DNase": path}), pairs, ends, reference, config
    )
    says(message, f"{path}: the signal of DNase is the same at every reference locus")


def test_labels_are_those_of_the_panel(toy_panel):
    panel = pd.read_parquet(toy_panel.folder / "panel.parquet")
    for c, line in enumerate(toy_panel.world.config.all_lines):
        shard = shard_of(toy_panel, line)
        assert (shard.labels == label_matrix(panel, toy_panel.world.config.all_lines)[:, c]).all()
        assert (shard.published == panel[f"published_{line}"]).all()
        assert shard.manifest["positives"] == shard.labels.sum() > 0 and shard.manifest[
            "pairs"
        ] == len(panel)


def test_manifest_names_the_sources_with_their_fingerprints(toy_panel):
    sources = shard_of(toy_panel, "LineC").manifest["sources"]
    files = toy_panel.world.catalog.lines["LineC"]
    expected = {
        str(path.relative_to(toy_panel.world.root)): fingerprint(path)
        for path in (files.pairs, files.loops, *files.peaks.values())
    }
    assert sources == expected and len(set(sources.values())) == 9


def test_arrays_cannot_be_changed(toy_panel):
    with pytest.raises(ValueError, match="read-only"):
        shard_of(toy_panel, "LineA").signal[0] = 0


def test_shard_of_other_splits_is_refused(toy_panel, copied):
    own = splits_of(toy_panel.world.config).hash
    assert len(load_shard(copied, own).labels) == len(toy_panel.panel.labels)
    says(
        refusal(load_shard, copied, "0123456789abcdef"),
        f"{copied / 'manifest.json'}: ",
        own,
        "0123456789abcdef",
        "Remove the folder",
    )


def test_stage_gives_the_same_shard_again(toy_panel, copied, tmp_path):
    world, tables = (
        toy_panel.world,
        {name: toy_panel.elements / f"{name}.parquet" for name in ("pairs", "elements")},
    )
    inputs = {name: toy_panel.folder / f"{name}.parquet" for name in ("panel", "reference")}
    splits = toy_panel.elements / "splits.json"
    run_main(
        "shard",
        world.root,
        world.values,
        line="LineA",
        splits=splits,
        shard=tmp_path / "again",
        **tables,
        **inputs,
    )
    for path in copied.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    assert read_json(tmp_path / "again" / "manifest.json")["cell_line"] == "LineA"


def test_ranks_are_among_reference_loci_of_the_same_width(toy_panel):
    pairs, _, reference = inputs_of(toy_panel)
    elements = pd.read_parquet(toy_panel.elements / "elements.parquet")
    config = toy_config(windows={"scales": [20000], "signal": "ranks"})
    files, bins = toy_panel.world.catalog.lines["LineA"], config.windows.bins
    signal, on_reference, statistics = measured(
        files, pairs, places_of_ends(elements, config), reference, config
    )
    assert signal.shape == (len(pairs), 4 + bins + WAY_DENSITIES, len(config.marks))
    assert on_reference.astype(float).mean(0) == pytest.approx(0, abs=1e-3) and on_reference.astype(
        float
    ).std(0) == pytest.approx(1, abs=1e-3)
    peaks, known = read_peaks(files.peaks["CTCF"]), statistics["CTCF"]["ranks"]
    wide = np.log1p(mean_signal(resized(reference, 20000), peaks))
    assert (
        Normaliser(**known["20000"]) == Normaliser.on(wide, "ranks") != Normaliser(**known["2000"])
    )
    around = places_of_ends(elements, config)[1].iloc[pairs.promoter]
    expected = Normaliser.on(wide, "ranks")(
        np.log1p(mean_signal(around.reset_index(drop=True), peaks))
    )
    assert signal[:, 3, config.marks.index("CTCF")].astype(float) == pytest.approx(
        expected, rel=HALF_PRECISION, abs=1e-3
    )

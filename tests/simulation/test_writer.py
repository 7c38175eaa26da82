import gzip
import hashlib

import numpy as np
import pandas as pd
import pytest

from epidecouple.data.crossed_pairs import cross, read_natural
from epidecouple.files.catalog import catalog_of
from epidecouple.files.fasta import chromosome_sizes, encode_windows, open_genome
from epidecouple.files.loops import read_loops
from epidecouple.files.motifs import read_motifs
from epidecouple.files.pairs import midpoints, read_pairs
from epidecouple.files.peaks import read_peaks
from epidecouple.simulation.world import simulate
from epidecouple.simulation.writer import write_world
from toy import build_toy_panel, refusal, says, toy_config, toy_values, write_toy_world

SMALL = {"pairs": 200, "enhancers": 110, "promoters": 55, "barriers": 22, "background_loci": 22}


def digests(world) -> dict[str, str]:
    """Digest of every file of a simulated dataset, by its path."""
    files = [*world.catalog.files, world.truth]
    return {
        str(path.relative_to(world.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def drawn(toy_world):
    """The world that the files of `toy_world` were written from."""
    config = toy_world.config
    return simulate(config.simulation, config.cell_lines, config.held_out_lines, config.seed)


def test_same_seed_same_bytes(tmp_path):
    first, second = (digests(write_toy_world(tmp_path / name, simulation=SMALL)) for name in "ab")
    assert first == second and len(first) == 2 + 8 * 9 + 1


def test_compressed_files_carry_no_time(toy_world):
    packed = [path.read_bytes() for path in toy_world.catalog.files if path.suffix == ".gz"]
    assert len(packed) == 1 + 8 * 8 and all(content[4:8] == bytes(4) for content in packed)


def test_another_seed_changes_every_file(tmp_path):
    first, second = (
        digests(write_toy_world(tmp_path / str(seed), simulation=SMALL, seed=seed))
        for seed in (1, 2)
    )
    assert not set(first.values()) & set(second.values())


@pytest.mark.parametrize("artefact", [0, 2])
def test_loops_reproduce_every_published_label(tmp_path, artefact):
    world = write_toy_world(tmp_path, simulation={**SMALL, "annotation_artefact": artefact})
    loops = {line: read_loops(files.loops) for line, files in world.catalog.lines.items()}
    natural = read_natural(world.catalog)
    assert 0 < natural.label.sum() < len(natural)
    assert cross(natural, loops, np.ones(len(natural), dtype=bool))[1] == 1


def test_panel_labels_are_those_drawn(toy_panel):
    world = drawn(toy_panel.world)
    mid = world.loci.mid.to_numpy()
    chrom = world.loci.chrom.to_numpy()[world.pairs.enhancer]
    keys = pd.MultiIndex.from_arrays([chrom, mid[world.pairs.enhancer], mid[world.pairs.promoter]])
    table = pd.read_parquet(toy_panel.folder / "panel.parquet")
    rows = keys.get_indexer(
        pd.MultiIndex.from_frame(table[["chrom", "enhancer_mid", "promoter_mid"]])
    )
    assert len(set(rows)) == len(keys) and rows.min() >= 0
    assert (toy_panel.panel.labels == world.labels[rows]).all()


def test_every_pair_is_listed_once_in_the_table_of_its_origin(toy_world):
    world = drawn(toy_world)
    counts = [len(read_pairs(files.pairs)) for files in toy_world.catalog.lines.values()]
    assert counts == np.bincount(world.origin, minlength=8).tolist() and sum(counts) == len(
        world.pairs
    )


def test_element_windows_of_the_fasta_are_the_planted_codes(toy_world):
    world = drawn(toy_world)
    elements = world.loci[world.loci.element]
    windows = pd.DataFrame(
        {"chrom": elements.chrom, "start": elements.mid - 84, "end": elements.mid + 84}
    ).reset_index(drop=True)
    with open_genome(toy_world.catalog.genome) as fasta:
        assert (encode_windows(fasta, windows, toy_world.catalog.genome) == world.codes).all()
        assert list(chromosome_sizes(fasta)) == [f"chr{number}" for number in range(1, 12)]


def test_annotation_artefact_makes_elements_longer_from_line_to_line(tmp_path):
    world = write_toy_world(
        tmp_path, simulation={**SMALL, "annotation_artefact": 5, "composition": 0}
    )
    tables = [midpoints(read_pairs(files.pairs)) for files in world.catalog.lines.values()]
    shortest = [(table.enhancer_end - table.enhancer_start).min() for table in tables]
    assert all(300 + 200 * c <= length < 300 + 200 * c + 120 for c, length in enumerate(shortest))


def test_peaks_have_the_formats_of_the_real_files(toy_world):
    files = toy_world.catalog.lines["LineA"].peaks
    columns = {
        mark: len(gzip.decompress(path.read_bytes()).split(b"\n")[0].split(b"\t"))
        for mark, path in files.items()
    }
    assert columns == {mark: 10 if mark in ("CTCF", "DNase") else 9 for mark in files}
    assert all(read_peaks(path).signal.min() > 0 for path in files.values())


def test_peaks_carry_the_strength_of_their_own_mark(tmp_path):
    """Also when `marks` names fewer marks, in another order: the log signal is the strength,
    stretched and shifted.
    """
    toy = write_toy_world(tmp_path, simulation=SMALL, marks=["H3K27me3", "DNase"])
    world = drawn(toy)
    for mark, column in (("H3K27me3", 5), ("DNase", 1)):
        peaks = read_peaks(toy.catalog.lines["LineC"].peaks[mark])
        signal = pd.Series(
            peaks.signal.to_numpy(), index=[peaks.chrom, (peaks.start + peaks.end) // 2]
        )
        strength = pd.Series(world.strength[:, 2, column], index=[world.loci.chrom, world.loci.mid])
        assert 20 < len(signal) < len(strength)
        assert np.corrcoef(np.log(signal), strength[signal.index])[0, 1] > 0.999


@pytest.mark.parametrize(("omega", "low", "high"), [(0, 0, 1e-4), (2, 0.5, 4)])
def test_technical_offset_shifts_a_mark_by_line_and_changes_how_many_peaks_it_has(
    tmp_path, omega, low, high
):
    toy = write_toy_world(tmp_path, simulation={**SMALL, "mark_offset": omega}, marks=["H3K27ac"])
    world, shifts, peaks_called = drawn(toy), [], []
    for c, files in enumerate(toy.catalog.lines.values()):
        peaks = read_peaks(files.peaks["H3K27ac"])
        strength = pd.Series(world.strength[:, c, 4], index=[world.loci.chrom, world.loci.mid])
        called = strength[pd.MultiIndex.from_arrays([peaks.chrom, (peaks.start + peaks.end) // 2])]
        shifts.append(np.mean(np.log(peaks.signal.to_numpy() / 100) - called.to_numpy()))
        peaks_called.append(len(peaks))
    assert low <= np.std(shifts) < high
    if omega:
        assert np.corrcoef(shifts, peaks_called)[0, 1] > 0.8


def test_mark_that_the_simulation_does_not_have(tmp_path):
    message = refusal(write_toy_world, tmp_path, simulation=SMALL, marks=["CTCF", "H2A.Z"])
    says(message, "config: ", "H2A.Z", "'H3K27ac'")


def test_truth_is_keyed_like_the_panel_and_lies_apart(toy_world, toy_panel):
    world, truth = drawn(toy_world), pd.read_parquet(toy_world.truth)
    assert truth.potential.to_numpy() == pytest.approx(world.potential)
    assert truth.resistance_MixH.to_numpy() == pytest.approx(world.resistance[:, 7])
    assert truth.lineage_motif_3.to_numpy() == pytest.approx(world.lineage[:, 3])
    assert truth.line_offset_LineB.nunique() == 1 and truth.line_offset_LineB[0] == pytest.approx(
        world.offset[1]
    )
    panel, key = (
        pd.read_parquet(toy_panel.folder / "panel.parquet"),
        ["chrom", "enhancer_mid", "promoter_mid"],
    )
    assert len(panel.merge(truth, on=key, validate="one_to_one")) == len(panel) == len(truth)
    assert toy_world.truth not in toy_world.catalog.files


def test_planted_motifs_are_written_as_a_motif_file(toy_world):
    world, motifs = drawn(toy_world), read_motifs(toy_world.catalog.motifs)
    assert [motif.name for motif in motifs] == list(world.motifs)
    assert all((motif.consensus == world.motifs[motif.name]).all() for motif in motifs)


def test_any_catalog_can_be_written(tmp_path, monkeypatch):
    """The library function and the stage give the same files."""
    monkeypatch.chdir(tmp_path)
    config = toy_config(simulation=SMALL)
    world = simulate(config.simulation, config.cell_lines, config.held_out_lines, config.seed)
    write_world(
        world, config.simulation, catalog_of(config), tmp_path / "truth.parquet", config.seed
    )
    by_stage = write_toy_world(tmp_path / "stage", simulation=SMALL)
    assert all(
        (tmp_path / path).read_bytes() == (tmp_path / "stage" / path).read_bytes()
        for path in catalog_of(config).files
    )
    assert by_stage.values == toy_values(simulation=SMALL)


def test_smallest_slots_that_are_allowed_keep_the_labels(tmp_path):
    tight = {**SMALL, "pairs": 600, "slot_bp": 1050}
    toy = build_toy_panel(
        write_toy_world(tmp_path / "world", simulation=tight), tmp_path / "stages"
    )
    assert (toy.panel.labels.sum(0) == drawn(toy.world).labels.sum(0)).all()


@pytest.mark.parametrize(
    ("change", "needed"), [({}, 650), ({"annotation_artefact": 3}, 930), ({"window_bp": 960}, 960)]
)
def test_slots_too_small_for_elements_and_loops(tmp_path, change, needed):
    message = refusal(write_toy_world, tmp_path, simulation={**SMALL, "slot_bp": 1000, **change})
    says(message, "config: ", "slot_bp 1000", "600 bp", f"{needed} bp", "annotation_artefact")

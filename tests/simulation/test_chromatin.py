"""The dangers that a world may have: states, hubs, distance, gaps, GC, barriers of varying
strength, missing marks. Without them the world is the one that it was before they came.
"""

import zlib

import numpy as np
import pandas as pd
import pytest
import yaml

from epidecouple.core.random_streams import Stream, rng_for
from epidecouple.core.sections.data import SimulationConfig
from epidecouple.files.peaks import read_peaks
from epidecouple.simulation.chromatin import HUB_MARKS, MARKS, STATES, chromatin_of
from epidecouple.simulation.world import MOTIF_LENGTH, gap_of, motif_probabilities, simulate
from toy import ROOT, toy_config, write_toy_world

LINES, HELD_OUT = ["A", "B", "C", "D"], ["E"]
SMALL = {"pairs": 200, "enhancers": 110, "promoters": 55, "barriers": 22, "background_loci": 22}
LEVELS = np.array([marks for marks, *_ in STATES.values()])
EFFECTS = np.array([effect for _, effect, *_ in STATES.values()])
# Of the last version without the dangers.
CODES, LABELS, PAIRS, BARRIERS = 1016808942, 15981652, 4276966845, 1730961439
SUMS = [-10.669996083, 5787.9230942, 2.790449012, -62.485367128]


def config_of(**simulation):
    return toy_config(simulation=simulation).simulation


def world_of(seed: int = 1, **simulation):
    return simulate(config_of(**simulation), LINES, HELD_OUT, seed)


@pytest.fixture(scope="module")
def world():
    return world_of()


def digest(array) -> int:
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


def test_without_the_dangers_the_world_is_the_one_before_them(world):
    """Numbers of the version in which they did not exist."""
    assert digest(world.codes) == CODES
    assert digest(world.labels) == LABELS
    assert digest(world.pairs.to_numpy(np.int64)) == PAIRS
    assert digest(world.barriers) == BARRIERS
    found = [
        values.sum() for values in (world.potential, world.resistance, world.offset, world.strength)
    ]
    assert found == pytest.approx(SUMS, rel=1e-9)


def test_the_strength_of_barriers_changes_their_signal_only(world):
    plain = world_of(barrier_sd=0)
    for name in ("codes", "potential", "resistance", "labels", "strength", "barriers", "origin"):
        np.testing.assert_array_equal(getattr(world, name), getattr(plain, name))
    assert not plain.barrier_level.any()
    assert world_of(barrier_sd=1.5).barrier_level.std() == pytest.approx(1.5, rel=0.15)


@pytest.mark.parametrize("barrier_sd", [0, 0.8])
def test_peaks_of_barriers_are_as_strong_as_their_level_in_every_line(tmp_path, barrier_sd):
    toy = write_toy_world(
        tmp_path, simulation={**SMALL, "barrier_sd": barrier_sd, "mark_offset": 0}, marks=["CTCF"]
    )
    config = toy.config
    world = simulate(config.simulation, config.cell_lines, config.held_out_lines, config.seed)
    place = pd.MultiIndex.from_arrays([world.loci.chrom, world.loci.mid])
    for c, files in enumerate(toy.catalog.lines.values()):
        peaks = read_peaks(files.peaks["CTCF"])
        at = pd.MultiIndex.from_arrays([peaks.chrom, (peaks.start + peaks.end) // 2])
        signal = pd.Series(np.log(peaks.signal.to_numpy()), index=at)[place[world.barriers[:, c]]]
        level = world.barrier_level[world.barriers[:, c]]
        assert (signal - level).std() < 1e-3 and len(signal) > 5
        assert level.std() == pytest.approx(barrier_sd, rel=0.6, abs=1e-9)


@pytest.fixture(scope="module")
def states():
    return world_of(chromatin="states", mark_noise=0, barriers=0, pairs=2200)


def state_of(strength):
    """The state whose marks these are (n_loci, C, M)."""
    return np.abs(strength[:, :, None] - LEVELS).sum(3).argmin(2)


def test_marks_of_a_locus_are_the_row_of_its_state_and_noise(states):
    found = state_of(states.strength)
    np.testing.assert_allclose(states.strength, LEVELS[found], atol=1e-12)
    assert (np.bincount(found.ravel(), minlength=len(STATES)) > 20).all()
    noisy = world_of(chromatin="states", mark_noise=0.3, barriers=0, pairs=2200)
    noise = noisy.strength - LEVELS[found]
    assert noise.std() == pytest.approx(0.3, rel=0.03) and abs(noise.mean()) < 0.01
    assert np.abs(noise.mean((0, 1))).max() < 0.05


def test_resistance_is_what_the_states_at_both_ends_add(states):
    effect = EFFECTS[state_of(states.strength)] / np.sqrt(2)
    ends = effect[states.pairs.enhancer] + effect[states.pairs.promoter]
    np.testing.assert_allclose(states.resistance, np.log1p(np.exp(1 + ends)))


def test_resistance_is_not_monotone_in_openness(states):
    """Of loci as accessible as one another some resist and others do not; it falls, rises and falls
    again.
    """
    effect, dnase = EFFECTS[state_of(states.strength)], states.strength[..., MARKS.index("DNase")]
    closed, quiet, half_open, wide_open = (
        effect[dnase == level].mean() for level in (-1, 0, 1.5, 2)
    )
    assert closed > quiet + 0.3 < half_open and half_open > wide_open + 1
    plain = world_of(mark_noise=0, barriers=0)
    openness = plain.strength[..., 1]
    assert np.corrcoef(
        chromatin_of(config_of(), openness, None).resistance.ravel(), openness.ravel()
    )[0, 1] == pytest.approx(-1)


def test_openness_decides_which_states_are_likely():
    config = config_of(chromatin="states")
    names = list(STATES)
    share = {}
    for openness in (-2, 0, 2):
        rng = np.random.default_rng(0)
        level = chromatin_of(config, np.full((4000, 1), float(openness)), rng).level
        share[openness] = dict(
            zip(names, np.bincount(state_of(level).ravel(), minlength=9) / 4000, strict=True)
        )
    for name, slope in (("active enhancer", 1), ("active promoter", 1), ("heterochromatin", -1)):
        low, middle, high = (share[openness][name] for openness in (-2 * slope, 0, 2 * slope))
        assert low < middle < high and high > low + 0.2


def test_states_change_neither_dna_nor_potential(states):
    plain = world_of(mark_noise=0, barriers=0, pairs=2200)
    np.testing.assert_array_equal(states.codes, plain.codes)
    np.testing.assert_array_equal(states.potential, plain.potential)
    assert (states.resistance != plain.resistance).all()


def test_states_are_those_of_the_seed():
    config, openness = config_of(chromatin="states"), np.zeros((50, 2))
    drawn = [
        chromatin_of(config, openness, rng_for(seed, Stream.CHROMATIN_STATES)).level
        for seed in (1, 1, 2)
    ]
    assert (drawn[0] == drawn[1]).all() and not (drawn[0] == drawn[2]).all()


@pytest.mark.parametrize("slope", [0, 0.7, 2])
def test_potential_falls_with_distance_by_the_slope(slope):
    world, flat = (
        world_of(pairs=2200, distance_slope=value, potential_sd=0.3) for value in (slope, 0)
    )
    mid = world.loci.mid.to_numpy()
    far = np.log10(np.abs(mid[world.pairs.enhancer] - mid[world.pairs.promoter]))
    assert np.polyfit(far, world.potential, 1)[0] == pytest.approx(-slope, abs=0.1)
    np.testing.assert_allclose(world.potential, flat.potential - slope * (far - far.mean()))
    assert far.std() > 0.2


def mean_potential(world):
    """Mean U of the pairs of each locus that has some, and these loci."""
    ends = pd.concat([world.pairs.enhancer, world.pairs.promoter])
    mean = pd.Series(np.tile(world.potential, 2), index=ends.to_numpy()).groupby(level=0).mean()
    return mean.to_numpy(), mean.index.to_numpy()


def test_hub_marks_show_what_a_locus_adds_to_potential_in_all_lines_alike(world):
    hubs = world_of(hub_marks=1.5)
    shown = hubs.strength - world.strength
    mean, loci = mean_potential(world)
    for m, mark in enumerate(MARKS):
        if mark in HUB_MARKS:
            np.testing.assert_allclose(shown[:, :, m], shown[:, :1, m].repeat(5, 1), atol=1e-12)
            assert np.corrcoef(shown[loci, 0, m], mean)[0, 1] == pytest.approx(1)
            assert shown[loci, 0, m].std() == pytest.approx(1.5)
            correlation = np.corrcoef(hubs.strength[loci, 0, m], mean)[0, 1]
            assert correlation > 0.5 > np.corrcoef(world.strength[loci, 0, m], mean)[0, 1] + 0.2
        else:
            assert not shown[:, :, m].any()
    without = np.setdiff1d(np.arange(len(world.loci)), loci)
    assert len(without) and not shown[without].any()
    np.testing.assert_array_equal(hubs.resistance, world.resistance)


def aligned(world, consensus, known):
    """Blocks of the windows that hold a consensus at its known bases, turned to its own strand."""
    blocks = world.codes.reshape(-1, MOTIF_LENGTH)
    strands = np.concatenate([blocks, 3 - blocks[:, ::-1]])
    return strands[(strands == consensus)[:, known].all(1)]


def test_bases_in_the_gap_of_a_motif_are_free_and_those_around_it_are_not():
    config = config_of(motif_gap=4, motif_mutation=0)
    world, known = world_of(motif_gap=4, motif_mutation=0), np.ones(MOTIF_LENGTH, bool)
    known[gap_of(config)] = False
    assert known.sum() == 8 and known[:4].all() and known[-4:].all()
    found = [aligned(world, consensus, known) for consensus in world.motifs.values()]
    assert min(map(len, found)) > 100
    share = np.bincount(np.concatenate(found)[:, ~known].ravel(), minlength=4)
    assert share / share.sum() == pytest.approx(np.full(4, 0.25), abs=0.02)
    closed = world_of(motif_mutation=0)
    for consensus in closed.motifs.values():
        held = aligned(closed, consensus, known)
        assert (held == consensus).all(1).mean() > 0.95


@pytest.mark.parametrize("gap", [0, 3, 4, 8])
def test_probabilities_of_a_motif_say_where_its_gap_is(gap):
    config = config_of(motif_gap=gap, motif_mutation=0.2)
    consensus = np.arange(MOTIF_LENGTH) % 4
    found = motif_probabilities(config, consensus)
    np.testing.assert_allclose(found.sum(1), 1)
    free = (found == 0.25).all(1)
    assert free.sum() == gap and (found.argmax(1) == consensus)[~free].all()
    np.testing.assert_allclose(found.max(1)[~free], 0.85)
    assert abs(np.flatnonzero(free).mean() - 5.5) <= 0.5 if gap else True


def test_bases_of_a_motif_are_drawn_anew_at_the_rate():
    """A base drawn anew is the same one in a quarter of the cases."""
    whole = np.ones(MOTIF_LENGTH, bool)
    exact, changed = (world_of(motif_mutation=rate) for rate in (0, 0.1))
    counts = [
        sum(len(aligned(world, consensus, whole)) for consensus in world.motifs.values())
        for world in (exact, changed)
    ]
    assert counts[0] > 2000
    assert counts[1] / counts[0] == pytest.approx((1 - 0.1 * 0.75) ** MOTIF_LENGTH, abs=0.04)


def test_windows_differ_in_gc_by_its_sd():
    size = {"window_bp": 960, "grammar_motifs": 1, "decoy_motifs": 1}
    even, uneven = (world_of(gc_sd=sd, **size) for sd in (0, 0.1))
    contents = [np.isin(world.codes, (1, 2)).mean(1) for world in (even, uneven)]
    assert contents[0].std() < 0.03 and contents[1].std() == pytest.approx(0.1, abs=0.015)
    assert contents[1].mean() == pytest.approx(contents[0].mean(), abs=0.015)
    share = np.bincount(uneven.codes.ravel(), minlength=4) / uneven.codes.size
    assert share == pytest.approx([0.29, 0.21, 0.21, 0.29], abs=0.02)


def test_a_mark_that_a_line_lacks_has_no_peak_file_and_the_others_stay_as_they_are(tmp_path):
    missing = {"LineC": ["H3K4me1", "H3K27me3"], "MixG": ["CTCF"]}
    whole = write_toy_world(tmp_path / "whole", simulation=SMALL)
    lacking = write_toy_world(
        tmp_path / "lacking", simulation=SMALL, dataset={"kind": "simulated", "missing": missing}
    )
    for line, files in lacking.catalog.lines.items():
        expected = [mark for mark in whole.config.marks if mark not in missing.get(line, [])]
        assert list(files.peaks) == expected
        folder = next(iter(files.peaks.values())).parent
        assert sorted(path.name for path in folder.iterdir()) == sorted(
            f"{mark}.peaks.gz" for mark in expected
        )
    paths = [path.relative_to(lacking.root) for path in lacking.catalog.files]
    assert len(paths) == len(list(whole.catalog.files)) - 3
    for path in paths:
        assert (lacking.root / path).read_bytes() == (whole.root / path).read_bytes(), path


def test_the_default_world_holds_all_dangers_at_once_and_loops_in_every_line():
    values = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    config = toy_config(**{key: values[key] for key in ("dataset", "simulation")})
    assert isinstance(config.simulation, SimulationConfig)
    assert config.simulation.chromatin == "states" and config.dataset.missing
    knobs = ("hub_marks", "hub_sd", "distance_slope", "prevalence_shift", "mark_offset")
    assert all(getattr(config.simulation, knob) > 0 for knob in knobs)
    assert set(config.dataset.missing) <= set(config.all_lines)
    assert {mark for marks in config.dataset.missing.values() for mark in marks} <= set(
        config.marks
    )
    world = simulate(config.simulation, config.cell_lines, config.held_out_lines, 1)
    assert np.isfinite(world.resistance).all() and world.labels.any(0).all()
    assert 0.04 < world.labels.mean() < 0.2

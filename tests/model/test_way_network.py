import dataclasses

import numpy as np
import pytest
import torch

from epidecouple.core.sections.data import WAY_DENSITIES
from epidecouple.model.energy import EnergyModel
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.record22 import LinearResistance
from epidecouple.model.resistance import WayNetwork
from epidecouple.model.scoring import resistance_of_loci, resistance_on_reference
from toy_panel import BINS, LINES, MARKS, N_PAIRS, N_REFERENCE, toy_config, toy_panel

CONFIG = toy_config(windows={"way": True}, model={"way_marks": ["CTCF", "H3K27me3", "Pol2"]})
PAIRS = np.arange(N_PAIRS)
LOCI = 2 + BINS


@pytest.fixture
def panel():
    return toy_panel(way=True)


@pytest.fixture
def model(panel):
    model = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)
    with torch.no_grad():
        model.resistance.state_resistance.normal_()
    return model.eval()


@pytest.fixture
def network():
    torch.manual_seed(0)
    return WayNetwork(WAY_DENSITIES, [0, 2], len(MARKS), CONFIG.model).eval()


def densities(n=20, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, WAY_DENSITIES, len(MARKS), generator=generator)


def test_a_mark_counts_where_it_is_read_and_present(network):
    """Values of a missing mark are ignored; that it is missing is not."""
    way, present = densities(), torch.ones(20, len(MARKS))
    there = network(way, present)
    for mark, is_read in enumerate([True, False, True, False]):
        other = way.clone()
        other[:, :, mark] += 1
        assert ((network(other, present) - there).abs().min() > 1e-4) == is_read
        absent = present.clone()
        absent[:, mark] = 0
        assert torch.equal(network(other, absent), network(way, absent))
        assert ((network(way, absent) - there).abs().max() > 1e-4) == is_read


def test_every_density_counts(network):
    way, present = densities(), torch.ones(20, len(MARKS))
    for slot in range(WAY_DENSITIES):
        other = way.clone()
        other[:, slot, 0] += 1
        assert (network(other, present) - network(way, present)).abs().max() > 1e-4


def test_densities_are_read_in_their_sd_and_one_that_never_varies_stays_finite(network):
    way, present = densities(), torch.ones(20, len(MARKS))
    plain = network(way, present)
    network.standardise(torch.full((WAY_DENSITIES, 4), 7.0), torch.full((WAY_DENSITIES, 4), 3.0))
    torch.testing.assert_close(network(3 * way + 7, present), plain)
    network.standardise(torch.zeros(WAY_DENSITIES, 4), torch.zeros(WAY_DENSITIES, 4))
    torch.testing.assert_close(network(way, present), plain)


def test_a_missing_mark_reads_as_its_mean(network):
    network.standardise(torch.full((WAY_DENSITIES, 4), 0.5), torch.ones(WAY_DENSITIES, 4))
    way = densities()
    at_mean = way.clone()
    at_mean[:, :, 2] = 0.5
    present = torch.ones(20, len(MARKS))
    absent = present.clone()
    absent[:, 2] = 0
    inputs = []
    handle = network.network.register_forward_pre_hook(lambda _, x: inputs.append(x[0]))
    network(way, absent)
    network(at_mean, present)
    handle.remove()
    assert torch.equal(inputs[0][:, :-2], inputs[1][:, :-2])
    assert (inputs[0][0, -2:].tolist(), inputs[1][0, -2:].tolist()) == ([1, 0], [1, 1])


def test_resistance_is_the_softplus_of_all_parts_and_reads_the_way(model, panel):
    signal = panel.signal_tensor(PAIRS, 0)
    states, residual, way, _ = parts = model.resistance.parts(signal)
    level = model.resistance.level
    torch.testing.assert_close(
        model.resistance(signal), torch.log1p(torch.exp(level + states + residual + way))
    )
    assert way.std() > 0.01
    for mark, is_read in enumerate([True, False, False, True]):
        other = signal.clone()
        other[:, LOCI:, mark] += 3
        change = model.resistance.parts(other)
        assert ((change.way - way).abs().max() > 1e-3) == is_read
        assert ((model.resistance(other) - model.resistance(signal)).abs().max() > 1e-3) == is_read
        assert torch.equal(change.states, states) and torch.equal(change.e, parts.e)


def test_the_way_does_not_read_the_ends_and_the_bins(model, panel):
    signal = panel.signal_tensor(PAIRS, 0)
    other = signal.clone()
    other[:, :LOCI] += 1
    assert torch.equal(model.resistance.of_way(other), model.resistance.of_way(signal))


def test_a_mark_that_a_line_lacks_is_no_part_of_its_way(model, panel):
    """H3K27me3 is missing in the second line."""
    shard = panel.shards[1]
    signal = shard.signal.copy()
    signal[:, LOCI:, 3] = 9
    other = dataclasses.replace(
        panel,
        shards=[panel.shards[0], dataclasses.replace(shard, signal=signal), *panel.shards[2:]],
    )
    found, expected = (model.resistance(each.signal_tensor(PAIRS, 1)) for each in (other, panel))
    assert torch.equal(found, expected)


@pytest.mark.parametrize(
    ("way", "way_marks"), [(True, []), (True, ["Pol2"]), (False, ["CTCF"]), (False, [])]
)
def test_without_marks_or_densities_there_is_no_such_part(way, way_marks):
    config = toy_config(windows={"way": way}, model={"way_marks": way_marks})
    panel = toy_panel(way=way)
    model = start_prototypes(new_model(config, panel), panel, panel.training, config)
    resistance = model.eval().resistance
    signal = panel.signal_tensor(PAIRS, 0)
    other = signal.clone()
    other[:, LOCI:] += 3
    assert resistance.way is None and not resistance.parts(signal).way.any()
    assert torch.equal(resistance(other), resistance(signal))
    assert not any("way" in name for name, _ in model.named_parameters())


def test_parameters_of_the_way_train_with_the_head_of_resistance(model):
    group = {id(parameter) for parameter in model.parameter_groups()["resistance_head"]}
    assert {id(parameter) for parameter in model.resistance.way.parameters()} <= group
    grouped = [id(parameter) for each in model.parameter_groups().values() for parameter in each]
    assert sorted(grouped) == sorted(id(parameter) for parameter in model.parameters())


def test_densities_are_standardised_on_training_pairs_of_lines_that_have_the_mark(model, panel):
    rows = panel.rows("train")
    for mark in range(len(MARKS)):
        lines = [c for c in range(len(LINES)) if panel.present[c, mark]]
        seen = np.concatenate([panel.shards[c].signal[rows, LOCI:, mark] for c in lines])
        seen = seen.astype(np.float64)
        way = model.resistance.way
        np.testing.assert_allclose(way.mean[:, mark], seen.mean(0), rtol=1e-5)
        np.testing.assert_allclose(way.sd[:, mark], seen.std(0), rtol=1e-4)
        everything = np.concatenate([panel.shards[c].signal[:, LOCI:, mark] for c in range(4)])
        assert abs(everything.astype(float).mean(0) - seen.mean(0)).max() > 0.01


def test_no_more_than_some_pairs_are_read_to_standardise_them(panel, monkeypatch):
    monkeypatch.setattr("epidecouple.model.initialise.WAY_PAIRS", 10)
    model = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)
    rows = panel.rows("train")
    rows = rows[:: len(rows) // 10 + 1]
    seen = np.concatenate([panel.shards[c].signal[rows, LOCI:, 0] for c in range(3)])
    assert 5 <= len(rows) <= 10
    np.testing.assert_allclose(
        model.resistance.way.mean[:, 0], seen.astype(float).mean(0), rtol=1e-5
    )


@pytest.mark.parametrize(("scales", "window"), [([], "mean"), ([1000], "mean"), ([1000], "bins")])
def test_one_locus_stands_at_both_ends_and_in_every_bin_of_a_mean_way(panel, scales, window):
    config = toy_config(windows={"way": True, "scales": scales}, model={"window": window})
    torch.manual_seed(0)
    resistance = EnergyModel(config, N_REFERENCE).eval().resistance
    resistance.way.standardise(densities(1)[0], densities(1, seed=1)[0])
    loci = panel.reference_tensor(0)[:7]
    positions = 2 + 2 * len(scales) + BINS
    found = resistance.at_one_locus(loci)
    assert found.shape == (7, positions + WAY_DENSITIES, 2 * len(MARKS))
    for position in range(positions):
        assert torch.equal(found[:, position], loci)
    assert torch.equal(found[:, positions:, : len(MARKS)], densities(1).expand(7, -1, -1))
    assert torch.equal(
        found[:, positions:, len(MARKS) :], loci[:, None, len(MARKS) :].expand(-1, 8, -1)
    )
    assert not torch.equal(resistance.way.mean, loci[0, : len(MARKS)].expand(8, -1))


def test_resistance_of_the_reference_loci_does_not_take_their_marks_for_densities(model, panel):
    found = resistance_on_reference(model, panel, 0)
    loci = panel.reference_tensor(0)
    np.testing.assert_array_equal(found, resistance_of_loci(model, loci))
    pairs = loci[:, None].repeat(1, LOCI + WAY_DENSITIES, 1)
    wrong = model.resistance(pairs).detach().numpy()
    pairs[:, LOCI:, : len(MARKS)] = model.resistance.way.mean
    np.testing.assert_allclose(found, model.resistance(pairs).detach(), rtol=1e-5)
    assert np.abs(wrong - found).max() > 1e-3


def test_the_earlier_model_reads_no_densities(panel):
    torch.manual_seed(0)
    resistance = LinearResistance(CONFIG, N_REFERENCE).eval()
    signal = panel.signal_tensor(PAIRS, 0)
    other = signal.clone()
    other[:, LOCI:] += 3
    assert torch.equal(resistance(other), resistance(signal)) and resistance.way is None
    other[:, 0] += 3
    assert not torch.equal(resistance(other), resistance(signal))

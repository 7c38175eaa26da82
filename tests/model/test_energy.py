import dataclasses

import numpy as np
import pytest
import torch

from epidecouple.model.energy import EnergyModel
from epidecouple.model.potential import Potential
from epidecouple.model.scoring import score_potential, score_resistance
from toy_panel import N_PAIRS, N_REFERENCE, toy_config, toy_panel

CONFIG = toy_config()
PAIRS = np.arange(N_PAIRS)


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model():
    torch.manual_seed(0)
    made = EnergyModel(CONFIG, N_REFERENCE).eval()
    with torch.no_grad():
        made.resistance.prototypes.codebook.normal_()
        made.resistance.state_resistance.normal_()
    return made


def test_resistance_is_the_softplus_of_states_and_residual_and_never_negative(model, panel):
    signal = panel.signal_tensor(PAIRS, 0)
    states, residual, way, e = parts = model.resistance.parts(signal)
    resistance = model.resistance(signal)
    torch.testing.assert_close(
        resistance, torch.log1p(torch.exp(model.resistance.level + states + residual))
    )
    assert torch.equal(model.resistance.of_parts(parts), resistance)
    assert e.shape == (N_PAIRS, 3 * CONFIG.model.locus_size)
    assert resistance.min() >= 0
    assert model.resistance(100 * signal).min() >= 0
    assert states.std() > 0 and residual.std() > 0 and not way.any()


def test_what_the_states_add_can_be_read_off_the_table(model, panel):
    """Assignments at enhancer and promoter, and their mean over the bins, each times its row of the
    table.
    """
    signal = panel.signal_tensor(PAIRS, 0)
    assigned = model.resistance.prototypes.assign(model.resistance.encoder(signal))
    table = model.resistance.state_resistance
    by_hand = (
        assigned[:, 0] @ table[0] + assigned[:, 1] @ table[1] + assigned[:, 2:].mean(1) @ table[2]
    )
    torch.testing.assert_close(model.resistance.parts(signal).states, by_hand)
    with torch.no_grad():
        table[0] += 1
    torch.testing.assert_close(model.resistance.parts(signal).states, by_hand + 1)


def test_order_of_the_bins_does_not_matter_and_order_of_the_ends_does(model, panel):
    signal = panel.signal_tensor(PAIRS, 0)
    torch.testing.assert_close(model.resistance(signal[:, [0, 1, 3, 2]]), model.resistance(signal))
    assert (model.resistance(signal[:, [1, 0, 2, 3]]) - model.resistance(signal)).abs().max() > 1e-3


def test_a_missing_mark_differs_from_one_at_the_reference_mean(model, panel):
    """Both read 0 in the signal; the presence flag tells them apart."""
    assert not panel.present[1, 3]
    present = dataclasses.replace(panel, present=np.ones_like(panel.present))
    absent, mean = (which.signal_tensor(PAIRS, 1) for which in (panel, present))
    assert torch.equal(absent[..., :4], mean[..., :4])
    assert (model.resistance(absent) - model.resistance(mean)).abs().max() > 1e-4


def test_one_encoder_serves_every_position(model, panel):
    signal = panel.signal_tensor(PAIRS[:5], 0)
    loci = model.resistance.encoder(signal)
    for position in range(signal.shape[1]):
        torch.testing.assert_close(loci[:, position], model.resistance.encoder(signal[:, position]))


def test_potential_knows_dna_and_distance(model, panel):
    potential = score_potential(model, panel, PAIRS)
    assert potential.shape == (N_PAIRS,)
    for change in ({"codes": panel.codes[::-1].copy()}, {"log_distance": panel.log_distance + 1}):
        assert (
            np.abs(
                score_potential(model, dataclasses.replace(panel, **change), PAIRS) - potential
            ).max()
            > 1e-4
        )


def test_the_energies_are_called_with_nothing_but_tensors(model, panel):
    """By anybody: the same numbers as the panel's pairs are scored with."""
    codes = [torch.from_numpy(panel.codes[rows]) for rows in (panel.enhancer, panel.promoter)]
    distance, signal = torch.from_numpy(panel.log_distance), panel.signal_tensor(PAIRS, 1)
    potential, resistance = model(*codes, distance, signal)
    np.testing.assert_allclose(potential.detach(), score_potential(model, panel, PAIRS), atol=1e-6)
    np.testing.assert_allclose(
        resistance.detach(), score_resistance(model, panel, PAIRS, [1])[:, 0], atol=1e-6
    )
    assert torch.equal(model.potential(*codes, distance), potential) and torch.equal(
        model.resistance(signal), resistance
    )


def test_potential_of_rows_is_that_of_the_pair_in_any_order(model, panel):
    """Unique windows are encoded once and put back to their pairs."""
    rows = np.random.default_rng(0).integers(0, N_PAIRS, 50)
    np.testing.assert_allclose(
        score_potential(model, panel, rows), score_potential(model, panel, PAIRS)[rows], atol=1e-5
    )


def test_the_head_is_additive_in_distance(model):
    z = torch.randn(6, CONFIG.model.z_size)
    near, far = (model.potential.of_z(z, torch.full((6,), value)) for value in (4.0, 5.5))
    torch.testing.assert_close(far - near, (far - near)[:1].expand(6))
    assert (far - near).abs().min() > 1e-4


def test_the_energies_share_no_parameter(model):
    sets = [{id(p) for p in part.parameters()} for part in (model.potential, model.resistance)]
    assert not sets[0] & sets[1]
    assert len(sets[0]) + len(sets[1]) + 1 == len(list(model.parameters()))


def test_encoding_each_unique_window_once_is_what_happens(panel):
    potential, seen = Potential(CONFIG.model), []
    for encoder in (potential.encoder.enhancer, potential.encoder.promoter):
        encoder.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    potential.of_windows(panel.windows(PAIRS), panel.distance_tensor(PAIRS))
    assert seen == [len(np.unique(panel.enhancer)), len(np.unique(panel.promoter))]


def test_e_is_enhancer_promoter_and_the_mean_over_the_bins(model, panel):
    signal, size = panel.signal_tensor(PAIRS, 0), CONFIG.model.locus_size
    loci, e = model.resistance.encoder(signal), model.resistance.parts(signal).e
    torch.testing.assert_close(e, torch.cat([loci[:, 0], loci[:, 1], loci[:, 2:].mean(1)], dim=1))
    assert e.shape == (N_PAIRS, 3 * size)


def test_the_groups_hold_every_parameter_once(model):
    grouped = [id(parameter) for group in model.parameter_groups().values() for parameter in group]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == {id(parameter) for parameter in model.parameters()}
    assert sorted(model.parameter_groups()) == [
        "environment",
        "line_offset",
        "potential_head",
        "resistance_head",
        "sequence",
        "task_offset",
    ]


def test_the_state_of_a_line_is_that_of_its_loci_by_module(model, panel):
    loci = torch.arange(0, N_REFERENCE, 3)
    model.resistance.locus_modules.copy_(torch.arange(N_REFERENCE) % 4)
    signal = panel.reference_tensor(2, loci.numpy())
    found = model.resistance.line_state(signal, loci).view(4, CONFIG.model.states)
    assigned = model.resistance.prototypes.assign(model.resistance.encoder(signal))
    for module in range(4):
        torch.testing.assert_close(found[module], assigned[loci % 4 == module].mean(0))


def test_what_is_erased_from_z_is_erased_from_the_potential(model, panel):
    windows, before = panel.windows(PAIRS), score_potential(model, panel, PAIRS)
    raw = model.potential.encoder(windows)
    torch.testing.assert_close(model.potential.z(windows), raw)
    model.potential.eraser.projection.zero_()
    assert torch.equal(model.potential.z(windows), torch.zeros_like(raw))
    assert np.abs(score_potential(model, panel, PAIRS) - before).max() > 1e-4


def test_z_of_ends_is_z_of_the_windows(model, panel):
    windows = panel.windows(PAIRS)
    encoder = model.potential.encoder
    ends = [
        network(windows.codes)[rows]
        for network, rows in (
            (encoder.enhancer, windows.enhancer),
            (encoder.promoter, windows.promoter),
        )
    ]
    torch.testing.assert_close(
        model.potential.z_of_ends(*ends), model.potential.z(windows), atol=1e-6, rtol=1e-5
    )


def test_blocks_of_windows_change_nothing(model, panel, monkeypatch):
    whole = score_potential(model, panel, PAIRS)
    monkeypatch.setattr("epidecouple.model.sequence.BASES_PER_BATCH", 3 * panel.codes.shape[1])
    np.testing.assert_allclose(score_potential(model, panel, PAIRS), whole, atol=1e-6)


def test_every_bin_and_every_width_can_have_an_entry_of_its_own(panel):
    config = toy_config(windows={"scales": [1000]}, model={"window": "bins"})
    resistance = EnergyModel(config, N_REFERENCE).eval().resistance
    torch.nn.init.normal_(resistance.state_resistance)
    torch.nn.init.normal_(resistance.prototypes.codebook)
    assert resistance.positions == [
        "enhancer",
        "promoter",
        "enhancer_1000",
        "promoter_1000",
        "bin_1",
        "bin_2",
    ]
    assert resistance.state_resistance.shape == (6, CONFIG.model.states)
    signal = torch.randn(20, 6, 8)
    assert resistance.parts(signal).e.shape == (20, 6 * CONFIG.model.locus_size)
    assigned = resistance.prototypes.assign(resistance.encoder(signal))
    torch.testing.assert_close(
        resistance.parts(signal).states, (assigned * resistance.state_resistance).sum((1, 2))
    )
    assert (resistance(signal[:, [0, 1, 2, 3, 5, 4]]) - resistance(signal)).abs().max() > 1e-3

import dataclasses

import numpy as np
import pytest

from epidecouple.decoupling.probe_rows import crossed_table, natural_table
from epidecouple.decoupling.representations import (
    Encoded,
    line_states,
    locus_subsets,
    of_dna,
    of_environment,
    of_inputs,
    signal_of,
)
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.scoring import embed, score_potential, score_resistance
from toy_panel import MARKS, N_REFERENCE, toy_config, toy_panel

CONFIG = toy_config()


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model(panel):
    return start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG).eval()


def test_z_and_u_of_rows_in_any_order_are_those_of_their_pairs(model, panel):
    asked = np.array([7, 3, 7, 90])
    network = Encoded(model, panel, np.array([90, 3, 7, 11]))
    np.testing.assert_allclose(network.z(asked), embed(model, panel, asked), atol=1e-5)
    np.testing.assert_allclose(
        network.potential(panel, asked), score_potential(model, panel, asked), atol=1e-5
    )


def test_representations_have_a_row_per_row_of_the_table(model, panel):
    table = natural_table(panel, [2, 0, 1], 100, 1)
    network = Encoded(model, panel, table.pair)
    signal = signal_of(panel, table)
    found = (
        of_dna(network, panel, table)
        | of_environment(network, signal)
        | of_inputs(panel, table, signal)
    )
    assert set(found) == {
        "z",
        "U",
        "e raw",
        "e scrubbed",
        "gc",
        "kmers",
        "epigenome raw",
        "epigenome scrubbed",
    }
    assert {len(values) for values in found.values()} == {len(table.pair)}
    row = int(np.flatnonzero(table.line == 2)[3])
    signal = panel.signal_tensor(table.pair[row : row + 1], 2)
    np.testing.assert_allclose(
        found["e raw"][row], model.resistance.parts(signal).e.detach()[0], atol=1e-5
    )
    assert not np.allclose(found["e scrubbed"][row], found["e raw"][row])


def test_marks_that_a_line_lacks_are_left_out_of_the_raw_epigenome(panel):
    """LineB lacks the fourth mark: its absence alone would tell the line."""
    tables = [crossed_table(panel, lines, 100, 1) for lines in ([0, 1], [0, 2])]
    with_b, without = (
        of_inputs(panel, table, signal_of(panel, table))["epigenome raw"] for table in tables
    )
    assert with_b.shape[1] == 3 * (len(MARKS) - 1) and without.shape[1] == 3 * len(MARKS)
    table = crossed_table(panel, [0, 2], 100, 1)
    np.testing.assert_allclose(
        without[1, :4], panel.shards[2].signal[table.pair[1], 0].astype(np.float32)
    )


def test_locus_subsets_of_the_two_halves_are_disjoint(panel):
    loci, half = locus_subsets(panel, CONFIG)
    first, second = (
        np.concatenate([part for part, h in zip(loci, half, strict=True) if h == which])
        for which in (0, 1)
    )
    assert len(loci) == len(half) == 40 and not set(first) & set(second)


def test_line_states_are_mixtures_per_module_with_lines_in_the_outer_order(model, panel):
    everything, half = np.arange(N_REFERENCE), np.arange(0, N_REFERENCE, 2)
    found = line_states(model, panel, [2, 0], [everything, half], scrub=False)
    n_modules = model.resistance.n_modules
    assert found.shape == (4, n_modules * CONFIG.model.states)
    np.testing.assert_allclose(found[0].reshape(n_modules, -1).sum(1), 1, rtol=1e-5)
    assigned = (
        model.resistance.prototypes.assign(model.resistance.encoder(panel.reference_tensor(0)))
        .detach()
        .numpy()
    )
    modules = model.resistance.locus_modules.numpy()
    assert n_modules == modules.max() + 1
    chosen = half[modules[half] == 1]
    np.testing.assert_allclose(
        found[3].reshape(n_modules, -1)[1], assigned[chosen].mean(0), rtol=1e-4
    )


def test_an_unseen_line_works_from_its_epigenome_alone(model, panel):
    """No label of the held-out line, and no parameter of its own, plays a part in its resistance
    and state.
    """
    unseen = len(panel.training)
    blind = dataclasses.replace(panel, labels=panel.labels.copy(), published=panel.published.copy())
    blind.labels[:, unseen], blind.published[:, unseen] = 1 - blind.labels[:, unseen], -1
    pairs, loci = panel.rows("test"), [np.arange(N_REFERENCE)]
    resistance = [score_resistance(model, which, pairs, [unseen]) for which in (panel, blind)]
    states = [line_states(model, which, [unseen], loci, scrub=False) for which in (panel, blind)]
    np.testing.assert_array_equal(*resistance)
    np.testing.assert_array_equal(*states)
    assert resistance[0].std() > 0 and np.isclose(states[0].sum(), 4, atol=1e-4), (
        "4 modules of shares that sum to 1"
    )
    assert (
        len(model.resistance.line_offset)
        == len(model.resistance.line_prototypes.prototypes)
        == unseen
    )

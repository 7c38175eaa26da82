import dataclasses

import numpy as np
import pytest
import torch

from epidecouple.core.config import Config
from epidecouple.interpretation.attribution import bases_of_potential, marks_of_resistance
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.scoring import score_potential, score_resistance
from toy_panel import BINS, MARKS, WINDOW_BP, toy_config, toy_panel, toy_settings

CONFIG = Config.from_json(toy_settings())


def explained(model, panel, line):
    signal = panel.signal_tensor(np.arange(len(panel.enhancer)), line)
    return marks_of_resistance(model, signal, MARKS, panel.offset[line], panel.scale[line])


def mutated(model, panel, pair):
    codes = [
        torch.from_numpy(np.array(panel.codes[rows[pair]]))
        for rows in (panel.enhancer, panel.promoter)
    ]
    return bases_of_potential(model, *codes, torch.tensor(panel.log_distance[pair]))


@pytest.fixture(scope="module")
def panel():
    return toy_panel()


@pytest.fixture(scope="module")
def model(panel):
    model = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(
                0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
            )
    return model.eval()


def test_a_mark_raises_resistance_by_what_it_loses_at_its_mean(panel, model):
    """Against a panel in which the mark at that position is zero, the mean of normalised signal."""
    found = explained(model, panel, 0)
    pairs, before = (
        np.arange(len(panel.enhancer)),
        score_resistance(model, panel, np.arange(len(panel.enhancer)), [0])[:, 0],
    )
    assert len(found) == len(pairs) * len(MARKS) * 3 and found.pair.is_monotonic_increasing
    for position, place in {
        "enhancer": [0],
        "promoter": [1],
        "window": list(range(2, 2 + BINS)),
    }.items():
        signal = np.array(panel.shards[0].signal)
        signal[:, place, 2] = 0
        changed = dataclasses.replace(
            panel, shards=[dataclasses.replace(panel.shards[0], signal=signal), *panel.shards[1:]]
        )
        rows = found[(found.mark == MARKS[2]) & (found.position == position)]
        expected = before - score_resistance(model, changed, pairs, [0])[:, 0]
        np.testing.assert_allclose(rows.raises_R, expected, atol=1e-6)
        mean = panel.shards[0].signal[:, place, 2].astype(float).mean(1)
        np.testing.assert_allclose(rows.signal, mean, atol=1e-3)
        assert np.abs(expected).max() > 0.01


def test_the_densities_of_the_way_belong_to_the_window():
    """A mark is put to its mean there too, and the ends leave the densities alone."""
    config = toy_config(windows={"way": True})
    panel = toy_panel(way=True)
    model = start_prototypes(new_model(config, panel), panel, panel.training, config).eval()
    signal = panel.signal_tensor(np.arange(len(panel.enhancer)), 0)
    found = explained(model, panel, 0)
    for mark, places in (("CTCF", [*range(2, 2 + BINS)]), ("DNase", [*range(2, 2 + BINS)])):
        m = MARKS.index(mark)
        without = signal.clone()
        without[:, places, m] = 0
        before = (model.resistance(signal) - model.resistance(without)).detach().numpy()
        without[:, -panel.way_slots :, m] = model.resistance.way.mean[:, m]
        expected = (model.resistance(signal) - model.resistance(without)).detach().numpy()
        rows = found[(found.mark == mark) & (found.position == "window")]
        np.testing.assert_allclose(rows.raises_R, expected, atol=1e-6)
        np.testing.assert_allclose(rows.signal, signal[:, places, m].mean(1), atol=1e-3)
        assert (np.abs(expected - before).max() > 1e-3) == (mark == "CTCF")
    without = signal.clone()
    without[:, 0, 0] = 0
    rows = found[(found.mark == "CTCF") & (found.position == "enhancer")]
    expected = (model.resistance(signal) - model.resistance(without)).detach()
    np.testing.assert_allclose(rows.raises_R, expected, atol=1e-6)


def test_a_mark_that_is_missing_explains_nothing(panel, model):
    assert set(explained(model, panel, 1).mark) == set(MARKS[:3])


def test_raw_marks_are_put_back_to_their_own_mean(panel, model):
    """With marks as the files have them, the mean of the reference loci is the offset and not
    zero.
    """
    offset = np.full_like(panel.offset, 3.0)
    raw = dataclasses.replace(panel, offset=offset)
    signal = np.array(panel.shards[0].signal)
    signal[:, 0, 1] = 0
    changed = dataclasses.replace(
        raw, shards=[dataclasses.replace(panel.shards[0], signal=signal), *panel.shards[1:]]
    )
    pairs = np.arange(len(panel.enhancer))
    expected = (
        score_resistance(model, raw, pairs, [0])[:, 0]
        - score_resistance(model, changed, pairs, [0])[:, 0]
    )
    found = explained(model, raw, 0)
    rows = found[(found.mark == MARKS[1]) & (found.position == "enhancer")]
    np.testing.assert_allclose(rows.raises_R, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("end", "offset"), [("enhancer", 0), ("enhancer", 17), ("promoter", WINDOW_BP - 1)]
)
def test_mutagenesis_equals_scoring_the_mutated_window(panel, model, end, offset):
    pair, found = 5, mutated(model, panel, 5)
    row = found[(found.element == end) & (found.offset == offset)].iloc[0]
    before, element = score_potential(model, panel, np.array([pair]))[0], getattr(panel, end)[pair]
    assert row.base == "ACGT"[panel.codes[element, offset]]
    for code, letter in enumerate("ACGT"):
        codes = np.array(panel.codes)
        codes[element, offset] = code
        changed = score_potential(model, dataclasses.replace(panel, codes=codes), np.array([pair]))[
            0
        ]
        assert row[f"dU_{letter}"] == pytest.approx(changed - before, abs=2e-6)


def test_what_a_base_carries_is_the_mean_loss_without_it(panel, model):
    found = mutated(model, panel, 3)
    changes = found[["dU_A", "dU_C", "dU_G", "dU_T"]]
    assert len(found) == 2 * WINDOW_BP
    assert (
        changes.to_numpy()[np.arange(len(found)), ["ACGT".index(base) for base in found.base]] == 0
    ).all()
    np.testing.assert_allclose(found.carries_U, -changes.sum(axis=1) / 3, atol=1e-7)
    assert found.carries_U.abs().max() > 1e-3


def test_an_unknown_base_has_four_letters_in_its_place(panel, model):
    codes = np.array(panel.codes)
    codes[panel.enhancer[0], 9] = 4
    found = mutated(model, dataclasses.replace(panel, codes=codes), 0).iloc[9]
    assert found.base == "N" and found.carries_U == pytest.approx(
        -np.mean([found[f"dU_{letter}"] for letter in "ACGT"])
    )

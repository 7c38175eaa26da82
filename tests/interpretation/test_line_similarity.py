import dataclasses

import numpy as np
import pytest

from epidecouple.interpretation.line_similarity import (
    REPRESENTATIONS,
    agreement_metrics,
    agreement_table,
    agreements,
    line_distances,
    offset_distances,
    plain_distances,
    representations,
    targets,
)
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.statistics.jackknife import weights_without_each
from epidecouple.statistics.mantel import holm, mantel
from toy_panel import MARKS, toy_config, toy_panel

CONFIG = toy_config()
PAIRS = np.arange(120)
UNITS = PAIRS % 6
WITHOUT_EACH = weights_without_each(UNITS)
WHOLE = np.ones((1, 6))


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model(panel):
    return start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG).eval()


def found_targets(panel):
    return {target.name: target for target in targets(panel, PAIRS, UNITS, MARKS)}


def twin(panel):
    """The panel with the first line's epigenome given to the last one."""
    return dataclasses.replace(
        panel,
        shards=[*panel.shards[:3], panel.shards[0]],
        present=np.vstack([panel.present[:3], panel.present[:1]]),
    )


def with_another_mark(panel, mark):
    """The panel with one mark's reference signal drawn anew in every line."""
    rng = np.random.default_rng(9)
    shards = [
        dataclasses.replace(shard, reference=shard.reference.copy()) for shard in panel.shards
    ]
    for shard in shards:
        shard.reference[:, mark] = rng.normal(size=len(shard.reference))
    return dataclasses.replace(panel, shards=shards)


def test_lines_with_the_same_epigenome_are_at_distance_zero(model, panel):
    same = twin(panel)
    for distances in (
        line_distances(model, same),
        plain_distances(model, same),
        found_targets(same)["epigenome"].distances(WHOLE)[0],
    ):
        assert distances.shape == (4, 4)
        np.testing.assert_allclose(distances[0, 3], 0, atol=1e-6)
        assert distances[0, 1] > 0.01


@pytest.mark.parametrize("distances", [line_distances, plain_distances])
def test_prototypes_without_a_mark_do_not_know_it(model, panel, distances):
    mark, changed = 2, with_another_mark(panel, 2)
    assert np.abs(distances(model, changed) - distances(model, panel)).max() > 1e-3
    np.testing.assert_array_equal(
        distances(model, changed.without(mark)), distances(model, panel.without(mark))
    )


def test_without_a_mark_its_flag_and_value_are_zero(panel):
    signal = panel.without(2).signal_tensor(PAIRS, 0).numpy()
    assert not signal[..., 2].any() and not signal[..., len(MARKS) + 2].any()
    others = [0, 1, 3, 4, 5, 7]
    np.testing.assert_array_equal(
        signal[..., others], panel.signal_tensor(PAIRS, 0).numpy()[..., others]
    )
    assert panel.present[0, 2], "the panel itself keeps the mark"


def test_loop_distances_use_pairs_that_loop_somewhere(panel):
    labels = np.array([[1, 1, 0], [0, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    few = dataclasses.replace(
        panel,
        labels=labels,
        lines=panel.lines[:3],
        shards=panel.shards[:3],
        present=panel.present[:3],
    )
    loops = targets(few, np.arange(7), np.arange(7) % 2, MARKS)[0]
    np.testing.assert_allclose(
        loops.distances(np.ones((1, 2)))[0], 1 - np.corrcoef(labels[:4].T), atol=1e-12
    )


def test_a_mark_is_compared_over_the_lines_that_have_it_at_both_ends(panel):
    target = found_targets(panel)["H3K27me3"]
    assert list(target.lines) == [0, 2, 3] and target.left_out == 3
    profiles = [panel.shards[c].signal[PAIRS][:, :2, 3].astype(float).ravel() for c in target.lines]
    np.testing.assert_allclose(target.distances(WHOLE)[0], 1 - np.corrcoef(profiles), atol=1e-9)


def test_offsets_are_levels_before_normalisation_of_marks_that_all_lines_have(panel):
    levels = np.array(
        [[shard.manifest["marks"][mark]["mean"] for mark in MARKS[:3]] for shard in panel.shards]
    )
    assert offset_distances(panel)[0, 2] == pytest.approx(np.linalg.norm(levels[0] - levels[2]))
    assert offset_distances(panel.without(1))[0, 2] == pytest.approx(
        np.linalg.norm((levels[0] - levels[2])[[0, 2]])
    )


def compared(model, untrained, panel):
    some = targets(panel, PAIRS, UNITS, MARKS)
    ours = {
        out: representations(model, untrained, panel if out is None else panel.without(out))
        for out in {t.left_out for t in some}
    }
    return agreements(some, ours, WITHOUT_EACH), ours


def test_every_target_meets_every_representation(model, panel):
    found, ours = compared(model, model, panel)
    table, metrics = agreement_table(found), agreement_metrics(found)
    assert len(table) == (1 + 1 + len(MARKS) + 1) * len(REPRESENTATIONS)
    loops = found_targets(panel)["loops"].distances(WHOLE)[0]
    expected = mantel(loops, ours[None]["offsets"])
    assert (metrics["mantel_rho_loops_offsets"], metrics["mantel_p_loops_offsets"]) == expected
    assert (
        metrics["mantel_rho_DNase_trained"]
        == mantel(found_targets(panel)["DNase"].distances(WHOLE)[0], ours[1]["trained"])[0]
    )
    marks = table[(table.role == "mark") & (table.representation == "trained")]
    np.testing.assert_allclose(marks.p_holm, holm(marks.p.to_numpy()))
    assert table[table.role != "mark"].p_holm.isna().all()


def test_the_joint_test_averages_loops_and_the_marks_of_all_lines(model, panel):
    metrics = agreement_metrics(compared(model, model, panel)[0])
    parts = [
        metrics[f"mantel_rho_{name}_trained"] for name in ("loops", "CTCF", "DNase", "H3K27ac")
    ]
    assert metrics["mantel_rho_joint_trained"] == pytest.approx(np.mean(parts))


def test_circular_prototypes_are_flagged_by_the_untrained_control(model, panel):
    """Made from the marks they are compared with, prototypes agree with them; so do those of an
    encoder that learned nothing.
    """
    circular = {
        name: found_targets(panel)["epigenome"].distances(WHOLE)[0] for name in REPRESENTATIONS
    }
    some = targets(panel, PAIRS, UNITS, MARKS)
    learned_nothing = {
        out: circular | {"offsets": offset_distances(panel)} for out in {t.left_out for t in some}
    }
    found = agreements(some, learned_nothing, WITHOUT_EACH)
    metrics = agreement_metrics(found)
    assert metrics["mantel_rho_epigenome_trained"] == pytest.approx(1) and metrics[
        "mantel_p_epigenome_trained"
    ] == pytest.approx(1 / 24)
    assert metrics["mantel_gain_over_untrained"] == metrics["mantel_gain_over_untrained_upper"] == 0
    assert metrics["prototypes_beyond_controls"] == 0
    assert set(agreement_table(found).query("target == 'epigenome'").role) == {"circular"}


def test_prototypes_that_follow_the_loops_where_controls_do_not_are_beyond_them(panel):
    some = targets(panel, PAIRS, UNITS, MARKS)
    loops, upside_down = (
        some[0].distances(WHOLE)[0],
        2 - some[0].distances(WHOLE)[0] - 2 * np.eye(4),
    )
    ours = {
        target.left_out: dict.fromkeys(REPRESENTATIONS, upside_down) | {"trained": loops}
        for target in some
    }
    only_loops = [target for target in some if target.role == "loops"]
    metrics = agreement_metrics(agreements(only_loops, ours, np.repeat(WHOLE, 5, axis=0)))
    assert (
        metrics["mantel_gain_over_untrained"]
        == pytest.approx(2)
        == metrics["mantel_gain_over_untrained_lower"]
    )
    assert metrics["prototypes_beyond_controls"] == 1

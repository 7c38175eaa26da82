"""States with a known resistance, in worlds where the answer is known; gate `biology` reads it."""

import dataclasses

import numpy as np
import pytest

from epidecouple.core.gates import judge, rows_of, sentences, verdict
from epidecouple.interpretation.known_states import (
    LARGEST_ERROR,
    Compared,
    compared_states,
    known_states,
)
from sabotage import failed, moved_model
from toy_panel import toy_panel

ONE, BOTH_WAYS = "state_components", "state_strong_components"
INFORMATION, AGREEMENT = "state_information_smallest", "state_resistance_agreement"
GATED = {ONE, BOTH_WAYS, INFORMATION, AGREEMENT}
PAIRS, LINES, STATES = 600, 4, 5
TRUTH = np.array([[-1.0, -0.5, 0.0, 0.5, 1.0], [0.6, 0.3, 0.0, -0.3, -0.6]])


def world(states, seed=0, truth=TRUTH):
    """Labels of pairs whose lines are in `states` (n, C, P), with a U and a tau of any kind."""
    rng = np.random.default_rng(seed)
    n, lines, positions = states.shape
    resistance = sum(truth[p][states[:, :, p]] for p in range(positions))
    logit = rng.normal(0, 2, (n, 1)) - resistance - np.linspace(0, 1, lines)
    labels = (rng.random((n, lines)) < 1 / (1 + np.exp(-logit))).astype(int)
    names = ["enhancer", "promoter"][:positions]
    return Compared(states, labels, resistance, np.zeros(n, int), names, STATES, 1 / 20)


def of_rows(compared, rows):
    """The world with these pairs alone, as often as they are named."""
    per_pair = ("states", "labels", "resistance", "units")
    return dataclasses.replace(
        compared, **{name: getattr(compared, name)[rows] for name in per_pair}
    )


def drawn(seed=0, positions=2, states=STATES):
    return np.random.default_rng([seed, 7]).integers(0, states, (PAIRS, LINES, positions))


def two_islands():
    """Half of the pairs are in states 0 to 2 in all lines, the others in states 3 and 4."""
    states = drawn(positions=1)
    states[::2] %= 3
    states[1::2] = 3 + states[1::2] % 2
    return world(states)


def same_marks_in_all_lines():
    states = drawn()
    return world(np.repeat(states[:, :1], LINES, axis=1))


def a_state_never_compared():
    """The labels of the pairs with a line in state 4 of the enhancer are made all alike."""
    compared = world(drawn())
    rows = (compared.states[:, :, 0] == 4).any(1)
    labels = compared.labels.copy()
    labels[rows] = labels[rows, :1]
    return dataclasses.replace(compared, labels=labels)


def each_line_in_its_state():
    return world(np.tile(np.arange(LINES)[None, :, None], (PAIRS, 1, 1)))


def a_state_that_never_loops_alone():
    """Lines in state 4 loop only where all lines do."""
    compared = world(drawn(positions=1))
    never = compared.states[:, :, 0] == 4
    return dataclasses.replace(compared, labels=np.where(never, 0, compared.labels))


def labels_of_the_next_line():
    compared = world(drawn())
    return dataclasses.replace(compared, labels=np.roll(compared.labels, 1, axis=1))


def resistance_of_other_pairs():
    compared = world(drawn())
    return dataclasses.replace(compared, resistance=np.roll(compared.resistance, 1, axis=0))


FAILING = {
    two_islands: {ONE, BOTH_WAYS, INFORMATION},
    same_marks_in_all_lines: GATED,
    a_state_never_compared: {ONE, BOTH_WAYS, INFORMATION},
    each_line_in_its_state: {INFORMATION, AGREEMENT},
    a_state_that_never_loops_alone: {BOTH_WAYS, INFORMATION},
    labels_of_the_next_line: {AGREEMENT},
    resistance_of_other_pairs: {AGREEMENT},
}


def test_states_that_are_compared_pass_and_their_resistances_are_found():
    table, metrics = known_states(world(drawn()))
    assert failed("biology", GATED, metrics) == set()
    assert set(table.known) == {"yes"} and metrics["states_known_share"] == pytest.approx(1)
    for p, name in enumerate(("enhancer", "promoter")):
        rows = table[table.position == name]
        expected = TRUTH[p] - np.average(TRUTH[p], weights=rows.share)
        assert np.all(np.abs(rows.resistance - expected) < 4 * rows.error)


@pytest.mark.parametrize("broken", FAILING, ids=lambda broken: broken.__name__)
def test_the_gate_stops_a_world_in_which_states_have_no_known_resistance(broken):
    _, metrics = known_states(broken())
    assert failed("biology", GATED, metrics) == FAILING[broken]


def test_a_failure_is_a_sentence_with_its_remedy():
    _, metrics = known_states(same_marks_in_all_lines())
    rows = [row for row in rows_of("biology", {}) if row["metric"] == "state_components"]
    (sentence,) = sentences(verdict("biology", judge(rows, metrics), waived=False))
    assert sentence.startswith("GATE biology FAILED: Components of the graph")
    assert (
        "(state_components) is 5, need = 1. Use more discordant pairs, more cell lines" in sentence
    )


def test_the_table_names_what_is_not_known():
    table, _ = known_states(a_state_never_compared())
    enhancer = table[table.position == "enhancer"].set_index("state")
    assert list(enhancer.known) == ["yes"] * 4 + ["no"]
    assert np.isinf(enhancer.error[4]) and np.isnan(enhancer.resistance[4])
    assert enhancer.component.nunique() == 2 and enhancer.comparisons[4] == 0
    assert set(table[table.position == "promoter"].known) == {"yes"}


def test_between_two_islands_only_the_larger_one_is_known():
    table, metrics = known_states(two_islands())
    of_component = table.groupby("component").known.agg(set)
    assert sorted(map(sorted, of_component)) == [["no"], ["yes"]]
    assert metrics[INFORMATION] < 1e-6


def test_two_positions_that_are_always_in_one_state_are_not_told_apart():
    """Their sum is what R is made of, and it is known well; the parts of the sum are not."""
    states = np.repeat(drawn()[:, :, :1], 2, axis=2)
    table, metrics = known_states(world(states))
    assert metrics[INFORMATION] > 64 and set(table.known) == {"no"}


def test_the_errors_are_those_of_repeated_worlds():
    states, repeats = drawn(positions=1)[:200], 20
    tables = [known_states(world(states, seed))[0] for seed in range(repeats)]
    truth = TRUTH[0] - np.average(TRUTH[0], weights=tables[0].share)
    squares = [((table.resistance - truth) / table.error).pow(2).mean() for table in tables]
    assert np.mean(squares) == pytest.approx(1, abs=4 * np.sqrt(2 / (repeats * (STATES - 1))))


def test_twice_the_pairs_have_twice_the_information_and_names_do_not_matter():
    compared = world(drawn())
    information = known_states(compared)[1][INFORMATION]
    twice = of_rows(compared, np.tile(np.arange(PAIRS), 2))
    renamed = dataclasses.replace(
        compared,
        states=(compared.states[:, ::-1] + 2) % STATES,
        labels=compared.labels[:, ::-1],
    )
    assert known_states(twice)[1][INFORMATION] == pytest.approx(2 * information)
    assert known_states(renamed)[1][INFORMATION] == pytest.approx(information)


def test_one_over_the_root_of_the_information_is_the_largest_error_per_logit_of_spread():
    """Two states at one position: there is one contrast, so its own error must come out."""
    states = drawn(positions=1, states=2)
    table, metrics = known_states(world(states))
    share, error = table.share.to_numpy(), table.error.to_numpy()
    # The states differ by d; their distances from the mean are d times the other one's share.
    assert error == pytest.approx(error.sum() * share[::-1])
    expected = error.sum() * np.sqrt(share.prod())
    assert metrics[INFORMATION] ** -0.5 == pytest.approx(expected)


def test_states_are_those_of_training_pairs_in_training_lines():
    panel = toy_panel()
    model = moved_model(panel)
    resistance = np.random.default_rng(0).normal(size=panel.labels.shape)
    pairs, r = panel.rows("train"), model.resistance
    mid = 400_000 * np.arange(len(panel.chrom))
    compared = compared_states(model, panel, resistance, mid)
    together = [panel.chrom[pairs], mid[pairs] // 1_000_000]
    assert len(np.unique(compared.units)) == len(set(zip(*together, strict=True))) < len(pairs)
    np.testing.assert_array_equal(compared.resistance, resistance[pairs][:, :3])
    np.testing.assert_array_equal(compared.labels, panel.labels_of(pairs, panel.training))
    loci = r.prototypes.distances(r.encoder(panel.signal_tensor(pairs, 1)))[:, :2]
    np.testing.assert_array_equal(compared.states[:, 1, :2], loci.argmin(-1))
    assert compared.positions == ["enhancer", "promoter", "window"]
    changed = dataclasses.replace(panel, labels=panel.labels.copy())
    changed.labels[panel.split != "train"] = 0
    changed.labels[:, len(panel.training) :] = 0
    other = compared_states(model, changed, resistance, mid)
    np.testing.assert_array_equal(other.labels, compared.labels)


def test_a_rare_state_is_named_and_stops_no_run():
    states = drawn()
    states[states == 4] = 3
    states[5, 0, 0] = 4
    table, metrics = known_states(world(states))
    assert list(table[table.known == "not required"].state) == [4]
    assert failed("biology", GATED, metrics) == set()
    assert metrics["known_state_error"] == LARGEST_ERROR


def test_r_of_the_model_is_held_against_what_the_pairs_say():
    """R is right here; its part that the states do not make, and a constant per pair, are left."""
    compared = world(drawn())
    rng = np.random.default_rng(3)
    other = compared.resistance + rng.normal(0, 3, (PAIRS, 1)) + np.arange(LINES)
    table, metrics = known_states(dataclasses.replace(compared, resistance=other))
    for p, name in enumerate(("enhancer", "promoter")):
        rows = table[table.position == name]
        expected = TRUTH[p] - np.average(TRUTH[p], weights=rows.share)
        np.testing.assert_allclose(rows.of_model, expected, atol=1e-9)
    assert metrics[AGREEMENT] > 0.95
    turned = dataclasses.replace(compared, resistance=-compared.resistance)
    assert known_states(turned)[1][AGREEMENT] < -0.95


def test_a_state_that_is_alone_at_its_position_is_not_asked_for():
    states = drawn()
    states[:, :, 1] = 3
    states[7, 2, 1] = 4
    table, metrics = known_states(world(states))
    promoter = table[table.position == "promoter"]
    assert set(promoter.known) == {"not required"} and list(promoter.state) == [3, 4]
    assert metrics["states_frequent"] == metrics["states_known"] == STATES
    assert failed("biology", GATED, metrics) == set()


def test_where_all_loci_are_in_one_state_nothing_is_known():
    _, metrics = known_states(world(np.full((PAIRS, LINES, 2), 3)))
    assert failed("biology", GATED, metrics) == GATED


def test_known_is_what_has_a_small_error():
    compared = world(drawn())
    few = of_rows(compared, np.arange(200))
    table, metrics = known_states(few)
    assert set(table.known) == {"yes", "no"}
    np.testing.assert_array_equal(table.known == "yes", table.error <= LARGEST_ERROR)
    assert metrics["states_known"] == (table.known == "yes").sum() < metrics["states_frequent"]
    assert metrics["states_known_share"] == pytest.approx(
        table.share[table.known == "yes"].sum() / 2
    )


def test_copies_of_a_pair_in_one_unit_make_no_error_smaller():
    """Pairs that share their loops are no independent observations."""
    alone = dataclasses.replace(world(drawn()), units=np.arange(PAIRS))
    copied = of_rows(alone, np.repeat(np.arange(PAIRS), 4))
    apart = dataclasses.replace(copied, units=np.arange(4 * PAIRS))
    errors = [known_states(of)[0].error for of in (alone, copied, apart)]
    np.testing.assert_allclose(errors[1], errors[0], rtol=0.15)
    np.testing.assert_allclose(errors[2], errors[0] / 2, rtol=0.15)
    assert known_states(copied)[1]["state_error_inflation"] == pytest.approx(2, rel=0.1)
    assert known_states(apart)[1]["state_error_inflation"] == pytest.approx(1, rel=0.1)

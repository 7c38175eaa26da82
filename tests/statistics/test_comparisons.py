"""The theorem of docs/method.md on small cases: what the graph of comparisons says of the
conditional likelihood.
"""

import numpy as np
import pytest
import torch

from epidecouple.model.losses import conditional_nll
from epidecouple.statistics.comparisons import comparisons, components

# Lines 0 to 2 of four pairs. States 0, 1 and 2 are compared, and states 3 and 4, never with them.
STATES = np.array([[0, 1, 0], [1, 2, 2], [3, 4, 4], [2, 2, 0]])
LABELS = np.array([[1, 0, 0], [0, 1, 1], [1, 0, 1], [0, 1, 0]])
RESISTANCE = np.array([0.3, -1.0, 0.8, 2.0, -0.4])


def nll(resistance, states=STATES, labels=LABELS, offset=(0.0, 0.0, 0.0)):
    values = torch.tensor(resistance[states])
    return float(conditional_nll(values, torch.tensor(offset, dtype=float), torch.tensor(labels)))


def shifted(states, by=1.7):
    return RESISTANCE + by * np.isin(np.arange(5), states)


def test_comparisons_are_counted_from_the_looping_line_to_the_silent_one():
    expected = np.zeros((5, 5), dtype=int)
    expected[0, 1] = 1  # pair 0; its lines 0 and 2 are in one state
    expected[2, 1] = 2  # pair 1
    expected[3, 4] = expected[4, 3] = 0
    expected[3, 4] = 1  # pair 2: line 0 against line 1, and line 2 against it is no comparison
    expected[2, 0] = 1  # pair 3
    np.testing.assert_array_equal(comparisons(STATES, LABELS, 5), expected)


def test_pairs_that_loop_everywhere_or_nowhere_compare_nothing():
    for label in (0, 1):
        assert comparisons(STATES, np.full_like(LABELS, label), 5).sum() == 0


def test_components_follow_comparisons_over_other_states():
    counts = comparisons(STATES, LABELS, 5)
    np.testing.assert_array_equal(components(counts), [0, 0, 0, 1, 1])
    assert len(set(components(counts, strong=True))) == 5, "nothing is compared both ways"
    both_ways = counts + counts.T
    np.testing.assert_array_equal(components(both_ways, strong=True), components(counts))


@pytest.mark.parametrize("component", [[0, 1, 2], [3, 4], [0, 1, 2, 3, 4]])
def test_a_constant_on_a_component_leaves_the_likelihood_as_it_is(component):
    assert nll(shifted(component)) == pytest.approx(nll(RESISTANCE), abs=1e-12)


@pytest.mark.parametrize("part", [[0], [1], [2], [0, 1], [0, 2], [3], [2, 3]])
def test_a_constant_on_part_of_a_component_does_not(part):
    assert abs(nll(shifted(part)) - nll(RESISTANCE)) > 1e-3


def test_states_that_loop_on_one_side_only_have_no_finite_resistance():
    """State 1 never loops where others are silent: more resistance is always better (Ford)."""
    values = [nll(shifted([1], by)) for by in (0, 1, 2, 5, 20, 40)]
    assert np.all(np.diff(values) < 0)
    both = np.concatenate([LABELS, 1 - LABELS])
    values = [nll(shifted([1], by), np.tile(STATES, (2, 1)), both) for by in (-40, 0, 40)]
    assert values[1] < min(values[0], values[2])


def test_where_each_line_has_its_state_the_offsets_say_the_same_as_the_states():
    states = np.tile([0, 1, 2], (4, 1))
    assert len(set(components(comparisons(states, LABELS, 3)))) == 1
    moved = nll(RESISTANCE, states, offset=(1.0, -2.0, 0.5))
    other = nll(RESISTANCE[:3] + [1.0, -2.0, 0.5], states)
    assert moved == pytest.approx(other, abs=1e-12)

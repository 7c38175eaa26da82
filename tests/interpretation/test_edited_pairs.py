import dataclasses

import numpy as np
import pytest

from epidecouple.core.dna import ENDS, reverse_complement
from epidecouple.interpretation.edited_pairs import EditablePairs
from epidecouple.model.initialise import new_model
from epidecouple.model.scoring import score_potential
from toy_panel import toy_config, toy_panel
from toy_words import codes_of

PAIRS = np.array([3, 50, 51, 100])


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model(panel):
    return new_model(toy_config(), panel).eval()


def test_untouched_pairs_have_the_potential_that_evaluation_gives_them(model, panel):
    np.testing.assert_allclose(
        EditablePairs(model, panel, PAIRS).potential,
        score_potential(model, panel, PAIRS),
        atol=1e-6,
    )


@pytest.mark.parametrize("end", ENDS)
def test_an_edit_is_what_a_panel_with_other_dna_would_score(model, panel, end):
    pairs, row = EditablePairs(model, panel, PAIRS), 2
    window = reverse_complement(np.roll(pairs.codes[end][row], 7))
    found = pairs.edited(np.array([row]), **{end: pairs.embed(end, window[None])})
    codes = panel.codes.copy()
    codes[getattr(panel, end)[PAIRS[row]]] = window
    expected = score_potential(model, dataclasses.replace(panel, codes=codes), PAIRS[[row]])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert abs(found[0] - pairs.potential[row]) > 1e-4


def test_the_other_strand():
    assert (reverse_complement(codes_of("AACGN")) == codes_of("NCGTT")).all()

import numpy as np
import pytest

from epidecouple.interpretation.edited_pairs import EditablePairs
from epidecouple.interpretation.mutagenesis import (
    FLANK_BP,
    SEQLET_BP,
    contributions,
    seqlet_table,
    seqlets,
    single_mutants,
    strongest_pairs,
    with_flanks,
)
from epidecouple.model.initialise import new_model
from toy_panel import toy_config, toy_panel
from toy_words import WORD, codes_of, word_model


@pytest.fixture
def planted():
    """Pairs whose second enhancer has the word at 20 and whose U is 2 there, else 0."""
    panel = toy_panel()
    codes = panel.codes.copy()
    codes[panel.enhancer[1], 20:28] = codes_of(WORD)
    panel = panel.__class__(**{**panel.__dict__, "codes": codes})
    return EditablePairs(word_model(enhancer=2.0), panel, np.array([0, 1]))


def test_strongest_pairs_share_no_element():
    potential = np.array([5.0, 4, 3, 2, 1])
    enhancer, promoter = np.array([0, 0, 1, 2, 3]), np.array([7, 8, 7, 8, 9])
    assert list(strongest_pairs(potential, [enhancer, promoter], 2)) == [0, 3]
    assert list(strongest_pairs(potential, [enhancer, promoter], 9)) == [0, 3, 4]


def test_single_mutants_are_all_that_differ_in_one_base():
    window = codes_of("ACN")
    found = single_mutants(window)
    assert found.shape == (9, 3)
    assert sorted(row[0] for row in found[:3]) == [1, 2, 3] and (found[:3, 1:] == window[1:]).all()
    assert sorted(row[1] for row in found[3:6]) == [0, 2, 3]
    assert (found[6:] == window).all(), "N cannot be mutated"


def test_contributions_are_what_is_lost_on_average(planted):
    found = contributions(planted, 1, "enhancer")
    expected = np.zeros(40)
    expected[20:28] = 2
    np.testing.assert_allclose(found, expected)
    assert not contributions(planted, 1, "promoter").any()


def test_contributions_of_a_network_against_one_mutant_at_a_time():
    panel = toy_panel()
    pairs = EditablePairs(new_model(toy_config(), panel).eval(), panel, np.array([4, 9]))
    window, losses = pairs.codes["promoter"][1], []
    for base in {0, 1, 2, 3} - {int(window[11])}:
        mutant = window.copy()
        mutant[11] = base
        losses.append(
            pairs.potential[1]
            - pairs.edited(np.array([1]), promoter=pairs.embed("promoter", mutant[None]))[0]
        )
    assert contributions(pairs, 1, "promoter")[11] == pytest.approx(np.mean(losses), abs=1e-6)


def test_seqlets_are_the_strongest_stretches_without_overlap():
    contribution = np.zeros(60)
    contribution[3:9], contribution[40:52] = 1, -0.7
    found = seqlets(contribution)
    assert [start for start, _ in found[:2]] == [40, 0] or found[0][0] == 40
    assert found[0][1] == pytest.approx(-8.4) and found[1][1] == pytest.approx(6)
    starts = sorted(start for start, _ in found)
    assert min(np.diff(starts)) >= SEQLET_BP


def test_flanks_beyond_the_window_are_filled():
    assert (
        "".join(with_flanks(np.array(list("ACGT" * 5)), 1, "N"))
        == "NNNN" + ("ACGT" * 5)[: 1 + SEQLET_BP + FLANK_BP]
    )


def test_the_table_holds_the_strongest_seqlets_of_all_windows_and_their_bases(planted):
    table, bases = seqlet_table(planted, 3)
    assert len(table) == 3 and len(bases) == 3 * (SEQLET_BP + 2 * FLANK_BP)
    first = table.iloc[0]
    assert (first.pair, first.end, first.effect) == (1, "enhancer", 16) and WORD in first.bases
    letters = bases[bases.seqlet == 0]
    assert "".join(letters.base) == first.bases and letters.contribution.sum() == 16
    assert (table.effect.abs().diff().dropna() <= 0).all()

import numpy as np
import pytest

from epidecouple.core.dna import reverse_complement
from epidecouple.interpretation.motif_insertion import (
    Insertion,
    Places,
    effect_table,
    insert_motif,
    insert_words,
    instances,
    interaction,
    interaction_table,
    null_p,
)
from toy_words import WORD, codes_of, motif_of, word_pairs

PLACES = Places.draw(40, np.random.default_rng(0))


def insertion(pairs, end, word=WORD):
    return insert_motif(pairs, motif_of(word), end, PLACES, np.random.default_rng([0]))


def test_instances_follow_the_probabilities():
    words = instances(motif_of("ACGT", certainty=0.7), 4000, np.random.default_rng(0))
    np.testing.assert_allclose((words == codes_of("ACGT")).mean(0), 0.7, atol=0.03)
    np.testing.assert_allclose(np.bincount(words[:, 0], minlength=4)[1:] / 4000, 0.1, atol=0.02)
    assert (instances(motif_of("ACGT"), 50, np.random.default_rng(0)) == codes_of("ACGT")).all()


def test_a_word_is_written_in_its_place_on_its_strand_and_nowhere_else():
    codes = np.full((3, 10), 0, dtype=np.uint8)
    places = Places(np.array([0.0, 0.999, 0.5]), np.array([False, True, False]))
    found = insert_words(codes, np.tile(codes_of("CGG"), (3, 1)), places)
    assert (found[0] == codes_of("CGGAAAAAAA")).all()
    assert (found[1] == codes_of("AAAAAAACCG")).all()
    assert (found[2] == codes_of("AAAACGGAAA")).all()
    assert not codes.any(), "the windows themselves stay as they are"


def test_insertion_finds_what_the_model_reads_on_both_strands():
    pairs = word_pairs(enhancer=1.5, promoter=-0.5)
    assert not pairs.potential.any()
    np.testing.assert_allclose(insertion(pairs, "enhancer").change, 1.5)
    np.testing.assert_allclose(insertion(pairs, "promoter").change, -0.5)
    assert not insertion(pairs, "enhancer", "CATGCATT").change.any()


def test_interaction_is_what_two_words_do_beyond_each_alone():
    for together in (0.0, 0.7):
        pairs = word_pairs(enhancer=1.5, promoter=-0.5, together=together)
        both = insertion(pairs, "enhancer"), insertion(pairs, "promoter")
        assert interaction(pairs, *both) == pytest.approx(together, abs=1e-6)


def test_null_p_is_two_sided_about_the_median():
    null = np.array([0.0, 1, 2, 3, 4])
    np.testing.assert_allclose(
        null_p(np.array([2.0, 3.5, -0.5, 9]), null), [6 / 6, 3 / 6, 1 / 6, 1 / 6]
    )


def test_null_p_is_uniform_under_the_null():
    rng = np.random.default_rng(0)
    p = null_p(rng.normal(1, 2, 2000), rng.normal(1, 2, 2000))
    for level in (0.05, 0.3):
        assert np.mean(p <= level) == pytest.approx(level, abs=0.02)


def test_effects_are_called_after_correction_over_both_ends():
    rng = np.random.default_rng(0)
    null = {"enhancer": rng.normal(0.5, 0.1, 400), "promoter": rng.normal(0, 0.1, 400)}
    changes = {"enhancer": np.array([0.5, 1.5, 0.55]), "promoter": np.array([0.0, 0.02, -2])}
    table = effect_table(changes, null, [motif_of("ACGT", name) for name in ("a", "b", "c")])
    assert table[table.called == 1][["motif", "end"]].values.tolist() == [
        ["b", "enhancer"],
        ["c", "promoter"],
    ]
    assert table.beyond_shuffled[1] == pytest.approx(1, abs=0.02), (
        "the level that insertion alone costs is taken away"
    )
    assert (table.q >= table.p).all()


def test_interactions_stand_out_against_couples_of_shuffled_words():
    pairs = word_pairs(enhancer=1.0, promoter=1.0, together=0.5)
    nothing = [insertion(pairs, "enhancer", "CATGCATT") for _ in range(39)]
    found = {
        "enhancer": {"word": insertion(pairs, "enhancer")},
        "promoter": {"word": insertion(pairs, "promoter")},
    }
    found["promoter"]["other"] = insertion(pairs, "promoter", "GGGTATAT")
    table = interaction_table(pairs, found, {"enhancer": nothing, "promoter": nothing})
    assert (
        table.interaction.tolist() == pytest.approx([0.5, 0])
        and table.q[0] == pytest.approx(0.05)
        and table.q[1] == 1
    )


def test_without_a_called_motif_there_is_no_interaction():
    pairs = word_pairs()
    none: dict[str, Insertion] = {}
    table = interaction_table(
        pairs, {"enhancer": none, "promoter": none}, {"enhancer": [], "promoter": []}
    )
    assert len(table) == 0 and list(table) == [
        "enhancer_motif",
        "promoter_motif",
        "interaction",
        "p",
        "q",
    ]


def test_strands_alternate():
    assert (PLACES.reverse.sum(), len(PLACES.centre)) == (20, 40)
    words = np.tile(codes_of(WORD), (40, 1))
    codes = np.zeros((40, 8), dtype=np.uint8)
    found = insert_words(codes, words, PLACES)
    assert (found[0] == codes_of(WORD)).all() and (
        found[1] == reverse_complement(codes_of(WORD))
    ).all()

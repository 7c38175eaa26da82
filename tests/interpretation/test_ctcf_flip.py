import numpy as np
import pytest

from epidecouple.core.dna import reverse_complement
from epidecouple.interpretation.ctcf_flip import best_sites, flip_test, turn_sites
from epidecouple.interpretation.edited_pairs import EditablePairs
from toy_panel import toy_panel
from toy_words import codes_of, motif_of, word_model

SITE = "CCACCAGGGGGC"
MOTIF = motif_of(SITE, "CTCF", 0.97)
BACKGROUND = np.full(4, 0.25)


def pairs_with_sites(convergent: bool, strands: int) -> EditablePairs:
    """20 pairs, enhancer first, with a site at both ends: + then - where convergent, else -
    then +.
    """
    panel = toy_panel()
    codes, site = panel.codes.copy(), codes_of(SITE)
    plus, minus = (
        (site, reverse_complement(site)) if convergent else (reverse_complement(site), site)
    )
    codes[panel.enhancer[:20], 5:17], codes[panel.promoter[:20], 11:23] = plus, minus
    panel = panel.__class__(**{**panel.__dict__, "codes": codes})
    return EditablePairs(word_model(enhancer=1.0, word=SITE, strands=strands), panel, np.arange(20))


def test_best_sites_have_start_strand_and_p():
    codes = np.random.default_rng(0).integers(0, 4, (3, 40)).astype(np.uint8)
    codes[0, 9:21], codes[1, 20:32] = codes_of(SITE), reverse_complement(codes_of(SITE))
    starts, strands, p = best_sites(codes, MOTIF, BACKGROUND)
    assert (starts[0], strands[0]) == (9, 0) and (starts[1], strands[1]) == (20, 1)
    assert p[:2].max() < 1e-4 < 0.05 < p[2]


def test_turning_a_site_twice_changes_nothing():
    codes = np.random.default_rng(0).integers(0, 4, (4, 30)).astype(np.uint8)
    starts = np.array([0, 5, 18, 7])
    once = turn_sites(codes, starts, 12)
    assert (turn_sites(once, starts, 12) == codes).all()
    assert (once[1, 5:17] == reverse_complement(codes[1, 5:17])).all() and (
        once[1, :5] == codes[1, :5]
    ).all()


def test_a_model_that_reads_orientation_loses_potential():
    """It reads the site on + at the enhancer: turning that one costs 1, turning the promoter's
    nothing, the mean is -1/2.
    """
    found = flip_test(pairs_with_sites(convergent=True, strands=1), np.full(20, True), MOTIF)
    assert (
        found["flip_pairs"] == 20
        and found["flip_change"] == pytest.approx(-0.5)
        and found["flip_p"] < 1e-3
    )


def test_a_model_that_reads_both_strands_alike_cannot_tell():
    found = flip_test(pairs_with_sites(convergent=True, strands=2), np.full(20, True), MOTIF)
    assert found == {"flip_pairs": 20, "flip_change": 0, "flip_p": 1}


def test_only_convergent_pairs_count():
    found = flip_test(pairs_with_sites(convergent=False, strands=1), np.full(20, True), MOTIF)
    assert found["flip_pairs"] == 0 and np.isnan(found["flip_change"]) and np.isnan(found["flip_p"])
    assert (
        flip_test(pairs_with_sites(convergent=False, strands=1), np.full(20, False), MOTIF)[
            "flip_pairs"
        ]
        == 20
    ), "promoter first"

import numpy as np
import pytest

from epidecouple.interpretation.lineage_leakage import largest_correlation, leakage, match_scores
from epidecouple.interpretation.motif_scan import background_of, best_scores, log_odds
from toy_panel import toy_panel
from toy_words import motif_of

PAIRS = np.arange(120)
MOTIFS = [motif_of("ACGGTT", "one", 0.9), motif_of("CCATGA", "two", 0.9)]


@pytest.fixture(scope="module")
def panel():
    return toy_panel()


def test_match_scores_add_the_best_match_at_either_end(panel):
    found, background = match_scores(panel, PAIRS, MOTIFS), background_of(panel.codes)
    ends = [
        best_scores(
            panel.codes[rows[PAIRS]], [log_odds(m.probabilities, background) for m in MOTIFS]
        )
        for rows in (panel.enhancer, panel.promoter)
    ]
    np.testing.assert_allclose(found, ends[0] + ends[1], rtol=1e-5)


def test_largest_correlation_of_either_sign():
    scores = np.random.default_rng(0).normal(size=(50, 3))
    potential = -scores[:, 1] + scores[:, 2] / 10
    expected = max(abs(np.corrcoef(potential, column)[0, 1]) for column in scores.T)
    assert largest_correlation(potential, scores) == pytest.approx(expected) and expected > 0.9


def test_a_potential_that_follows_a_lineage_motif_is_told_from_one_that_does_not(panel):
    scores = match_scores(panel, PAIRS, MOTIFS)
    follows = leakage(
        scores[:, 1] + 0.1 * np.random.default_rng(0).normal(size=120), panel, PAIRS, MOTIFS, seed=1
    )
    assert (
        follows["leakage_index"] > 0.95
        and follows["leakage_index_excess"] > 0.5
        and follows["leakage_index_p"] < 0.02
    )
    blind = leakage(np.random.default_rng(1).normal(size=120), panel, PAIRS, MOTIFS, seed=1)
    assert blind["leakage_index_excess"] < 0.1 < blind["leakage_index_p"]
    assert blind["leakage_index_excess"] == pytest.approx(
        blind["leakage_index"] - blind["leakage_index_null"]
    )

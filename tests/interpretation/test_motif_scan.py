from itertools import product

import numpy as np
import pytest

from epidecouple.core.dna import reverse_complement
from epidecouple.interpretation.motif_scan import (
    background_of,
    best_scores,
    log_odds,
    match_p,
    scan,
    shuffle,
    tail,
)
from toy_words import codes_of, motif_of

BACKGROUND = np.array([0.3, 0.2, 0.2, 0.3])
RNG = np.random.default_rng(0)
MATRIX = log_odds(RNG.dirichlet(np.ones(4), 4), BACKGROUND)


def score(word, matrix):
    return sum(matrix[k, base] for k, base in enumerate(word))


def test_background_is_the_same_on_both_strands():
    assert background_of(np.array([codes_of("AAAC"), codes_of("ANNN")])) == pytest.approx(
        [0.4, 0.1, 0.1, 0.4]
    )


def test_scan_against_sums_by_hand():
    codes = RNG.integers(0, 4, (3, 9)).astype(np.uint8)
    found = scan(codes, np.stack([MATRIX, MATRIX[::-1]]))
    assert found.shape == (3, 2, 2, 6)
    for n, start in product(range(3), range(6)):
        word = codes[n, start : start + 4]
        assert found[n, 0, 0, start] == pytest.approx(score(word, MATRIX), abs=1e-5)
        assert found[n, 0, 1, start] == pytest.approx(
            score(reverse_complement(word), MATRIX), abs=1e-5
        )
        assert found[n, 1, 0, start] == pytest.approx(score(word, MATRIX[::-1]), abs=1e-5)


def test_best_scores_of_motifs_of_any_length():
    codes = RNG.integers(0, 4, (700, 9)).astype(np.uint8)
    matrices = [MATRIX, np.vstack([MATRIX, MATRIX]), MATRIX[:3], np.vstack(3 * [MATRIX])]
    found = best_scores(codes, matrices)
    for k in range(3):
        np.testing.assert_allclose(
            found[:, k], scan(codes, matrices[k][None]).max((1, 2, 3)), rtol=1e-5
        )
    assert np.isneginf(found[:, 3]).all(), "longer than the window"


def test_tail_is_the_exact_distribution_of_random_words():
    scores, chances = [], []
    for word in product(range(4), repeat=4):
        scores.append(score(word, MATRIX))
        chances.append(np.prod(BACKGROUND[list(word)]))
    scores, chances = np.array(scores), np.array(chances)
    grid, probability = tail(MATRIX, BACKGROUND)
    assert probability[0] == pytest.approx(1)
    for threshold in np.quantile(scores, [0.1, 0.5, 0.9, 0.99]):
        near = probability[np.searchsorted(grid, threshold)]
        slack = 4 * (grid[1] - grid[0])
        assert (
            chances[scores >= threshold + slack].sum() - 1e-9
            <= near
            <= chances[scores >= threshold - slack].sum() + 1e-9
        )


def test_match_p_counts_starts_and_strands_and_is_never_too_small():
    codes = np.random.default_rng(1).choice(4, (4000, 8), p=BACKGROUND).astype(np.uint8)
    p = match_p(best_scores(codes, [MATRIX])[:, 0], MATRIX, BACKGROUND, starts=5)
    for level in (0.05, 0.2, 0.5):
        assert np.mean(p <= level) <= level + 0.02
    assert np.mean(p <= 0.2) > 0.1, "and not needlessly large"
    best = MATRIX.max(1).sum()
    assert (
        match_p(np.array([best]), MATRIX, BACKGROUND, 1)[0]
        < match_p(np.array([best - 2]), MATRIX, BACKGROUND, 1)[0]
        < 1
    )
    assert match_p(np.array([-np.inf]), MATRIX, BACKGROUND, 1)[0] == pytest.approx(1)


def test_a_shuffled_motif_has_the_same_positions_in_another_order():
    motif = motif_of("AACGTTGC", certainty=0.9)
    found = shuffle(motif, np.random.default_rng(0)).probabilities
    assert (
        sorted(map(tuple, found)) == sorted(map(tuple, motif.probabilities))
        and not (found == motif.probabilities).all()
    )

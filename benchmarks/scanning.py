"""The best score of each motif in each window, both strands: ours against lightmotif, the same
matrices and the same scores.
"""

import lightmotif
import numpy as np

from epidecouple.interpretation.motif_scan import best_scores, log_odds
from timing import OURS, Arm, Row, compare

WINDOWS, LENGTH, MOTIFS, WIDTHS = 2_000, 1000, 60, (8, 12, 16)
LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)


def simulated() -> tuple[np.ndarray, list[np.ndarray]]:
    """Windows (n, L) of random bases, and log-odds matrices (w, 4) of random motifs."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, (WINDOWS, LENGTH), dtype=np.uint8)
    background = np.full(4, 0.25)
    probabilities = [rng.dirichlet(np.ones(4), WIDTHS[k % len(WIDTHS)]) for k in range(MOTIFS)]
    return codes, [log_odds(motif, background) for motif in probabilities]


def matrices_of(matrices: list[np.ndarray]) -> list[list[lightmotif.ScoringMatrix]]:
    """Both strands of each matrix, as lightmotif takes them."""
    return [
        [
            lightmotif.ScoringMatrix(
                dict(zip("ACGT", strand.T.astype(float).tolist(), strict=True))
            )
            for strand in (matrix, matrix[::-1, ::-1])
        ]
        for matrix in matrices
    ]


def by_lightmotif(codes: np.ndarray, motifs: list[list[lightmotif.ScoringMatrix]]) -> np.ndarray:
    """Highest score (n, k) of each motif, a window striped once."""
    best = np.empty((len(codes), len(motifs)), dtype=np.float32)
    for row, window in enumerate(codes):
        striped = lightmotif.stripe(LETTERS[window].tobytes().decode())
        best[row] = [max(_best(strand.calculate(striped)) for strand in both) for both in motifs]
    return best


def _best(scores: lightmotif.StripedScores) -> float:
    """The highest score; `max` also looks at starts that lie past the end of the window."""
    if scores.argmax() < len(scores):
        return scores.max()
    return max(scores[start] for start in range(len(scores)))


def rows() -> list[Row]:
    """Windows times motifs per second; the scores are checked to be equal."""
    codes, matrices = simulated()
    theirs = matrices_of(matrices)
    assert np.allclose(
        best_scores(codes[:50], matrices), by_lightmotif(codes[:50], theirs), atol=1e-3
    ), "the scores differ"
    arms = {
        OURS: Arm(lambda: best_scores(codes, matrices), WINDOWS * MOTIFS),
        "lightmotif": Arm(lambda: by_lightmotif(codes, theirs), WINDOWS * MOTIFS),
    }
    setting = f"{WINDOWS:,} windows of {LENGTH} bp, {MOTIFS} motifs, both strands"
    return compare("best motif score", setting, arms, repeats=2)

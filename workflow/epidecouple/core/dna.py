"""Letters of DNA as codes, strands, and the two ends of a pair."""

import numpy as np

ENDS = ("enhancer", "promoter")
N = 4

BASES = "ACGT"


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """Codes (..., w) of the other strand; N stays N."""
    return np.where(codes == N, N, 3 - codes)[..., ::-1].astype(np.uint8)


def gc_content(codes: np.ndarray, *rows: np.ndarray) -> np.ndarray:
    """Mean share of G and C over the windows that each of `rows` (n,) names, (n,); codes uint8 (n_elements, L)."""
    share = ((codes == 1) | (codes == 2)).mean(1)
    return np.mean([share[which] for which in rows], axis=0)

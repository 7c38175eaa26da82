"""Letters of DNA as codes, strands, and the two ends of a pair."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

ENDS = ("enhancer", "promoter")
# Columns that say where a pair lies.
COORDINATES = ["chrom", "enhancer_start", "enhancer_end", "promoter_start", "promoter_end"]
N = 4
BASES = "ACGT"


class Windows(NamedTuple):
    """The DNA of n pairs, as rows of a table of windows.

    codes : uint8 (n_windows, L), A C G T N = 0 1 2 3 4; enhancer, promoter : int64 (n,), rows of
    `codes`
    annotated_bp : float32 (n, 2), published lengths of both elements, which the design never reads
    """

    codes: "Tensor"
    enhancer: "Tensor"
    promoter: "Tensor"
    annotated_bp: "Tensor"


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """Codes (..., w) of the other strand; N stays N."""
    return np.where(codes == N, N, 3 - codes)[..., ::-1].astype(np.uint8)


def gc_content(codes: np.ndarray, *rows: np.ndarray) -> np.ndarray:
    """Mean share of G and C over the windows that each of `rows` (n,) names, (n,); codes uint8
    (n_elements, L).
    """
    share = ((codes == 1) | (codes == 2)).mean(1)
    return np.mean([share[which] for which in rows], axis=0)

"""What DNA says by composition alone: GC and k-mers of both windows of a pair. The only module that
uses scikit-learn's PCA.
"""

import numpy as np
from sklearn.decomposition import PCA

from ..core.dna import gc_content
from ..data.panel import Panel

KMER = 6
COMPONENTS = 32
# Windows on which the components are fitted, and windows counted at a time.
FITTED_WINDOWS, WINDOWS_PER_BLOCK = 4000, 1000


def kmer_frequencies(windows: np.ndarray, k: int = KMER) -> np.ndarray:
    """Shares of the k-mers of each window (n, L) of codes, a k-mer and its reverse complement as
    one: float32 (n, kinds).

    k-mers with an N are not counted.
    """
    index = np.zeros((len(windows), windows.shape[1] - k + 1), dtype=np.int64)
    known = np.ones(index.shape, dtype=bool)
    for offset in range(k):
        letters = windows[:, offset : offset + index.shape[1]]
        index = index * 4 + np.minimum(letters, 3)
        known &= letters < 4
    kinds = canonical_kinds(k)
    size = kinds.max() + 1
    at = np.arange(len(windows))[:, None] * size + kinds[index]
    counts = np.bincount(at[known], minlength=len(windows) * size).reshape(len(windows), size)
    return (counts / np.maximum(counts.sum(1, keepdims=True), 1)).astype(np.float32)


def canonical_kinds(k: int) -> np.ndarray:
    """For each of the 4^k k-mers the number of its kind: that of the lesser of it and its reverse
    complement.
    """
    letters = np.arange(4**k)[:, None] // 4 ** np.arange(k)[::-1] % 4
    complement = ((3 - letters[:, ::-1]) * 4 ** np.arange(k)[::-1]).sum(1)
    return np.unique(np.minimum(np.arange(4**k), complement), return_inverse=True)[1]


def composition(panel: Panel, pairs: np.ndarray) -> dict[str, np.ndarray]:
    """Features of the enhancer's and the promoter's window of pairs: `gc` (n, 2); `kmers` (n, 2 x
    32), components of 6-mer shares.

    The components are fitted on windows of training chromosomes; neither lines nor labels play a
    part in them.
    """
    gc = np.column_stack(
        [gc_content(panel.codes, ends[pairs]) for ends in (panel.enhancer, panel.promoter)]
    )
    return {"gc": gc, "kmers": _components(panel, pairs)}


def _components(panel: Panel, pairs: np.ndarray) -> np.ndarray:
    rows = panel.rows("train")
    known = np.unique(np.concatenate([panel.enhancer[rows], panel.promoter[rows]]))
    fitted = known[:: len(known) // FITTED_WINDOWS + 1]
    pca = PCA(min(COMPONENTS, len(fitted) - 1), svd_solver="randomized", random_state=0)
    pca.fit(kmer_frequencies(panel.codes[fitted]))
    unique, where = np.unique(
        np.concatenate([panel.enhancer[pairs], panel.promoter[pairs]]), return_inverse=True
    )
    blocks = np.array_split(unique, len(unique) // WINDOWS_PER_BLOCK + 1)
    values = np.concatenate(
        [pca.transform(kmer_frequencies(panel.codes[block])) for block in blocks]
    )[where]
    return np.concatenate([values[: len(pairs)], values[len(pairs) :]], axis=1)

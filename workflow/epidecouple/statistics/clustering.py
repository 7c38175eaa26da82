"""k-means, for the first chromatin states and for modules of reference loci. The only module that
uses scikit-learn's clustering.
"""

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans


def centroids(points: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Centroids float32 (count, d) of at least `count` points (n, d)."""
    return (
        KMeans(count, n_init=2, random_state=seed).fit(points).cluster_centers_.astype(np.float32)
    )


def modules(points: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Module int64 (n,) of each of the points (n, d); at most `count` modules."""
    count = min(count, len(points))
    return MiniBatchKMeans(count, n_init=3, random_state=seed).fit_predict(points).astype(np.int64)

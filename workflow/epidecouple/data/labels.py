"""Labels of pairs in lines."""

import numpy as np
import pandas as pd


def label_matrix(panel: pd.DataFrame, lines: list[str]) -> np.ndarray:
    """Labels int8 (n, C) in the order of `lines`."""
    return panel[[f"label_{line}" for line in lines]].to_numpy(dtype=np.int8)


def discordant(labels: np.ndarray) -> np.ndarray:
    """Which pairs of a label matrix (n, C) are positive in some lines and negative in others; bool
    (n,).
    """
    positive = labels.sum(1)
    return (positive > 0) & (positive < labels.shape[1])

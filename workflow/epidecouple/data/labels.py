"""Labels of pairs in cell lines: 1 where a loop joins the two elements, else 0."""

import numpy as np
import pandas as pd


def label_matrix(panel: pd.DataFrame, lines: list[str]) -> np.ndarray:
    """Labels int8 (n, C) of a crossed panel's pairs, columns in the order of `lines`."""
    return panel[[f"label_{line}" for line in lines]].to_numpy(dtype=np.int8)


def discordant(labels: np.ndarray) -> np.ndarray:
    """Which pairs are positive in some lines and negative in others; labels (n, C), bool (n,)."""
    positive = labels.sum(1, dtype=np.int32)
    return (positive > 0) & (positive < labels.shape[1])

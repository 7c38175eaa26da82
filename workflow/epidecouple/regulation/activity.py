"""How active an element is: the geometric mean of its accessibility and its H3K27ac, as in the ABC
model (Fulco 2019, doi:10.1038/s41588-019-0538-0), from quantiles of peaks.
"""

import numpy as np
import pandas as pd

from .tracks import Tracks, window

OPEN, ACTIVE = "DNase", "H3K27ac"
# A site is as wide as its DNase peak; the histones that flank it reach further.
OPEN_BP, ACTIVE_BP = 600, 3000
# Stands for no activity, so that it has a logarithm; an eighth of the elements of the training
# table have less.
LEAST = 1e-3


def activity(tracks: Tracks, chrom: pd.Series, middle: pd.Series) -> np.ndarray:
    """sqrt(DNase x H3K27ac) around positions (n,), mean quantiles over 600 bp and 3 kb; DNase alone
    in a line without H3K27ac.
    """
    accessible = tracks[OPEN].mean(window(chrom, middle, OPEN_BP))
    if ACTIVE not in tracks:
        return accessible
    acetylated = tracks[ACTIVE].mean(window(chrom, middle, ACTIVE_BP))
    return np.sqrt(accessible * acetylated)


def log_activity(values: np.ndarray) -> np.ndarray:
    """ln of activities (n,), at least that of `LEAST`."""
    return np.log(np.maximum(values, LEAST))

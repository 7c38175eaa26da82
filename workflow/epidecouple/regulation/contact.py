"""How often two loci touch by their distance alone: the power law of the ABC model."""

import numpy as np

# Slope of contacts over distance in K562's Hi-C and the distance below which they no longer rise
# (Fulco 2019; Nasser 2021, doi:10.1038/s41586-021-03446-x).
SLOPE = -1.024
CLOSEST_BP = 5_000


def log_contact(distance: np.ndarray) -> np.ndarray:
    """-1.024 ln max(d, 5 kb) of distances in bp: the potential of a pair without its DNA."""
    return SLOPE * np.log(np.maximum(np.abs(distance), CLOSEST_BP))


def contact(distance: np.ndarray) -> np.ndarray:
    """The power law itself, max(d, 5 kb) ** -1.024."""
    return np.exp(log_contact(distance))

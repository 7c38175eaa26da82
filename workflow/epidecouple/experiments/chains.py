"""From one assembly to another by a chain file. The only module that uses pyliftover."""

from pathlib import Path

import numpy as np
from pyliftover import LiftOver

from ..files.text import readable


class Lift:
    """Positions of one assembly in another, by a chain file of UCSC (plain or gzip)."""

    def __init__(self, path: Path) -> None:
        """Raises `InputError` for a damaged gzip."""
        with readable(path):
            self.chains = LiftOver(str(path))

    def position(self, chrom: str, position: int) -> float:
        """0-based position on the same chromosome, NaN where the best chain leads elsewhere or
        there is none.
        """
        places = self.chains.convert_coordinate(chrom, position)
        return float(places[0][1]) if places and places[0][0] == chrom else np.nan

    def positions(self, chroms: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Many positions at once: float64 (n,), as `position` gives them."""
        pairs = zip(chroms, positions, strict=True)
        return np.array([self.position(chrom, int(at)) for chrom, at in pairs], dtype=float)

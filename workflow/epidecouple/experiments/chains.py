"""From one assembly to another by a chain file. The only module that uses pyliftover."""

from pathlib import Path

import numpy as np
import pandas as pd
from pyliftover import LiftOver

from ..files.text import readable

# Of an interval's width; more is a gap or a repeat between its ends.
LARGEST_CHANGE = 0.5


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

    def intervals(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table (chrom, start, end) whose both ends have a place, there: an inverted
        interval is turned, one that is stretched or shrunk by more than a half is left out.
        """
        first = self.positions(table.chrom.to_numpy(), table.start.to_numpy())
        last = self.positions(table.chrom.to_numpy(), table.end.to_numpy() - 1)
        start, end = np.minimum(first, last), np.maximum(first, last) + 1
        width = (table.end - table.start).to_numpy()
        kept = np.abs(end - start - width) <= LARGEST_CHANGE * width
        places = {"start": start[kept].astype(np.int64), "end": end[kept].astype(np.int64)}
        return table[kept].assign(**places)

"""A simulated world of the ablation, built by the stages that a run has, and read back with its
truth.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact
from ..data.panel import Panel, load_panel
from ..simulation.energy_recovery import KEY


@dataclass(frozen=True)
class Known:
    """What the simulator knows of the pairs of a panel, in their order, in logit units.

    potential : (n,), the true U; of_dna : (n,), what DNA tells of it; resistance : (n, C)
    lineage : (n, n_motifs), counts of lineage motifs, which are no part of U
    """

    potential: np.ndarray
    of_dna: np.ndarray
    resistance: np.ndarray
    lineage: np.ndarray

    def at(self, rows: np.ndarray) -> "Known":
        """Of some pairs, by row number."""
        return Known(
            self.potential[rows], self.of_dna[rows], self.resistance[rows], self.lineage[rows]
        )


@dataclass(frozen=True)
class Files:
    """Where a world lies below its folder."""

    folder: Path

    @property
    def elements(self) -> Path:
        """Folder of the stage `elements`."""
        return self.folder / "elements"

    @property
    def shards(self) -> Path:
        """Folder with the shard of each line."""
        return self.folder / "shards"

    @property
    def truth(self) -> Path:
        """Energies of all pairs."""
        return self.folder / "truth.parquet"

    @property
    def made(self) -> Path:
        """Written last, when the world is there."""
        return self.folder / "world.json"


def read_world(folder: Path, config: Config) -> tuple[Panel, Known]:
    """The panel of a world, and what is known of its pairs."""
    files = Files(folder)
    panel = load_panel(files.elements, files.shards, config)
    pairs = pd.read_parquet(intact(files.elements / "pairs.parquet"))[KEY]
    known = pd.read_parquet(intact(files.truth))
    truth = pairs.merge(known, how="left", on=KEY, validate="one_to_one")
    return panel, known_of(truth, panel.lines)


def known_of(truth: pd.DataFrame, lines: list[str]) -> Known:
    """The record of a table of the simulator."""
    return Known(
        truth.potential.to_numpy(),
        truth.potential_of_dna.to_numpy(),
        truth[[f"resistance_{line}" for line in lines]].to_numpy(),
        truth.filter(regex="^lineage_motif_").to_numpy(),
    )

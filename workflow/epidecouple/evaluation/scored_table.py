"""Is the table of energies what the model gives, and are its pairs in the splits of the
configuration?

Everything that is measured later reads this table, so it is held against the networks themselves,
past all that scores pairs in batches.
"""

import numpy as np
import pandas as pd
import torch

from ..core.config import Config
from ..core.dna import Windows
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..data.splits import splits_of
from ..model.energy import EnergyModel
from .skill import energies_in

# Pairs that are computed anew: an energy that is altered where pairs are scored is so for many.
PAIRS = 256


def scored_evidence(
    model: EnergyModel, panel: Panel, scored: pd.DataFrame, config: Config
) -> dict[str, float]:
    """Smallest R of the table (`skill.energy_table`), largest error of its energies, and how many
    of its pairs are in another split than that of the configuration.
    """
    potential, resistance = energies_in(scored, panel.lines)
    order = rng_for(config.seed, Stream.SCORED_PAIRS).permutation(len(scored))
    some = np.sort(order[:PAIRS])
    true_potential, true_resistance = energies_of_networks(model, panel, some)
    errors = [potential[some] - true_potential, (resistance[some] - true_resistance).ravel()]
    return {
        "smallest_resistance": float(resistance.min()),
        "scored_energy_error": float(np.abs(np.concatenate(errors)).max()),
        "rows_outside_their_split": rows_outside_their_split(panel, scored, config),
    }


@torch.no_grad()
def energies_of_networks(
    model: EnergyModel, panel: Panel, pairs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """U (n,) and R (n, C) of pairs, each network called once per line on the stored inputs."""
    rows = torch.arange(len(pairs))
    ends = np.concatenate([panel.enhancer[pairs], panel.promoter[pairs]])
    annotated_bp = torch.from_numpy(panel.annotated_bp[pairs])
    windows = Windows(torch.from_numpy(panel.codes[ends]), rows, rows + len(rows), annotated_bp)
    distance = torch.from_numpy(panel.log_distance[pairs])
    by_line = [
        model.resistance(panel.signal_tensor(pairs, line)) for line in range(len(panel.lines))
    ]
    potential = model.potential.of_windows(windows, distance)
    return potential.numpy(), torch.stack(by_line, dim=1).numpy()


def rows_outside_their_split(panel: Panel, scored: pd.DataFrame, config: Config) -> int:
    """How many pairs panel or table put into another split than the configuration their
    chromosome.
    """
    split = splits_of(config).of(pd.Series(np.asarray(panel.chrom))).to_numpy(dtype=str)
    return int(((panel.split != split) | (scored.split.to_numpy(dtype=str) != split)).sum())

"""Evaluation: the energies of every pair in every line, and skill per test cell against trivial
baselines.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..core.provenance import Measured
from ..evaluation.scored_table import scored_evidence
from ..evaluation.skill import energy_table, skill
from ..model.scoring import score_potential, score_resistance
from ..model.weights import model_and_panel
from ..verification.assertions import exact_assertions
from .runner import run

log = logging.getLogger(__name__)


def evaluate(config: Config, model: Path, elements: Path, shards: Path, energies: Path) -> Measured:
    """Score all pairs in all lines, and measure skill on the table as it was written."""
    network, panel = model_and_panel(model, elements, shards, config)
    everything = np.arange(len(panel.enhancer))
    lines = list(range(len(panel.lines)))
    potential = score_potential(network, panel, everything)
    resistance = score_resistance(network, panel, everything, lines)
    pairs = pd.read_parquet(intact(elements / "pairs.parquet"))
    energy_table(panel, potential, resistance, pairs).to_parquet(energies, index=False)
    seal(energies)
    scored = pd.read_parquet(intact(energies))
    metrics = skill(panel, scored, config) | scored_evidence(network, panel, scored, config)
    metrics |= exact_assertions(network, panel, panel.rows("test"))
    log.info("macro AUPR on test chromosomes: %.3f", metrics["aupr_seen_line_unseen_chromosome"])
    return Measured(metrics, [model])


if __name__ == "__main__":
    run(evaluate)

"""Evaluation: the energies of every pair in every line, and skill per test cell against trivial baselines."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ..core.config import Config
from ..core.provenance import write_metrics
from ..data.panel import load_panel
from ..evaluation.skill import _mean_label_aupr, cell, energy_table, skill_lift, within_pair
from ..model.scoring import score_potential, score_resistance
from ..model.weights import load_model
from ..statistics.bootstrap import resampling_units
from ..statistics.ranking import line_aupr
from ..verification.assertions import exact_assertions
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `evaluate`: score all pairs in all lines and measure skill."""
    parser = stage_parser(__doc__)
    for name in ("model", "elements", "shards", "energies", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    everything, lines = np.arange(len(panel.enhancer)), list(range(len(panel.lines)))
    potential, resistance = score_potential(model, panel, everything), score_resistance(model, panel, everything, lines)
    energy = potential[:, None] - resistance
    pairs = pd.read_parquet(arguments.elements / "pairs.parquet")
    energy_table(panel, potential, resistance, pairs).to_parquet(arguments.energies, index=False)
    rows, held_out = panel.rows("test"), lines[len(panel.training) :]
    units = resampling_units(panel.chrom[rows], pairs.enhancer_mid.to_numpy()[rows])
    metrics = cell(panel, energy, "test", panel.training, "seen_line_unseen_chromosome")
    if held_out:
        metrics |= cell(panel, energy, "test", held_out, "unseen_line_unseen_chromosome")
        metrics |= cell(panel, energy, "train", held_out, "unseen_line_seen_chromosome")
        metrics["aupr_mean_label_unseen_line_seen_chromosome"] = _mean_label_aupr(panel, held_out)
    metrics |= skill_lift(panel, energy, units, config) | within_pair(panel, resistance, units, config)
    metrics |= {f"aupr_{panel.lines[c]}": value for c, value in zip(lines, line_aupr(panel.labels[rows], energy[rows]), strict=True)}
    metrics |= exact_assertions(model, panel, rows) | {"test_pairs": len(rows), "held_out_lines": len(held_out)}
    write_metrics(arguments.metrics, "evaluate", metrics, arguments.settings, [arguments.model])
    log.info("macro AUPR on test chromosomes: %.3f", metrics["aupr_seen_line_unseen_chromosome"])


if __name__ == "__main__":
    run_stage(main)

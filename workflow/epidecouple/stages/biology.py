"""Biology checks: do the lines' prototypes mirror their epigenomes and loops, and does R follow the marks as it should?"""

import argparse
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ..core.config import Config
from ..core.provenance import write_metrics
from ..data.panel import load_panel
from ..interpretation.line_similarity import compare_lines, groups_of, targets
from ..interpretation.mark_signs import GATED_MARKS, resistance_against_marks, resistance_without_marks, sign_failures
from ..interpretation.states import state_table
from ..model.initialise import new_model, start_prototypes
from ..model.scoring import LARGEST_RESIDUAL_SHARE, residual_share
from ..model.weights import load_model
from ..statistics.bootstrap import group_draws, resampling_units
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def _arguments() -> argparse.Namespace:
    parser = stage_parser(__doc__)
    for name in ("model", "elements", "shards", "energies", "mantel", "trees", "signs", "states", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    """Stage `biology`: prototypes against epigenome and loops, R against marks, the table of states."""
    arguments = _arguments()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    untrained = start_prototypes(new_model(config, panel), panel, panel.training, config).eval()
    pairs, energies = panel.rows("test"), pd.read_parquet(arguments.energies)
    units = np.unique(resampling_units(panel.chrom[pairs], energies.enhancer_mid.to_numpy()[pairs]), return_inverse=True)[1]
    draws = group_draws(units, config.diagnose.bootstrap, config.seed)
    groups = groups_of(config.biology.groups, panel.lines)
    found = targets(panel, pairs, units, config.marks)
    metrics, mantel_table, trees = compare_lines(model, untrained, panel, found, draws, groups)
    resistance = energies[[f"resistance_{line}" for line in panel.lines]].to_numpy()[pairs]
    without = resistance_without_marks(model, panel, pairs)
    signs = resistance_against_marks(resistance, without, panel, pairs, config.marks, units, draws, config.windows.bins)
    share = residual_share(model, panel, pairs)
    metrics |= {"residual_share": share, "prototypes_explain_resistance": int(share <= LARGEST_RESIDUAL_SHARE)}
    metrics |= sign_failures(signs) | {"lines": len(panel.lines), "groups": len(groups)}
    metrics |= {f"marks_{mark}": int(mark in config.marks) for mark in GATED_MARKS}
    mantel_table.to_csv(arguments.mantel, sep="\t", index=False, float_format="%.6f")
    trees.to_csv(arguments.trees, sep="\t", index=False, float_format="%.4f")
    signs.to_csv(arguments.signs, sep="\t", index=False, float_format="%.4f")
    state_table(model, panel, config).to_csv(arguments.states, sep="\t", float_format="%.4f")
    write_metrics(arguments.metrics, "biology", metrics, arguments.settings, [arguments.model, arguments.energies])
    log.info("joint Mantel test: rho %.2f, p %.4f", metrics["mantel_rho_joint_trained"], metrics["mantel_p_joint_trained"])


if __name__ == "__main__":
    run_stage(main)

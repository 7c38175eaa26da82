"""In-silico mutagenesis: what each base of the windows of the strongest test pairs does to U, and the stretches that do most."""

import logging
from pathlib import Path

import pandas as pd
import torch

from ..core.config import Config
from ..core.provenance import write_metrics
from ..data.panel import load_panel
from ..interpretation.edited_pairs import EditablePairs
from ..interpretation.mutagenesis import seqlet_table, strongest_pairs
from ..model.weights import load_model
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `mutagenesis`: the seqlets of the strongest test pairs."""
    parser = stage_parser(__doc__)
    for name in ("model", "elements", "shards", "energies", "seqlets", "contributions", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    potential, test = pd.read_parquet(arguments.energies, columns=["potential"]).potential.to_numpy(), panel.rows("test")
    chosen = test[strongest_pairs(potential[test], [panel.enhancer[test], panel.promoter[test]], config.motifs.pairs)]
    table, bases = seqlet_table(EditablePairs(model, panel, chosen), config.motifs.seqlets)
    table.to_csv(arguments.seqlets, sep="\t", index=False, float_format="%.4f")
    bases.to_csv(arguments.contributions, sep="\t", index=False, float_format="%.4f")
    metrics = {"mutated_pairs": len(chosen), "seqlets": len(table), "strongest_seqlet": table.effect.abs().max()}
    metrics["seqlets_raising"] = int((table.effect > 0).sum())
    write_metrics(arguments.metrics, "mutagenesis", metrics, arguments.settings, [arguments.model, arguments.energies])
    log.info("%d seqlets of %d pairs, the strongest %.2f logit", len(table), len(chosen), metrics["strongest_seqlet"])


if __name__ == "__main__":
    run_stage(main)

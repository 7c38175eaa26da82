"""Which motifs U reads: insertion of motifs, matches of the seqlets of mutagenesis, interactions, CTCF orientation, lineage leakage."""

import argparse
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ..core.config import Config
from ..core.provenance import write_metrics
from ..data.panel import load_panel
from ..files.motifs import read_motifs
from ..interpretation.edited_pairs import EditablePairs
from ..interpretation.motif_insertion import ALPHA
from ..interpretation.motif_scan import background_of
from ..interpretation.motif_tables import insertion_tables, leakage_metrics, match_table, orientation_metrics
from ..model.weights import load_model
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def _arguments() -> argparse.Namespace:
    parser = stage_parser(__doc__)
    for name in ("model", "elements", "shards", "energies", "motifs", "seqlets", "effects", "interactions", "matches", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    """Stage `motifs`: what U reads, against a motif file."""
    arguments = _arguments()
    config = Config.from_json(arguments.settings)
    torch.set_num_threads(config.threads)
    panel, (model, _) = load_panel(arguments.elements, arguments.shards, config), load_model(arguments.model)
    energies, motifs, test = pd.read_parquet(arguments.energies), read_motifs(arguments.motifs), panel.rows("test")
    chosen = np.sort(np.random.default_rng([config.seed, 11]).permutation(test)[: config.motifs.windows])
    effects, interactions = insertion_tables(EditablePairs(model, panel, chosen), motifs, config)
    background = background_of(np.asarray(panel.codes[panel.enhancer[test]]))
    matches = match_table(pd.read_csv(arguments.seqlets, sep="\t"), motifs, background)
    first = (energies.enhancer_mid < energies.promoter_mid).to_numpy()
    metrics = {"motifs": len(motifs), "motifs_called": int(effects[effects.called == 1].motif.nunique())}
    metrics |= {"interactions": len(interactions), "interactions_called": int((interactions.q <= ALPHA).sum())}
    metrics |= {"seqlets_matched": int(matches.matched.sum()), "seqlets_matched_share": matches.matched.mean()}
    metrics |= orientation_metrics(EditablePairs(model, panel, test), first[test], motifs)
    metrics |= leakage_metrics(energies.potential.to_numpy()[test], panel, test, motifs, config)
    for path, table in ((arguments.effects, effects), (arguments.interactions, interactions), (arguments.matches, matches)):
        table.to_csv(path, sep="\t", index=False, float_format="%.6f")
    write_metrics(arguments.metrics, "motifs", metrics, arguments.settings, [arguments.model, arguments.energies, arguments.motifs])
    log.info("%d of %d motifs change U more than shuffled ones", metrics["motifs_called"], len(motifs))


if __name__ == "__main__":
    run_stage(main)

"""In-silico mutagenesis: what each base of the windows of the strongest test pairs does to U, and
the stretches that do most.
"""

import logging
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..core.provenance import Measured
from ..interpretation.edited_pairs import EditablePairs
from ..interpretation.mutagenesis import seqlet_table, strongest_pairs
from ..model.weights import model_and_panel
from .runner import run

log = logging.getLogger(__name__)


def mutagenesis(
    config: Config,
    model: Path,
    elements: Path,
    shards: Path,
    energies: Path,
    seqlets: Path,
    contributions: Path,
) -> Measured:
    """Write the seqlets of the strongest test pairs, and what each of their bases does."""
    network, panel = model_and_panel(model, elements, shards, config)
    potential = pd.read_parquet(intact(energies), columns=["potential"]).potential.to_numpy()
    test = panel.rows("test")
    ends = [panel.enhancer[test], panel.promoter[test]]
    chosen = test[strongest_pairs(potential[test], ends, config.motifs.pairs)]
    table, bases = seqlet_table(EditablePairs(network, panel, chosen), config.motifs.seqlets)
    table.to_csv(seqlets, sep="\t", index=False, float_format="%.4f")
    seal(seqlets)
    bases.to_csv(contributions, sep="\t", index=False, float_format="%.4f")
    strongest = table.effect.abs().max()
    log.info("%d seqlets of %d pairs, the strongest %.2f logit", len(table), len(chosen), strongest)
    metrics = {"mutated_pairs": len(chosen), "seqlets": len(table), "strongest_seqlet": strongest}
    return Measured(metrics | {"seqlets_raising": int((table.effect > 0).sum())}, [model, energies])


if __name__ == "__main__":
    run(mutagenesis)

"""Which motifs U reads: insertion of motifs, matches of seqlets, interactions, CTCF orientation,
lineage leakage.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..core.provenance import Measured
from ..core.random_streams import Stream, rng_for
from ..files.motifs import read_motifs
from ..interpretation.edited_pairs import EditablePairs
from ..interpretation.motif_insertion import ALPHA
from ..interpretation.motif_scan import background_of
from ..interpretation.motif_tables import (
    insertion_tables,
    leakage_metrics,
    match_table,
    orientation_metrics,
)
from ..model.weights import model_and_panel
from .runner import run

log = logging.getLogger(__name__)


def motifs(
    config: Config,
    model: Path,
    elements: Path,
    shards: Path,
    energies: Path,
    motifs: Path,
    seqlets: Path,
    effects: Path,
    interactions: Path,
    matches: Path,
) -> Measured:
    """Hold what U reads against a motif file."""
    network, panel = model_and_panel(model, elements, shards, config)
    scored = pd.read_parquet(intact(energies))
    known = read_motifs(motifs)
    test = panel.rows("test")
    chosen = np.sort(
        rng_for(config.seed, Stream.INSERTION_WINDOWS).permutation(test)[: config.motifs.windows]
    )
    effect_table, pair_table = insertion_tables(
        EditablePairs(network, panel, chosen), known, config
    )
    background = background_of(np.asarray(panel.codes[panel.enhancer[test]]))
    matched = match_table(pd.read_csv(intact(seqlets), sep="\t"), known, background)
    for path, table in ((effects, effect_table), (interactions, pair_table), (matches, matched)):
        table.to_csv(path, sep="\t", index=False, float_format="%.6f")
        seal(path)
    first = (scored.enhancer_mid < scored.promoter_mid).to_numpy()
    metrics = {"motifs": len(known)} | _counts(effect_table, pair_table, matched)
    metrics |= orientation_metrics(EditablePairs(network, panel, test), first[test], known)
    metrics |= leakage_metrics(scored.potential.to_numpy()[test], panel, test, known, config)
    log.info(
        "%d of %d motifs change U more than shuffled ones", metrics["motifs_called"], len(known)
    )
    return Measured(metrics, [model, energies, motifs])


def _counts(
    effects: pd.DataFrame, interactions: pd.DataFrame, matches: pd.DataFrame
) -> dict[str, float]:
    """How many motifs, interactions and seqlets are called or matched."""
    return {
        "motifs_called": int(effects[effects.called == 1].motif.nunique()),
        "interactions": len(interactions),
        "interactions_called": int((interactions.q <= ALPHA).sum()),
        "seqlets_matched": int(matches.matched.sum()),
        "seqlets_matched_share": matches.matched.mean(),
    }


if __name__ == "__main__":
    run(motifs)

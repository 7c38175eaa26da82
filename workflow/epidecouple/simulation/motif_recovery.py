"""Recovery of the planted motifs of a simulated world: the only stage that knows a motif's role, by
its name.
"""

import pandas as pd

GRAMMAR, LINEAGE, DECOY = "grammar", "lineage", "decoy"


def role(motif: str) -> str:
    """What a planted motif is for: `grammar_3` makes U, `lineage_1` opens its line's chromatin,
    `decoy_2` that of all lines.
    """
    return motif.rsplit("_", 1)[0]


def motif_recovery(effects: pd.DataFrame, matches: pd.DataFrame) -> dict[str, float]:
    """Precision and recall of grammar motifs among the called ones, how many others are called, and
    what the seqlets are.

    A motif is called when it is at one end or the other. Precision is 1 when nothing is called;
    then recall is 0.
    """
    called = effects.groupby("motif").called.max()
    roles = called.index.map(role)
    right = int(called[roles == GRAMMAR].sum())
    matched = matches[matches.matched == 1].motif.map(role)
    return {
        "planted_motifs": len(called),
        "motif_recall": right / int((roles == GRAMMAR).sum()),
        "motif_precision": right / called.sum() if called.any() else 1.0,
        "lineage_motifs_called": int(called[roles == LINEAGE].sum()),
        "decoy_motifs_called": int(called[roles == DECOY].sum()),
        "seqlets_grammar_share": float((matched == GRAMMAR).mean()),
    }

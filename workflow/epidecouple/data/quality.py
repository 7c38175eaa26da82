"""Quality of the data: the numbers that the gate `data` judges and the data report shows."""

import numpy as np
import pandas as pd

from ..statistics.ranking import element_lookup, macro_aupr
from .panel import Names, Panel
from .splits import NAMES


def leak_meter(panel: Panel) -> float:
    """How well element identity alone predicts labels on test chromosomes; 1 means no leak.

    Returns the AUPR, averaged over training lines, of a lookup fitted on training pairs (see
    `ranking.element_lookup`), over the base rate of the labels.
    """
    rows = panel.rows("test")
    labels = panel.labels_of(rows, panel.training)
    score = element_lookup(
        panel.labels[:, panel.training], [panel.enhancer, panel.promoter], panel.rows("train"), rows
    )
    return macro_aupr(labels, np.repeat(score[:, None], labels.shape[1], axis=1)) / float(
        labels.mean()
    )


def shard_metrics(panel: Panel) -> dict[str, float]:
    """Counts of missing labels and marks, shared elements and discordant pairs, and base rates.

    Marks are counted in the training lines only.
    """
    missing = ~panel.present[panel.training]
    return {
        "panel_labels_missing": int(((panel.labels != 0) & (panel.labels != 1)).sum()),
        "elements_in_two_splits": elements_in_two_splits(panel),
        "discordant_training_pairs": len(panel.discordant_rows("train", panel.training)),
        "marks_missing_everywhere": int(missing.all(0).sum()),
        "marks_missing": int(missing.sum()),
        "reference_loci": panel.n_reference,
        **{
            f"label_rate_{line}": float(panel.labels[:, c].mean())
            for c, line in enumerate(panel.lines)
        },
    }


def elements_in_two_splits(panel: Panel) -> int:
    """Count of elements in pairs of more than one split, once for every split beyond the first."""
    elements = max(panel.enhancer.max(), panel.promoter.max()) + 1
    found = np.zeros((len(NAMES), elements), dtype=bool)
    for own, name in zip(found, NAMES, strict=True):
        rows = panel.split == name
        own[panel.enhancer[rows]] = own[panel.promoter[rows]] = True
    return int(found.sum() - found.any(0).sum())


def split_table(panel: Panel) -> pd.DataFrame:
    """Count pairs and positive pairs of every chromosome in every line.

    Returns chrom, split, line, trained (whether it is a training line), pairs, positives.
    """
    chrom, split = Names.of(panel.chrom), Names.of(panel.split)
    group = chrom.codes.astype(np.intp) * len(split.names) + split.codes
    groups = pd.unique(group)
    of_chrom, of_split = np.divmod(groups, len(split.names))
    known = {"chrom": chrom.names[of_chrom], "split": split.names[of_split]}
    parts = []
    for c, line in enumerate(panel.lines):
        positives = np.bincount(group, weights=panel.labels[:, c])[groups].astype(int)
        of_line = known | {"line": line, "trained": c in panel.training}
        counts = {"pairs": np.bincount(group)[groups], "positives": positives}
        parts.append(pd.DataFrame(of_line | counts))
    return pd.concat(parts)

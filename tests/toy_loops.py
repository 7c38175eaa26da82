"""A loop panel of random peaks and labels, and R fitted on it."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.data.labels import discordant
from epidecouple.data.loop_loci import loop_labels
from epidecouple.data.loop_signal import locus_signal
from epidecouple.stages.loop_model import trained
from toy_panel import toy_config

MARKS = ["CTCF", "H3K27ac"]
SMALL = {"marks": MARKS, "widths": [2_000], "bins": 2, "states": 3, "locus_size": 4, "epochs": 2}
CONFIG = toy_config(loop_panel={**SMALL, "encoder_hidden": 6, "hidden": 5, "batch_loci": 16})
LINES = CONFIG.all_lines


def random_peaks(seed):
    rng = np.random.default_rng(seed)
    start = np.sort(rng.choice(np.arange(0, 400_000, 400), 300, replace=False))
    table = {"chrom": "chr1", "start": start, "end": start + 300, "signal": rng.permutation(300)}
    return pd.DataFrame(table)


PEAKS = {
    line: {mark: random_peaks([k, m]) for m, mark in enumerate(MARKS)}
    for k, line in enumerate(LINES)
}


def toy_table(loci=60):
    """Loci in the order of the genome, whose labels are drawn."""
    rng = np.random.default_rng(1)
    left = np.sort(rng.integers(5_000, 200_000, loci))
    table = pd.DataFrame({"chrom": "chr1", "left": left, "right": left + 50_000})
    for line in LINES:
        table[f"loop_{line}"] = rng.integers(0, 2, loci).astype(np.int8)
    return table


TABLE = toy_table()
DISCORDANT = discordant(loop_labels(TABLE, LINES))
LOCI = TABLE.loc[DISCORDANT, ["chrom", "left", "right"]].reset_index(drop=True)


def signal_of(loci, lines=LINES):
    signal = [locus_signal(loci, PEAKS[line], MARKS, CONFIG.loop_panel) for line in lines]
    return np.stack(signal, axis=1)


def toy_model():
    """R fitted on the panel; its files are in no manifest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("epidecouple.stages.loop_model.peak_checksums", lambda config, sources: {})
        return trained(TABLE, signal_of(LOCI), CONFIG, [])

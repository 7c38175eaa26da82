"""What the planted lineage motifs tell about the cell line: beside it stands what z tells."""

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.random_streams import Stream, rng_for
from ..statistics.jackknife import weights_without_each
from ..statistics.probes import LinearProbe, v_information


def lineage_information(
    panel: pd.DataFrame, truth: pd.DataFrame, config: Config
) -> dict[str, float]:
    """Share of the cell line's entropy H that a linear probe reads from the counts of planted
    lineage motifs, with its interval over chromosomes.

    panel, truth : one row per pair in the same order. The rows are those of the diagnostics: pairs
    that a training line's own table lists, at most `diagnose.rows`.
    """
    listed = panel[[f"published_{line}" for line in config.cell_lines]].to_numpy() >= 0
    pair, line = np.nonzero(listed)
    chosen = rng_for(config.seed, Stream.PUBLISHED_ROWS).permutation(len(pair))
    some = np.sort(chosen[: config.diagnose.rows])
    counts = truth.filter(regex="^lineage_motif_").to_numpy()[pair[some]]
    chrom = panel.chrom.to_numpy(dtype=str)[pair[some]]
    found = v_information(counts, line[some], chrom, LinearProbe, config.diagnose.folds)
    lower, upper = found.fraction_interval(chrom, weights_without_each(chrom))
    return {
        "lineage_line_linear": found.fraction,
        "lineage_line_linear_lower": lower,
        "lineage_line_linear_upper": upper,
    }

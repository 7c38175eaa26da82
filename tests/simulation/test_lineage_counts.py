import numpy as np
import pandas as pd
import pytest

from epidecouple.simulation.lineage_counts import lineage_information
from toy_panel import HELD_OUT, LINES, toy_config

CONFIG = toy_config(diagnose={"rows": 1200, "folds": 4})
CHROM = np.repeat(["chr1", "chr2", "chr3", "chr4"], 300)


def listed_by(lines):
    """A panel in which each pair is in the table of one line."""
    names = LINES + HELD_OUT
    columns = {f"published_{name}": np.where(lines == k, 1, -1) for k, name in enumerate(names)}
    return pd.DataFrame({"chrom": CHROM, **columns})


def test_counts_that_follow_the_line_tell_it_and_others_do_not():
    rng = np.random.default_rng(0)
    line = rng.integers(0, len(LINES), 1200)
    follows = pd.DataFrame({"lineage_motif_0": 4 * (line == 1) + rng.poisson(1, 1200)})
    found = lineage_information(listed_by(line), follows, CONFIG)
    assert 0.2 < found["lineage_line_linear_lower"] < found["lineage_line_linear"]
    chance = pd.DataFrame({"lineage_motif_0": rng.poisson(1, 1200), "potential": line})
    nothing = lineage_information(listed_by(line), chance, CONFIG)
    assert nothing["lineage_line_linear"] == pytest.approx(0, abs=0.01)


def test_rows_of_held_out_lines_play_no_part():
    rng = np.random.default_rng(0)
    line = rng.integers(0, len(LINES) + len(HELD_OUT), 1200)
    counts = rng.poisson(1, 1200) + 0.5 * (line == 0)
    before, after = (
        lineage_information(listed_by(line), pd.DataFrame({"lineage_motif_0": column}), CONFIG)
        for column in (counts, np.where(line < len(LINES), counts, 99))
    )
    assert before == after

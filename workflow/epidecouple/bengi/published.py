"""TransEPI's own scores of pairs of BENGI, row by row (Chen 2022)."""

from pathlib import Path

import numpy as np
import pandas as pd

from ..core.dna import ENDS
from ..core.errors import InputError
from ..files.text import decimals, read_plain, require_equal_rows

COLUMNS = ["label", "score", "chrom", "enhancer_name", "promoter_name"]
NAMES = [f"{end}_name" for end in ENDS]


def read_published(path: Path) -> pd.Series:
    """Scores, a higher one for a pair that is more likely to interact, by both names.

    The file has no header but comments, and the values of `COLUMNS`, separated by tabs. Raises
    `InputError` for rows of another length, a score that is no number, and a pair that stands
    twice.
    """
    table = require_equal_rows(read_plain(path, len(COLUMNS)), path).set_axis(COLUMNS, axis=1)
    score = decimals(table.score)
    for row in table.index[score.isna()][:1]:
        problem = f"the score is '{table.score[row]}', not a number"
        raise InputError(problem, "Give a number", path, row)
    for row in table.index[table.duplicated(NAMES)][:1]:
        problem = f"the pair {table.enhancer_name[row]}, {table.promoter_name[row]} stands twice"
        raise InputError(problem, "Keep one of the rows", path, row)
    return pd.Series(score.to_numpy(), pd.MultiIndex.from_frame(table[NAMES]))


def published_scores(pairs: pd.DataFrame, path: Path) -> np.ndarray:
    """The published score (n,) of every pair of a line's table; raises `InputError` for a pair
    that has none: figures on other rows cannot be compared.
    """
    scores = read_published(path).reindex(pd.MultiIndex.from_frame(pairs[NAMES])).to_numpy()
    missing = np.flatnonzero(np.isnan(scores))
    for row in missing[:1]:
        pair = pairs.iloc[row]
        problem = (
            f"{len(missing):,} pairs have no score, the first {pair.enhancer_name},"
            f" {pair.promoter_name}"
        )
        raise InputError(problem, "Give scores of this table, or leave out bengi.published", path)
    return scores

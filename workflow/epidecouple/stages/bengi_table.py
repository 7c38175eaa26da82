"""How well every score finds the interacting pairs of lines and chromosomes it had not seen: tables
with intervals, and the mean figures.
"""

import logging
from pathlib import Path

import pandas as pd

from ..bengi.arms import DISTANCE, PUBLISHED
from ..bengi.catalog import bengi_catalog
from ..bengi.measures import bengi_metrics, distance_strata, figures_of, score_table
from ..bengi.published import published_scores
from ..core.config import Config
from ..core.integrity import intact
from ..core.provenance import Measured
from .runner import run

log = logging.getLogger(__name__)


def bengi_table(
    config: Config, pairs: Path, scores: list[Path], table: Path, strata: Path
) -> Measured:
    """Write the tables and measure the mean figures."""
    catalog = bengi_catalog(config)
    every = pd.read_parquet(intact(pairs))
    tested = every[~every.training]
    fitted = pd.concat([pd.read_parquet(intact(path)) for path in scores])
    of_all = fitted.reindex(tested.index).assign(**{DISTANCE: -tested.distance})
    for line, path in catalog.published.items():
        rows = tested[tested.line == line]
        of_all.loc[rows.index, PUBLISHED] = published_scores(rows, path)
    by_score = score_table(tested, figures_of(tested, of_all, config))
    by_distance = distance_strata(tested, of_all, config)
    for path, content in ((table, by_score), (strata, by_distance)):
        content.to_csv(path, sep="\t", index=False, float_format="%.6f")
    metrics = bengi_metrics(tested, by_score)
    log.info("mean AUPR of U - R: %.3f", metrics["bengi_aupr"])
    return Measured(metrics, [pairs, *scores, *catalog.published_files])


if __name__ == "__main__":
    run(bengi_table)

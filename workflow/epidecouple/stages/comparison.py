"""Side by side: arms trained on the same data under several seeds, one table, one figure, and what
they come to.
"""

import logging
from pathlib import Path

from ..core.provenance import write_json
from ..evaluation.comparison import cells, compared_figures, conclusions, failed_checks
from .runner import run

log = logging.getLogger(__name__)


def comparison(
    run: Path, arms: list[str], seeds: list[int], table: Path, failed: Path, metrics: Path
) -> None:
    """Compare what every arm's stages wrote."""
    compared = cells(run, arms, seeds)
    figures = compared_figures(compared)
    figures.to_csv(table, sep="\t", index=False, float_format="%.6g")
    failed_checks(compared).to_csv(failed, sep="\t", index=False)
    concluded = conclusions(figures)
    write_json(metrics, {"stage": "comparison", "metrics": concluded})
    for conclusion in concluded.values():
        log.info("%s", conclusion["sentence"])


if __name__ == "__main__":
    run(comparison)

"""Side by side: arms trained on the same data under several seeds, in one table, with a conclusion
per arm.
"""

import logging
from pathlib import Path

from ..core.provenance import read_json, write_json
from ..evaluation.comparison import cells, compared_metrics, conclusions, failed_checks
from .runner import run

log = logging.getLogger(__name__)


def comparison(
    run: Path,
    arms: list[str],
    seeds: list[int],
    thresholds: Path,
    table: Path,
    failed: Path,
    metrics: Path,
) -> None:
    """Compare what every arm's stages wrote.

    thresholds : file of the run's own
    """
    compared = cells(run, arms, seeds)
    measured = compared_metrics(compared, read_json(thresholds)["settings"])
    measured.to_csv(table, sep="\t", index=False, float_format="%.6g")
    failed_checks(compared).to_csv(failed, sep="\t", index=False)
    concluded = conclusions(measured)
    write_json(metrics, {"stage": "comparison", "metrics": concluded})
    for conclusion in concluded.values():
        log.info("%s", conclusion["sentence"])


if __name__ == "__main__":
    run(comparison)

"""Side by side: arms trained on the same data under several seeds, one table, one figure, and what they come to."""

import argparse
import logging
from pathlib import Path

from ..core.provenance import write_json
from ..evaluation.comparison import cells, compared_figures, conclusions, failed_checks
from .runner import run_stage

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `comparison`: read what every arm's stages wrote."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--arms", nargs="+", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    for name in ("table", "failed", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    compared = cells(arguments.run, arguments.arms, arguments.seeds)
    table = compared_figures(compared)
    table.to_csv(arguments.table, sep="\t", index=False, float_format="%.6g")
    failed_checks(compared).to_csv(arguments.failed, sep="\t", index=False)
    found = conclusions(table)
    write_json(arguments.metrics, {"stage": "comparison", "metrics": found})
    for conclusion in found.values():
        log.info("%s", conclusion["sentence"])


if __name__ == "__main__":
    run_stage(main)

"""Data report: what the data gate asks, gathered from panel, elements and shards; and the leak meter."""

import logging
from pathlib import Path

from ..core.config import Config
from ..core.provenance import read_metrics, write_metrics
from ..data.panel import load_panel
from ..data.quality import leak_meter, shard_metrics, split_table
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `data_report`: gather the data gate's metrics, and the map of the splits."""
    parser = stage_parser(__doc__)
    for name in ("panel", "elements", "shards", "splits", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    panel = load_panel(arguments.elements, arguments.shards, config)
    inputs = [arguments.panel / "metrics.json", arguments.elements / "metrics.json"]
    metrics = {name: value for path in inputs for name, value in read_metrics(path).items()}
    metrics |= shard_metrics(panel) | {"element_lookup_lift": leak_meter(panel)}
    split_table(panel).to_csv(arguments.splits, sep="\t", index=False)
    write_metrics(arguments.metrics, "data_report", metrics, arguments.settings, inputs)
    log.info("element lookup lift %.2f", metrics["element_lookup_lift"])


if __name__ == "__main__":
    run_stage(main)

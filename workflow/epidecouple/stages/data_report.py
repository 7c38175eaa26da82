"""Data report: what the data gate reads, gathered from panel, elements and shards; and the leak
meter.
"""

import logging
from pathlib import Path

from ..core.config import Config
from ..core.provenance import Measured, read_metrics
from ..data.panel import load_panel
from ..data.quality import leak_meter, shard_metrics, split_table
from .runner import run

log = logging.getLogger(__name__)


def data_report(
    config: Config, panel: Path, elements: Path, shards: Path, splits: Path
) -> Measured:
    """Gather the data gate's metrics, and the map of the splits."""
    crossed = load_panel(elements, shards, config)
    inputs = [panel / "metrics.json", elements / "metrics.json"]
    metrics = {name: value for path in inputs for name, value in read_metrics(path).items()}
    metrics |= shard_metrics(crossed) | {"element_lookup_lift": leak_meter(crossed)}
    split_table(crossed).to_csv(splits, sep="\t", index=False)
    log.info("element lookup lift %.2f", metrics["element_lookup_lift"])
    return Measured(metrics, inputs)


if __name__ == "__main__":
    run(data_report)

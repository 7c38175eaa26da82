"""Data report: what the data gate asks, gathered from panel, elements and shards; and the leak meter."""

import logging
from pathlib import Path

import numpy as np

from .config import Config
from .dataset import Panel, load_panel
from .provenance import read_metrics, write_metrics
from .skill import element_lookup, macro_aupr
from .stage import run_stage, stage_parser

log = logging.getLogger(__name__)


def leak_meter(panel: Panel) -> float:
    """AUPR lift on test chromosomes of a lookup of element identity fitted on training pairs; 1 is no leak."""
    rows = panel.rows("test")
    labels = panel.labels[np.ix_(rows, panel.training)]
    score = element_lookup(panel.labels[:, panel.training], [panel.enhancer, panel.promoter], panel.rows("train"), rows)
    return macro_aupr(labels, np.repeat(score[:, None], labels.shape[1], axis=1)) / float(labels.mean())


def shard_metrics(panel: Panel) -> dict[str, float]:
    """Agreement of the shards with each other, and marks that lines lack."""
    missing = ~panel.present
    return {
        "split_hashes": len({shard.manifest["split_hash"] for shard in panel.shards}),
        "marks_missing_everywhere": int(missing.all(0).sum()),
        "marks_missing": int(missing.sum()),
        "reference_loci": panel.n_reference,
        "window_lengths": len({panel.codes.shape[1]}),
        **{f"label_rate_{line}": float(panel.labels[:, c].mean()) for c, line in enumerate(panel.lines)},
    }


def main() -> None:
    """Stage `data_report`: gather the data gate's metrics."""
    parser = stage_parser(__doc__)
    for name in ("panel", "elements", "shards", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    panel = load_panel(arguments.elements, arguments.shards, config)
    inputs = [arguments.panel / "metrics.json", arguments.elements / "metrics.json"]
    metrics = {name: value for path in inputs for name, value in read_metrics(path).items()}
    metrics |= shard_metrics(panel) | {"element_lookup_lift": leak_meter(panel)}
    write_metrics(arguments.metrics, "data_report", metrics, arguments.settings, inputs)
    log.info("element lookup lift %.2f", metrics["element_lookup_lift"])


if __name__ == "__main__":
    run_stage(main)

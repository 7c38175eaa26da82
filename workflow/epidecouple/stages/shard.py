"""Shards: one folder per cell line with its labels, its normalised signal and where both came from.

pairs.parquet   pair (row of the panel), label, published, split
signal.npy      float16 (n, P, M), normalised on the reference loci; 0 for a missing mark. P: both ends, both at every
                further width of windows.scales, the bins between
reference.npy   float16 (n_ref, M), the same on the reference loci
manifest.json   marks present, normalisation statistics, row counts, fingerprints, split hash
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.provenance import fingerprint, read_json, write_json
from ..data.line_signal import measure, places_of_ends
from ..files.catalog import catalog_of
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def main() -> None:
    """Stage `shards`: labels and normalised signal of one cell line."""
    parser = stage_parser(__doc__)
    parser.add_argument("--line", required=True)
    for name in ("panel", "pairs", "elements", "reference", "splits", "shard"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    config = Config.from_json(arguments.settings)
    files, folder = catalog_of(config).lines[arguments.line], arguments.shard
    panel, pairs, elements = (pd.read_parquet(path) for path in (arguments.panel, arguments.pairs, arguments.elements))
    reference = pd.read_parquet(arguments.reference)
    folder.mkdir(parents=True, exist_ok=True)
    ends = places_of_ends(elements, config)
    _, on_reference, statistics = measure(files, pairs, ends, reference, config, folder / "signal.npy")
    labels = {name: panel[f"{name}_{arguments.line}"] for name in ("label", "published")}
    pd.DataFrame({"pair": panel.index, **labels, "split": pairs.split}).to_parquet(folder / "pairs.parquet", index=False)
    np.save(folder / "reference.npy", on_reference)
    manifest = {
        "cell_line": arguments.line,
        "marks": statistics,
        "pairs": len(panel),
        "positives": int(labels["label"].sum()),
        "split_hash": read_json(arguments.splits)["hash"],
        "sources": {str(path): fingerprint(path) for path in (files.pairs, files.loops, *files.peaks.values())},
    }
    write_json(folder / "manifest.json", manifest)
    missing = [mark for mark, values in statistics.items() if not values["present"]]
    log.info("%s: %d pairs, %d positive, missing marks: %s", arguments.line, len(panel), manifest["positives"], missing or "none")


if __name__ == "__main__":
    run_stage(main)

"""Shards: one folder per cell line with its labels, its normalised signal and where both came from
(see `data.shards`).
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..core.provenance import fingerprint, read_json, write_json
from ..data.line_signal import MarkStatistics, measure, places_of_ends
from ..files.catalog import LineFiles, catalog_of
from .runner import run

log = logging.getLogger(__name__)


def shard(
    config: Config,
    line: str,
    panel: Path,
    pairs: Path,
    elements: Path,
    reference: Path,
    splits: Path,
    shard: Path,
) -> None:
    """Write labels and normalised signal of one cell line."""
    files = catalog_of(config).lines[line]
    names = [f"{name}_{line}" for name in ("label", "published")]
    crossed = pd.read_parquet(intact(panel), columns=names)
    table = pd.read_parquet(intact(pairs))
    shard.mkdir(parents=True, exist_ok=True)
    ends = places_of_ends(pd.read_parquet(intact(elements)), config)
    loci = pd.read_parquet(intact(reference))
    signal = shard / "signal.npy"
    _, on_reference, statistics = measure(files, table, ends, loci, config, signal)
    labels = {name: crossed[f"{name}_{line}"] for name in ("label", "published")}
    stored = pd.DataFrame({"pair": crossed.index, **labels, "split": table.split})
    stored.to_parquet(shard / "pairs.parquet", index=False)
    np.save(shard / "reference.npy", on_reference)
    seal(*(shard / name for name in ("signal.npy", "pairs.parquet", "reference.npy")))
    counts = {"cell_line": line, "pairs": len(crossed), "positives": int(labels["label"].sum())}
    write_json(shard / "manifest.json", counts | _manifest(files, statistics, splits))
    missing = [mark for mark, values in statistics.items() if not values["present"]]
    log.info(
        "%s: %d pairs, %d positive, missing marks: %s",
        line,
        len(crossed),
        counts["positives"],
        missing or "none",
    )


def _manifest(
    files: LineFiles, statistics: dict[str, MarkStatistics], splits: Path
) -> dict[str, Any]:
    """What the shard rests on."""
    sources = {
        str(path): fingerprint(path) for path in (files.pairs, files.loops, *files.peaks.values())
    }
    return {"marks": statistics, "split_hash": read_json(splits)["hash"], "sources": sources}


if __name__ == "__main__":
    run(shard)

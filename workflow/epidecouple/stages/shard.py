"""Shards: one folder per cell line with its labels, its normalised signal and where both came from
(see `data.shards`).
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact, seal
from ..core.provenance import fingerprint, read_json, write_json
from ..data.blocks import count_rows, read_blocks, write_blocks
from ..data.line_signal import MarkStatistics, measure, places_of_ends, shape_of_pair
from ..data.shards import write_array
from ..files.catalog import LineFiles, catalog_of
from .runner import run

# What of a pair its signal depends on.
PLACES = ["chrom", "enhancer_mid", "promoter_mid", "enhancer", "promoter"]
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
    files, count = catalog_of(config).lines[line], count_rows(intact(pairs))
    shard.mkdir(parents=True, exist_ok=True)
    ends = places_of_ends(pd.read_parquet(intact(elements)), config)
    loci = pd.read_parquet(intact(reference))
    signal, on_reference, statistics = measure(
        files, read_blocks(pairs, PLACES), ends, loci, config
    )
    write_array(signal, (count, *shape_of_pair(config)), shard / "signal.npy")
    write_blocks(_labelled(line, intact(panel), pairs), shard / "pairs.parquet")
    np.save(shard / "reference.npy", on_reference)
    seal(*(shard / name for name in ("signal.npy", "pairs.parquet", "reference.npy")))
    positives = int(pd.read_parquet(shard / "pairs.parquet", columns=["label"]).label.sum())
    counts = {"cell_line": line, "pairs": count, "positives": positives}
    write_json(shard / "manifest.json", counts | _manifest(files, statistics, splits))
    missing = [mark for mark, values in statistics.items() if not values["present"]]
    log.info(
        "%s: %d pairs, %d positive, missing marks: %s", line, count, positives, missing or "none"
    )


def _labelled(line: str, panel: Path, pairs: Path) -> Iterator[pd.DataFrame]:
    """What a shard says of each pair besides its signal, block by block."""
    of_line = {name: f"{name}_{line}" for name in ("label", "published")}
    labels = pd.read_parquet(panel, columns=[*of_line.values()])
    for block in read_blocks(pairs, ["split"]):
        own = labels.loc[block.index]
        columns = {name: own[column] for name, column in of_line.items()}
        yield pd.DataFrame({"pair": own.index, **columns, "split": block.split})


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

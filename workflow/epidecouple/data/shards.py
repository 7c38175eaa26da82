"""Shards: one folder per cell line with its labels and its normalised signal, as read from disk.

pairs.parquet   pair (row of the panel), label, published, split
signal.npy      float16 (n, P, M), normalised signal of the pairs (see `line_signal`)
reference.npy   float16 (n_ref, M), normalised signal of the reference loci
manifest.json   normalisation statistics of every mark, row counts, fingerprints, split hash
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..core.integrity import intact
from ..core.provenance import read_json


@dataclass(frozen=True)
class Shard:
    """Labels and normalised signal of all pairs in one cell line.

    labels : int8 (n,); published : int8 (n,), -1 where the line's own table does not list the pair
    signal : float16 (n, P, M); reference : float16 (n_ref, M); both memory-mapped and read-only
    manifest : content of manifest.json
    """

    labels: np.ndarray
    published: np.ndarray
    signal: np.ndarray
    reference: np.ndarray
    manifest: dict[str, Any]


def load_shard(folder: Path, split_hash: str) -> Shard:
    """Open a shard; raises `InputError` when it was made with other splits."""
    manifest = read_json(folder / "manifest.json")
    made_with = manifest.get("split_hash")
    if made_with != split_hash:
        raise InputError(
            f"this shard was made with splits {made_with}, the run has {split_hash}",
            "Remove the folder and run again",
            folder / "manifest.json",
        )
    table = pd.read_parquet(intact(folder / "pairs.parquet"), columns=["label", "published"])
    signal, reference = (
        np.load(intact(folder / f"{name}.npy"), mmap_mode="r") for name in ("signal", "reference")
    )
    return Shard(table.label.to_numpy(), table.published.to_numpy(), signal, reference, manifest)


def write_array(blocks: Iterable[np.ndarray], shape: tuple[int, ...], path: Path) -> None:
    """Write blocks of float16 as one array of this shape, as `np.save` would. Pages of a mapped
    file would count as memory of the process, and a full disk would end it without a word.
    """
    header = {"descr": "<f2", "fortran_order": False, "shape": shape}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(block.data)

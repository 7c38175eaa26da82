"""Shards as stored."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..core.provenance import read_json


@dataclass(frozen=True)
class Shard:
    """A cell line as stored; arrays are memory-mapped and read-only.

    labels, published : int8 (n,); signal : float16 (n, P, M); reference : float16 (n_ref, M)
    """

    labels: np.ndarray
    published: np.ndarray
    signal: np.ndarray
    reference: np.ndarray
    manifest: dict


def load_shard(folder: Path, split_hash: str) -> Shard:
    """Open a shard; raises `InputError` when it was made for other splits."""
    manifest = read_json(folder / "manifest.json")
    if manifest["split_hash"] != split_hash:
        raise InputError(
            f"this shard was made for splits {manifest['split_hash']}, the run has {split_hash}",
            "Remove the folder and run again",
            folder / "manifest.json",
        )
    table = pd.read_parquet(folder / "pairs.parquet")
    signal, reference = (
        np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("signal", "reference")
    )
    return Shard(table.label.to_numpy(), table.published.to_numpy(), signal, reference, manifest)

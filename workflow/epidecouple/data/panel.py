"""The panel as training and evaluation read it.

DNA codes and signal stay in memory-mapped files, from which the rows of a batch are gathered.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..core.config import Config
from ..core.dna import Windows
from ..core.errors import InputError
from ..core.integrity import intact
from ..core.provenance import read_json
from ..core.tables import stacked
from .blocks import read_blocks
from .labels import discordant
from .shards import Shard, load_shard
from .splits import splits_of

CPU = torch.device("cpu")
# What is read of the table of pairs, and as what it is held.
HELD = {
    "enhancer": "int32",
    "promoter": "int32",
    "enhancer_bp": "float32",
    "promoter_bp": "float32",
}
HELD |= {"chrom": "category", "split": "category"}


class Names:
    """A name for each of n things, of which few are different: it stands for the array of text (n,)
    and takes a byte or two for each.

    names : str (k,), the different ones; codes : (n,), which of them each thing has
    """

    def __init__(self, names: np.ndarray, codes: np.ndarray) -> None:
        self.names, self.codes = names, codes

    @classmethod
    def of(cls, values: "pd.Series | np.ndarray | Names") -> "Names":
        """The same names; one that is missing is "nan"."""
        if isinstance(values, Names):
            return values
        column = pd.Series(values).astype("category")
        if column.isna().any():
            column = column.cat.add_categories("nan").fillna("nan")
        return cls(np.array(column.cat.categories, dtype=str), column.cat.codes.to_numpy())

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    def __getitem__(self, rows: Any) -> np.ndarray:
        return self.names[self.codes[rows]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:] if dtype is None else self[:].astype(dtype)

    def __eq__(self, other: object) -> np.ndarray:  # type: ignore[override]
        if isinstance(other, str):
            return (self.names == other)[self.codes]
        return self[:] == np.asarray(other)

    def __ne__(self, other: object) -> np.ndarray:  # type: ignore[override]
        return ~(self == other)


@dataclass(frozen=True)
class Panel:
    """All pairs in all lines: n pairs, C lines, M marks, and P positions of a pair's signal.

    lines : names of the C lines, training lines first; training : columns of the training lines
    codes : uint8 (n_elements, L), DNA windows, A C G T N = 0 1 2 3 4
    enhancer, promoter : int32 (n,), rows of `codes`
    log_distance : float32 (n,), log10 of the distance in bp
    annotated_bp : float32 (n, 2), published lengths of both elements, for record 22 only
    chrom, split : str (n,), as few names and their codes
    labels : int8 (n, C); published : int8 (n, C), -1 where the line's own table lacks the pair
    shards : one per line, with signal (n, P, M) and reference (n_ref, M)
    present : bool (C, M), False for a mark that a line lacks
    offset, scale : float32 (C, M); R reads a normalised mark times `scale` plus `offset`, which are
    1 and 0, or undo the normalisation where `model.marks` is raw; densities are read as they are
    way_slots : how many of the P positions, at their end, are densities of the way
    device : where the methods put their tensors; all codes are kept there too
    """

    lines: list[str]
    training: list[int]
    codes: np.ndarray
    enhancer: np.ndarray
    promoter: np.ndarray
    log_distance: np.ndarray
    annotated_bp: np.ndarray
    chrom: Names | np.ndarray
    split: Names | np.ndarray
    labels: np.ndarray
    published: np.ndarray
    shards: list[Shard]
    present: np.ndarray
    offset: np.ndarray
    scale: np.ndarray
    device: torch.device = CPU
    way_slots: int = 0

    def rows(self, split: str) -> np.ndarray:
        """Row numbers of the pairs of a split."""
        return np.flatnonzero(self.split == split)

    def outside(self, pairs: np.ndarray, chromosomes: Sequence[str]) -> int:
        """How many of some pairs (n,) lie on other chromosomes than these."""
        return int((~np.isin(self.chrom[pairs], list(chromosomes))).sum())

    def discordant_rows(self, split: str, lines: list[int]) -> np.ndarray:
        """Row numbers of the pairs of a split whose labels differ between these lines."""
        rows = self.rows(split)
        return rows[discordant(self.labels_of(rows, lines))]

    def labels_of(self, pairs: np.ndarray, lines: Sequence[int]) -> np.ndarray:
        """Labels int8 (len(pairs), len(lines)) of some pairs in some lines, both by number."""
        return self.labels[np.ix_(pairs, np.asarray(lines, dtype=np.intp))]

    def only(self, pairs: np.ndarray) -> "Panel":
        """A panel of these pairs alone, with their signal in memory."""
        per_pair = (
            "enhancer",
            "promoter",
            "log_distance",
            "annotated_bp",
            "chrom",
            "split",
            "labels",
            "published",
        )
        shards = [
            dataclasses.replace(
                shard,
                labels=shard.labels[pairs],
                published=shard.published[pairs],
                signal=np.asarray(shard.signal[pairs]),
            )
            for shard in self.shards
        ]
        return dataclasses.replace(
            self, shards=shards, **{name: getattr(self, name)[pairs] for name in per_pair}
        )

    def tensor(self, values: np.ndarray) -> Tensor:
        """Copy an array to the panel's device."""
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    def windows(self, pairs: np.ndarray) -> Windows:
        """DNA windows of some pairs, as rows of the table of all codes."""
        return Windows(
            self._all_codes,
            self.tensor(self.enhancer[pairs].astype(np.int64)),
            self.tensor(self.promoter[pairs].astype(np.int64)),
            self.tensor(self.annotated_bp[pairs]),
        )

    @cached_property
    def _all_codes(self) -> Tensor:
        """The codes of all elements; on a CPU this is the memory-mapped file."""
        return torch.from_numpy(self.codes).to(self.device)

    def distance_tensor(self, pairs: np.ndarray) -> Tensor:
        """log10 of the distance in bp, float32 (len(pairs),)."""
        return self.tensor(self.log_distance[pairs])

    def label_tensor(self, pairs: np.ndarray, lines: list[int]) -> Tensor:
        """Labels as float32 (len(pairs), len(lines))."""
        return self.tensor(self.labels_of(pairs, lines).astype(np.float32))

    def signal_tensor(self, pairs: np.ndarray, line: int) -> Tensor:
        """Signal of some pairs in one line, with presence flags: float32 (len(pairs), P, 2M)."""
        return self._flagged(self.shards[line].signal[pairs], line, self.way_slots)

    def reference_tensor(self, line: int, loci: np.ndarray | None = None) -> Tensor:
        """Signal of one line's reference loci, with presence flags: float32 (n_loci, 2M).

        loci : row numbers of reference loci, all by default
        """
        reference = self.shards[line].reference
        return self._flagged(reference if loci is None else reference[loci], line)

    def without(self, mark: int) -> "Panel":
        """The same panel with one mark (by number) missing in every line: value and flag are 0."""
        present, offset, scale = (
            values.copy() for values in (self.present, self.offset, self.scale)
        )
        for values in (present, offset, scale):
            values[:, mark] = 0
        return dataclasses.replace(self, present=present, offset=offset, scale=scale)

    @property
    def n_reference(self) -> int:
        """Number of reference loci."""
        return len(self.shards[0].reference)

    def _flagged(self, signal: np.ndarray, line: int, way_slots: int = 0) -> Tensor:
        present, offset, scale = (
            values[line] for values in (self.present, self.offset, self.scale)
        )
        return flagged(signal, present, offset, scale, way_slots).to(self.device)


def flagged(
    signal: np.ndarray,
    present: np.ndarray,
    offset: np.ndarray,
    scale: np.ndarray,
    way_slots: int = 0,
) -> Tensor:
    """The input of R: a line's stored signal times `scale` plus `offset`, then the presence flags.

    signal : (..., M); present, offset, scale : (M,); way_slots : how many of the last positions are
    densities, which were not normalised and stay as they are. Returns float32 (..., 2M).
    """
    stored = np.asarray(signal, dtype=np.float32)
    read = stored * scale + offset
    if way_slots:
        read[..., -way_slots:, :] = stored[..., -way_slots:, :] * present
    values = torch.from_numpy(read)
    flags = torch.from_numpy(present.astype(np.float32)).expand_as(values)
    return torch.cat([values, flags], dim=-1)


def load_panel(elements: Path, shards: Path, config: Config, dna: bool = True) -> Panel:
    """Open the folders that the stages `elements` and `shard` wrote.

    dna : False leaves the DNA windows out, for work on R alone
    Raises `InputError` when the folders were made with other splits than the configuration's.
    """
    splits = splits_of(config)
    if read_json(elements / "splits.json").get("hash") != splits.hash:
        raise InputError(
            "the splits of this run have changed",
            "Run the stage `elements` again",
            elements / "splits.json",
        )
    pairs = _held(intact(elements / "pairs.parquet"))
    folders = [shards / line for line in config.all_lines]
    labels, published, loaded = _loaded(folders, splits.hash, len(pairs))
    # A stage that may not see the section `model` has None there.
    raw = config.model and config.model.marks == "raw"
    offset, scale = _undo_normalisation(loaded, config) if raw else (0.0, 1.0)
    shape = (len(loaded), len(config.marks))
    return Panel(
        lines=config.all_lines,
        training=list(range(len(config.cell_lines))),
        codes=(
            np.load(intact(elements / "sequences.npy"), mmap_mode="c")
            if dna
            else np.zeros((0, config.windows.sequence_bp), dtype=np.uint8)
        ),
        enhancer=pairs.enhancer.to_numpy(),
        promoter=pairs.promoter.to_numpy(),
        log_distance=pairs.log_distance.to_numpy(),
        annotated_bp=pairs[["enhancer_bp", "promoter_bp"]].to_numpy(),
        chrom=Names.of(pairs.chrom),
        split=Names.of(pairs.split),
        labels=labels,
        published=published,
        shards=loaded,
        present=np.array(
            [
                [shard.manifest["marks"][mark]["present"] for mark in config.marks]
                for shard in loaded
            ]
        ),
        offset=np.broadcast_to(np.float32(offset), shape),
        scale=np.broadcast_to(np.float32(scale), shape),
        way_slots=config.windows.way_slots,
    )


def _held(path: Path) -> pd.DataFrame:
    """What a panel holds of each pair of the table."""
    blocks = [
        block[[*HELD]].astype(HELD).assign(log_distance=log_distance(block.distance))
        for block in read_blocks(path, [*HELD, "distance"])
    ]
    return stacked(blocks)


def _loaded(
    folders: list[Path], split_hash: str, pairs: int
) -> tuple[np.ndarray, np.ndarray, list[Shard]]:
    """Labels int8 (pairs, C) of all lines, the published ones, and the shards, whose own are
    columns of these.
    """
    labels, published = np.empty((2, pairs, len(folders)), dtype=np.int8)
    shards = []
    for c, folder in enumerate(folders):
        shard = load_shard(folder, split_hash)
        labels[:, c], published[:, c] = shard.labels, shard.published
        own = dataclasses.replace(shard, labels=labels[:, c], published=published[:, c])
        shards.append(own)
    return labels, published, shards


def log_distance(distance: pd.Series) -> np.ndarray:
    """log10 of distances (n,) in bp, a distance of 0 taken as 1 bp: float32 (n,)."""
    return np.log10(np.maximum(distance, 1)).to_numpy(dtype=np.float32)


def _undo_normalisation(shards: list[Shard], config: Config) -> tuple[np.ndarray, np.ndarray]:
    """Offset and scale (C, M) that turn normalised marks back into log1p signal."""
    statistics = [[shard.manifest["marks"][mark] for mark in config.marks] for shard in shards]
    mean, sd = (
        np.array([[mark[name] for mark in line] for line in statistics]) for name in ("mean", "sd")
    )
    return mean, sd

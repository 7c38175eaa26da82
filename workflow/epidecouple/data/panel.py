"""The panel in memory as training and evaluation see it: codes and signal stay memory-mapped,
batches are gathered.
"""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..core.config import Config
from ..core.dna import Windows
from ..core.errors import InputError
from ..core.provenance import read_json
from .labels import discordant
from .shards import Shard, load_shard
from .splits import splits_of

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Panel:
    """All pairs in all lines; n pairs, C lines (training lines first), P positions (`shards`), M
    marks.

    codes : uint8 (n_elements, L); enhancer, promoter : rows of `codes` (n,)
    log_distance : float32 (n,), log10 bp; chrom, split : names (n,)
    annotated_bp : float32 (n, 2), lengths of both elements as published, for record 22 only
    labels, published : int8 (n, C); shards : one per line, holding signal (n, P, M) and reference
    (n_ref, M)
    present : bool (C, M), False for a mark missing in a line
    offset, scale : float32 (C, M), what a normalised mark is multiplied by and shifted to: 0 and 1,
    or its statistics to undo it
    device : where the tensors go that a panel gives; on any but the CPU all codes are kept there
    """

    lines: list[str]
    training: list[int]
    codes: np.ndarray
    enhancer: np.ndarray
    promoter: np.ndarray
    log_distance: np.ndarray
    annotated_bp: np.ndarray
    chrom: np.ndarray
    split: np.ndarray
    labels: np.ndarray
    published: np.ndarray
    shards: list[Shard]
    present: np.ndarray
    offset: np.ndarray
    scale: np.ndarray
    device: torch.device = CPU

    def rows(self, split: str) -> np.ndarray:
        """Pairs of a split."""
        return np.flatnonzero(self.split == split)

    def discordant_rows(self, split: str, lines: list[int]) -> np.ndarray:
        """Pairs of a split whose labels differ between some lines."""
        rows = self.rows(split)
        return rows[discordant(self.labels[np.ix_(rows, lines)])]

    def only(self, pairs: np.ndarray) -> "Panel":
        """The panel of these pairs, their signal in memory."""
        of_pairs = (
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
            self, shards=shards, **{name: getattr(self, name)[pairs] for name in of_pairs}
        )

    def tensor(self, values: np.ndarray) -> Tensor:
        """An array on the panel's device."""
        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    def windows(self, pairs: np.ndarray) -> Windows:
        """The windows of some pairs, as rows of the table of all codes."""
        ends = [self.tensor(rows[pairs]) for rows in (self.enhancer, self.promoter)]
        return Windows(self._all_codes, *ends, self.tensor(self.annotated_bp[pairs]))

    @cached_property
    def _all_codes(self) -> Tensor:
        """All codes, on a CPU the memory-mapped file itself."""
        return torch.from_numpy(self.codes).to(self.device)

    def distance_tensor(self, pairs: np.ndarray) -> Tensor:
        """log10 distance float32 (len(pairs),)."""
        return self.tensor(self.log_distance[pairs])

    def label_tensor(self, pairs: np.ndarray, lines: list[int]) -> Tensor:
        """Labels float32 (len(pairs), len(lines))."""
        return self.tensor(self.labels[np.ix_(pairs, lines)].astype(np.float32))

    def signal_tensor(self, pairs: np.ndarray, line: int) -> Tensor:
        """Signal of one line with a presence flag per mark: float32 (len(pairs), P, 2M)."""
        return self._flagged(self.shards[line].signal[pairs], line)

    def reference_tensor(self, line: int, loci: np.ndarray | None = None) -> Tensor:
        """Signal of the reference loci (all, or those at `loci`) of one line: float32
        (n_loci, 2M).
        """
        reference = self.shards[line].reference
        return self._flagged(reference if loci is None else reference[loci], line)

    def without(self, mark: int) -> "Panel":
        """The same panel with one mark missing in every line: presence flag and value 0."""
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

    def _flagged(self, signal: np.ndarray, line: int) -> Tensor:
        return flagged(signal, self.present[line], self.offset[line], self.scale[line]).to(
            self.device
        )


def flagged(
    signal: np.ndarray, present: np.ndarray, offset: np.ndarray, scale: np.ndarray
) -> Tensor:
    """What R reads of stored signal (..., M): the marks, times `scale` plus `offset`, then their
    presence flags.

    present, offset, scale : (M,); returns float32 (..., 2M).
    """
    values = torch.from_numpy(np.asarray(signal, dtype=np.float32) * scale + offset)
    flags = torch.from_numpy(present.astype(np.float32)).expand_as(values)
    return torch.cat([values, flags], dim=-1)


def load_panel(elements: Path, shards: Path, config: Config, dna: bool = True) -> Panel:
    """Open what the stages `elements` and `shards` wrote, without any window when `dna` is False.

    Raises `InputError` when the splits do not match.
    """
    splits = splits_of(config)
    if read_json(elements / "splits.json")["hash"] != splits.hash:
        raise InputError(
            "the splits of this run have changed",
            "Run the stage `elements` again",
            elements / "splits.json",
        )
    pairs = pd.read_parquet(elements / "pairs.parquet")
    stored = [load_shard(shards / line, splits.hash) for line in config.all_lines]
    offset, scale = (
        _undoing(stored, config) if config.model and config.model.marks == "raw" else (0.0, 1.0)
    )
    shape = (len(stored), len(config.marks))
    return Panel(
        lines=config.all_lines,
        training=list(range(len(config.cell_lines))),
        codes=(
            np.load(elements / "sequences.npy", mmap_mode="c")
            if dna
            else np.zeros((0, config.windows.sequence_bp), dtype=np.uint8)
        ),
        enhancer=pairs.enhancer.to_numpy(),
        promoter=pairs.promoter.to_numpy(),
        log_distance=log_distance(pairs.distance),
        annotated_bp=pairs[["enhancer_bp", "promoter_bp"]].to_numpy(dtype=np.float32),
        chrom=pairs.chrom.to_numpy(dtype=str),
        split=pairs.split.to_numpy(dtype=str),
        labels=np.column_stack([shard.labels for shard in stored]),
        published=np.column_stack([shard.published for shard in stored]),
        shards=stored,
        present=np.array(
            [
                [shard.manifest["marks"][mark]["present"] for mark in config.marks]
                for shard in stored
            ]
        ),
        offset=np.broadcast_to(np.float32(offset), shape),
        scale=np.broadcast_to(np.float32(scale), shape),
    )


def log_distance(distance: pd.Series) -> np.ndarray:
    """log10 of distances in bp, at least 1 bp: float32 (n,)."""
    return np.log10(np.maximum(distance, 1)).to_numpy(dtype=np.float32)


def _undoing(shards: list[Shard], config: Config) -> tuple[np.ndarray, np.ndarray]:
    """Offset and scale (C, M) that turn normalised marks back into log1p signal."""
    statistics = [[shard.manifest["marks"][mark] for mark in config.marks] for shard in shards]
    return tuple(
        np.array([[mark[name] for mark in line] for line in statistics]) for name in ("mean", "sd")
    )

"""Negative controls: a panel without what the design needs, on which it must fail."""

import dataclasses

import numpy as np

from ..core.dna import BASES
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..data.shards import Shard


def control_panel(what: str, panel: Panel, seed: int) -> Panel:
    """The panel of a control: signal of `shuffled lines` or `shuffled pairs`, or `shuffled DNA`.

    Signal of reference loci and labels stay as they are.
    """
    rng = rng_for(seed, Stream.NEGATIVE_CONTROLS)
    if what == "shuffled DNA":
        codes = np.stack([dinucleotide_shuffled(row, rng) for row in panel.codes])
        return dataclasses.replace(panel, codes=codes)
    shuffle = {"shuffled lines": _other_lines, "shuffled pairs": _other_pairs}[what]
    return dataclasses.replace(panel, shards=shuffle(panel.shards, rng))


def _other_lines(shards: list[Shard], rng: np.random.Generator) -> list[Shard]:
    """Each pair's signal in the lines, dealt out anew to the lines."""
    signal = np.stack([np.asarray(shard.signal) for shard in shards], axis=1)
    order = rng.permuted(np.tile(np.arange(len(shards)), (len(signal), 1)), axis=1)
    dealt = signal[np.arange(len(signal))[:, None], order]
    return [dataclasses.replace(shard, signal=dealt[:, c]) for c, shard in enumerate(shards)]


def _other_pairs(shards: list[Shard], rng: np.random.Generator) -> list[Shard]:
    """The signal of another pair in the same line, another one in each line."""
    return [
        dataclasses.replace(
            shard, signal=np.asarray(shard.signal)[rng.permutation(len(shard.signal))]
        )
        for shard in shards
    ]


def dinucleotide_shuffled(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A window (L,) with its bases in another order that has every dinucleotide as often.

    A random Eulerian walk over the bases: the last exit of each base leads towards the last base
    of the window, the others come in random order (Altschul & Erickson 1985; Kandel 1996).
    """
    exits = [codes[1:][codes[:-1] == base] for base in range(len(BASES) + 1)]
    last = _last_exits(exits, int(codes[-1]), rng)
    order = []
    for base, after in enumerate(exits):
        after = rng.permutation(after)
        if base in last:
            kept = int(np.flatnonzero(after == last[base])[0])
            after = np.append(np.delete(after, kept), last[base])
        order.append(iter(after.tolist()))
    walk = [int(codes[0])]
    for _ in range(len(codes) - 1):
        walk.append(next(order[walk[-1]]))
    return np.array(walk, dtype=codes.dtype)


def _last_exits(exits: list[np.ndarray], end: int, rng: np.random.Generator) -> dict[int, int]:
    """A random last exit of every base but the end's, by which every base leads to the end."""
    bases = [base for base, after in enumerate(exits) if len(after) and base != end]
    while True:
        last = {base: int(rng.choice(exits[base])) for base in bases}
        if all(_arrives(base, last, end) for base in bases):
            return last


def _arrives(base: int, last: dict[int, int], end: int) -> bool:
    for _ in range(len(last) + 1):
        if base == end:
            return True
        base = last[base]
    return False

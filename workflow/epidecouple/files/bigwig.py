"""Peaks of a bigWig: where its signal is strongest. The only module that uses pyBigWig.

A bigWig has a value for every base and names no peak. So the strongest bases are taken, as many as
peaks of that mark usually cover, and neighbouring ones are joined. Only the order of the values
counts: coverage, fold change and -log10 p of one experiment give nearly the same peaks.
Coordinates are 0-based and half-open, in bp.
"""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyBigWig

from ..core.errors import InputError
from ..core.paths import PEAK_SHARES

log = logging.getLogger(__name__)

# The first four bytes, and the order of all others.
MAGIC = {b"\x26\xfc\x8f\x88": "<", b"\x88\x8f\xfc\x26": ">"}
# The fixed part of the header; in it the places of the chromosomes, the data and their index, and
# the least that the index takes (Kent 2010, doi:10.1093/bioinformatics/btq351, tables 5 and 14).
HEADER_BYTES, PLACES, INDEX_BYTES = 64, slice(8, 32), 48
# How much of a chromosome is in memory at once.
BLOCK_BP = 10_000_000
# Stretches above the threshold that are closer are one peak: a nucleosome's linker.
JOINED_BP = 50
# Where no more than so many times the wanted bases have a signal, the file holds peaks already.
SPARSE = 2.0
# The order of positive float32 is that of their bits; 12 of the 23 of the mantissa are left out, so
# that a threshold is exact to 0.05 %.
DROPPED_BITS = 12
BUCKETS = 1 << (31 - DROPPED_BITS)
REMEDY = "Give another file, or the peaks of this mark"


def covered_shares() -> dict[str, float]:
    """Share of the genome (0 to 1) that peaks of a mark cover: `resources/peak_shares.tsv`, medians
    over the lines of `resources/sources.tsv`.
    """
    table = pd.read_csv(PEAK_SHARES, sep="\t", comment="#")
    return dict(zip(table.mark, table.share, strict=True))


def is_bigwig(path: Path) -> bool:
    """Whether a file begins as a bigWig does."""
    with path.open("rb") as file:
        return file.read(4) in MAGIC


def read_bigwig(path: Path, share: float) -> pd.DataFrame:
    """Peaks of a bigWig as `read_peaks` gives those of a table: chrom, start, end, signal.

    share : of the genome (0 to 1) that peaks of the mark usually cover. The threshold is the
    smallest value above which no more bases lie; where no more than twice as many have a signal at
    all, every base with one counts. A peak's signal is the mean over its bases above the threshold,
    in the units of the file. A base without data counts 0, negative values are no signal. Raises
    `InputError` for a file that is damaged, has no value above 0 or an infinite one, or of which
    nothing stands out.
    """
    with opened(path) as file:
        threshold = threshold_of(file, share, path)
        tables = [stretches(file, name, threshold) for name in sorted(file.chroms())]
    peaks = pd.concat(tables, ignore_index=True)
    covered = (peaks.end - peaks.start).sum() / 1e6
    log.info("%s: %d peaks of %.1f Mb above %.3g", path, len(peaks), covered, threshold)
    return peaks


def sizes_in(path: Path) -> dict[str, int]:
    """Name and length (bp) of each chromosome of a bigWig; raises `InputError` for a damaged
    file.
    """
    with opened(path) as file:
        return dict(file.chroms())


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """An open bigWig; raises `InputError` for a damaged file."""
    damaged = InputError("this bigWig is damaged or cut short", "Get it again", path)
    if not is_whole(path):
        raise damaged
    try:
        with pyBigWig.open(str(path)) as file:
            yield file
    except RuntimeError as error:
        raise damaged from error


def is_whole(path: Path) -> bool:
    """Whether a bigWig reaches as far as its header says: of a shorter one the library may read
    what is not there.
    """
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES:
        return False
    places, size = struct.unpack(f"{MAGIC[head[:4]]}3Q", head[PLACES]), path.stat().st_size
    return max(places) <= size and places[-1] + INDEX_BYTES <= size


def steps(file: Any, chrom: str) -> Iterator[np.ndarray]:
    """The positive steps of a chromosome, a block after the other: (start, end, value), float64
    (k, 3).
    """
    size = file.chroms(chrom)
    for first in range(0, size, BLOCK_BP):
        last = min(first + BLOCK_BP, size)
        found = file.intervals(chrom, first, last)
        if found:
            block = np.array(found)
            block[:, :2] = block[:, :2].clip(first, last)
            yield block[block[:, 2] > 0]


def threshold_of(file: Any, share: float, path: Path) -> float:
    """The value that peaks lie above; raises `InputError` where nothing does."""
    bases = np.zeros(BUCKETS)
    for chrom in file.chroms():
        for start, end, value in (block.T for block in steps(file, chrom)):
            if np.isinf(value).any():
                raise InputError(f"a value on {chrom} is infinite", REMEDY, path)
            buckets = value.astype(np.float32).view(np.uint32) >> DROPPED_BITS
            bases += np.bincount(buckets, weights=end - start, minlength=BUCKETS)
    if not bases.any():
        raise InputError("no value of this bigWig is above 0", REMEDY, path)
    wanted = share * sum(file.chroms().values())
    if bases.sum() <= SPARSE * wanted:
        return 0.0
    above = np.cumsum(bases[::-1])[::-1]
    bucket = int(np.argmax(above <= wanted))
    if above[bucket] == 0:
        raise InputError("no part of this bigWig stands out from the rest", REMEDY, path)
    return float(np.array([(bucket << DROPPED_BITS) - 1], np.uint32).view(np.float32)[0])


def stretches(file: Any, chrom: str, threshold: float) -> pd.DataFrame:
    """Peaks of one chromosome: steps above the threshold, neighbours joined."""
    kept = [block[block[:, 2] > threshold] for block in steps(file, chrom)]
    start, end, value = np.concatenate([np.zeros((0, 3)), *kept]).T
    first = np.flatnonzero(np.append(True, start[1:] - end[:-1] >= JOINED_BP)[: len(start)])
    if not len(first):
        return pd.DataFrame({"chrom": [], "start": [], "end": [], "signal": []})
    last = np.append(first[1:], len(start)) - 1
    width = np.add.reduceat(end - start, first)
    # Sums differ in their last digits, and peaks of one value have to stay equal.
    mean = (np.add.reduceat(value * (end - start), first) / width).astype(np.float32)
    places = {"start": start[first].astype(np.int64), "end": end[last].astype(np.int64)}
    return pd.DataFrame({"chrom": chrom, **places, "signal": mean.astype(float)})

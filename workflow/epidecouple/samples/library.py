"""Profiles that are known: presence of peaks at the same loci, by line and mark, and the file of
the repository that holds those of six lines.
"""

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.paths import KNOWN_PROFILES
from ..files.text import readable
from .tiles import Loci, loci_at

HEAD = """\
# Presence (1) of a peak in tiles of 2,000 bp of hg19, one column per line|mark.
# Made by `snakemake known_profiles` from the peak files that resources/sources.tsv names.
# Peaks: ENCODE 2012 (doi:10.1038/nature11247) and Roadmap Epigenomics 2015
# (doi:10.1038/nature14248), free to use with citation; collected by Whalen 2016
# (doi:10.1038/ng.3539).
"""
SEPARATOR = "|"


@dataclass(frozen=True)
class Name:
    """What a peak file is said to be."""

    line: str
    mark: str

    def __str__(self) -> str:
        return f"{self.mark} of {self.line}"


@dataclass(frozen=True)
class Library:
    """Profiles with their names: `present` bool (files, n_loci)."""

    names: tuple[Name, ...]
    present: np.ndarray

    def where(self, kept: np.ndarray) -> "Library":
        """The profiles of a mask bool (files,)."""
        names = tuple(name for name, keep in zip(self.names, kept, strict=True) if keep)
        return Library(names, self.present[kept])

    @property
    def lines(self) -> np.ndarray:
        """Line of each profile (files,)."""
        return np.array([name.line for name in self.names], dtype=object)

    @property
    def marks(self) -> np.ndarray:
        """Mark of each profile (files,)."""
        return np.array([name.mark for name in self.names], dtype=object)


def joined(first: Library, second: Library) -> Library:
    """Profiles of both, at the same loci."""
    return Library(first.names + second.names, np.vstack([first.present, second.present]))


def spelling(name: str) -> str:
    """A name without case and punctuation, so that H2AZ is H2A.Z and k562 is K562."""
    return re.sub(r"[\W_]", "", name).lower()


def as_known(name: Name, library: Library) -> Name:
    """The name with line and mark spelt as the library spells them, where it has them."""
    lines = {spelling(line): line for line in library.lines}
    marks = {spelling(mark): mark for mark in library.marks}
    line, mark = spelling(name.line), spelling(name.mark)
    return Name(lines.get(line, name.line), marks.get(mark, name.mark))


def write_library(library: Library, loci: Loci, path: Path) -> None:
    """Write profiles and loci as gzip TSV: the same bytes for the same profiles, whatever their
    order.
    """
    columns = {
        f"{name.line}{SEPARATOR}{name.mark}": of.astype(np.int8)
        for name, of in zip(library.names, library.present, strict=True)
    }
    table = pd.DataFrame({"chrom": loci.chrom, "start": loci.start} | dict(sorted(columns.items())))
    text = HEAD + table.to_csv(sep="\t", index=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def read_library(path: Path = KNOWN_PROFILES) -> tuple[Library, Loci]:
    """Profiles and their loci as `write_library` wrote them, in that order."""
    with readable(path):
        table = pd.read_csv(path, sep="\t", comment="#")
    columns = [column for column in table if SEPARATOR in column]
    names = tuple(Name(*column.split(SEPARATOR)) for column in columns)
    loci = loci_at(list(table.chrom), table.start.to_numpy())
    return Library(names, table[columns].to_numpy(dtype=bool).T), loci

"""Every input file opened and checked before the first job that takes time, and whether all of them
name chromosomes alike.

A file with other names does not fail by itself: its peaks, loops or pairs just lie nowhere. So the
names of all files are held against the genome's, and those of loops and folds against the pairs'.
One chromosome that is written otherwise, chr01 or CHR1 among others that fit, is told as well, and
so is a file of another assembly, whose names are right and whose positions lie on other genes.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..core.errors import InputError, shown
from .catalog import Catalog
from .fasta import sequence_sizes
from .loops import named_like, read_loops
from .motifs import read_motifs
from .pairs import read_pairs
from .peaks import read_peaks, read_regions

log = logging.getLogger(__name__)

PAIRS = "pairs"
ONE_NAMING = "Name chromosomes alike in all files (chr1 or 1), of one assembly"


@dataclass(frozen=True)
class Naming:
    """The chromosomes that a file names, in order."""

    path: Path
    names: list[str]

    def __str__(self) -> str:
        return shown(self.names)


def naming(path: Path, chromosomes: pd.Series) -> Naming:
    """The naming of a file that has been read."""
    return Naming(path, list(chromosomes.unique()))


def inspect(catalog: Catalog, folds: list[list[str]]) -> None:
    """Read every file of a catalog; raises `InputError` for the first that cannot be used, that
    names chromosomes otherwise than genome, pairs and folds, or whose peaks the genome cannot hold.
    """
    pairs = inspect_tables(catalog, folds)
    if catalog.motifs:
        log.info("%s: %d motifs", catalog.motifs, len(read_motifs(catalog.motifs)))
    sizes = sequence_sizes(catalog.genome)
    genome = Naming(catalog.genome, list(sizes))
    for table in pairs:
        check_on_genome(table, genome)
    if catalog.regions:
        check_on_genome(naming(catalog.regions, read_regions(catalog.regions).chrom), genome)
    for path in dict.fromkeys(catalog.peaks):
        peaks = read_peaks(path)
        check_on_genome(naming(path, peaks.chrom), genome)
        if not catalog.regions:  # with regions the genome may be an excerpt, and end with them
            check_inside(peaks, sizes, f"the genome {catalog.genome.name}", path)


def inspect_loci(catalog: Catalog, peaks: list[Path], folds: list[list[str]]) -> None:
    """As `inspect`, without genome and motifs: peak files are held against the pairs' names."""
    pairs = inspect_tables(catalog, folds)
    of_pairs = Naming(pairs[0].path, [name for table in pairs for name in table.names])
    if catalog.regions:
        check_names(naming(catalog.regions, read_regions(catalog.regions).chrom), of_pairs, PAIRS)
    for path in dict.fromkeys(peaks):
        check_names(naming(path, read_peaks(path).chrom), of_pairs, PAIRS)


def inspect_tables(catalog: Catalog, folds: list[list[str]]) -> list[Naming]:
    """Read pairs and loops of all lines; returns the naming of the pairs."""
    pairs = [naming(files.pairs, read_pairs(files.pairs).chrom) for files in catalog.lines.values()]
    for table in pairs:
        check_folds(table, folds)
    for files in catalog.lines.values():
        check_loops(files.loops, pairs)
    return pairs


def check_on_genome(file: Naming, genome: Naming) -> None:
    """Raise `InputError` for a file without a chromosome of the genome, or with one that the genome
    has written otherwise: with or without `chr`, with leading zeros, in capitals.
    """
    check_names(file, genome, f"genome {genome.path.name}")


def check_names(file: Naming, known: Naming, what: str) -> None:
    """As `check_on_genome`, against the naming of `what`."""
    names = set(known.names)
    if not names & set(file.names):
        problem = (
            f"no chromosome of this file is in the {what.partition(' ')[0]} (file: {file}; {what}:"
            f" {known})"
        )
        raise InputError(problem, ONE_NAMING, file.path)
    check_spelling(file, known.names, f"in the {what}")


def check_spelling(file: Naming, known: list[str], where: str) -> None:
    """Raise `InputError` for a chromosome that is known by the same name written otherwise."""
    written = {plain(name): name for name in reversed(known)}
    names = set(known)
    for name in file.names:
        if name not in names and plain(name) in written:
            problem = f"chromosome {name} is called {written[plain(name)]} {where}"
            raise InputError(problem, ONE_NAMING, file.path)


def plain(name: str) -> str:
    """A chromosome's name without `chr`, leading zeros and capitals."""
    return re.sub(r"^(chr)?0*", "", name.lower())


def check_loops(path: Path, pairs: list[Naming]) -> None:
    """Raise `InputError` for a loop list without a loop on a chromosome of any pair table, or with
    one on a chromosome that they have written otherwise.
    """
    of_pairs = pd.Series([name for table in pairs for name in table.names]).drop_duplicates()
    loops = named_like(read_loops(path), of_pairs)
    of_loops = loops.chrom1[loops.chrom1 == loops.chrom2].drop_duplicates()
    if not of_loops.isin(of_pairs).any():
        problem = (
            f"no loop lies on a chromosome of the pairs (loops: {shown(of_loops)}; pairs:"
            f" {shown(of_pairs)})"
        )
        raise InputError(problem, ONE_NAMING, path)
    check_spelling(naming(path, of_loops), list(of_pairs), f"in the {PAIRS}")


def check_folds(pairs: Naming, folds: list[list[str]]) -> None:
    """Raise `InputError` for a pair table without a chromosome of any fold, or with one that a fold
    has written otherwise.
    """
    listed = [chrom for fold in folds for chrom in fold]
    if not set(listed) & set(pairs.names):
        problem = f"pairs lie on {pairs}; splits.folds lists {shown(listed)}"
        remedy = "Write splits.folds with the names of the pairs, or mend those of the table"
        raise InputError(problem, remedy, pairs.path)
    check_spelling(pairs, listed, "in splits.folds")


def check_inside(peaks: pd.DataFrame, sizes: Mapping[str, int], what: str, path: Path) -> None:
    """Raise `InputError` for a peak (chrom, start) that begins beyond the end of its chromosome.

    One that only ends there is left alone: callers widen their peaks. Of a file of another
    assembly some peaks always begin there, near the end of a chromosome that is longer in it.
    """
    size = peaks.chrom.map(dict(sizes))
    for row in peaks[peaks.start >= size].head(1).itertuples():
        length = f"{sizes[row.chrom]} bp in {what}"
        problem = f"a peak begins at {row.start} of {row.chrom}, which has {length}"
        remedy = "Give peaks of that assembly; predictions name another one as peaks_assembly"
        raise InputError(problem, remedy, path)

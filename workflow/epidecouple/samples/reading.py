"""Peak files of a run or of the manifest, read for the check of samples."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.sections.targets import SamplesConfig
from ..files.catalog import COLLECTION, Catalog
from ..files.manifest import download_path, load_sources
from ..files.peaks import read_peaks
from .checking import Finding, Limits, check, comparable
from .library import Library, Name, read_library
from .tiles import Loci, choose_loci, counted, presence, tiles

log = logging.getLogger(__name__)

Peaks = Mapping[Name, pd.DataFrame]
COLUMNS = [
    "line",
    "mark",
    "like_mark",
    "place_between_marks",
    "like_line",
    "likeness_of_that_line",
    "likeness_of_its_line",
    "same_as",
    "correlation",
    "doubts",
]
# With fewer loci that tell files apart, likeness is chance.
FEWEST_LOCI = 200


def peak_files(catalog: Catalog) -> dict[Name, Path]:
    """The peak files of a run by what they are said to be."""
    return {
        Name(line, mark): path
        for line, files in catalog.lines.items()
        for mark, path in files.peaks.items()
    }


def known_files(config: SamplesConfig) -> dict[Name, Path]:
    """The peak files of the manifest that the known profiles are made of."""
    return {
        Name(source.cell_line, source.mark): download_path(source)
        for source in load_sources()
        if source.collection == COLLECTION
        and source.kind == "peaks"
        and source.mark not in config.missing.get(source.cell_line, [])
    }


def places(files: Mapping[Name, Path]) -> dict[Name, pd.DataFrame]:
    """Peaks (chrom, start, end) of files; raises `InputError` as `read_peaks` does."""
    return {name: read_peaks(path)[["chrom", "start", "end"]] for name, path in files.items()}


def shared_chromosomes(peaks: Peaks) -> tuple[str, ...]:
    """The chromosomes that every file names, sorted: one that some lack, such as chrY, would tell
    the sex of a line.
    """
    return tuple(sorted(set.intersection(*(set(table.chrom) for table in peaks.values()))))


def check_peaks(peaks: Peaks, limits: Limits) -> tuple[list[Finding], bool]:
    """Findings of peak files, and whether they could be compared with the known profiles; where
    they cannot, because of another assembly or species, they are compared with each other at loci
    of their own.
    """
    known, loci = read_library()
    files = library_at(peaks, loci)
    if comparable(files, known):
        return check(files, known, limits), True
    log.info("no known profile is like these files: they are compared with each other alone")
    loci = own_loci(peaks)
    if len(loci.keys) < FEWEST_LOCI:
        log.info("all files reach the same places: nothing can be said of any")
        return [Finding(name) for name in sorted(peaks, key=str)], False
    return check(library_at(peaks, loci), None, limits), False


def library_at(peaks: Peaks, loci: Loci) -> Library:
    """Profiles of peak files at some loci."""
    return Library(tuple(peaks), np.stack([presence(table, loci) for table in peaks.values()]))


def own_loci(peaks: Peaks) -> Loci:
    """Loci chosen from the files themselves."""
    chromosomes = shared_chromosomes(peaks)
    reached = [tiles(table, chromosomes) for table in peaks.values()]
    return choose_loci(*counted(reached), len(reached), chromosomes)


def table_of(findings: Iterable[Finding], limits: Limits) -> pd.DataFrame:
    """One row per file: what it is said to be, what it looks like with the figures, and doubts in
    words, empty where there is none.
    """
    rows = [
        {
            "line": row.name.line,
            "mark": row.name.mark,
            "like_mark": row.mark,
            "place_between_marks": row.mark_place,
            "like_line": row.line,
            "likeness_of_that_line": row.line_likeness,
            "likeness_of_its_line": row.own_line_likeness,
            "same_as": row.copy_of,
            "correlation": row.copy,
            "doubts": "; ".join(row.doubts(limits)),
        }
        for row in findings
    ]
    return pd.DataFrame(rows, columns=COLUMNS)

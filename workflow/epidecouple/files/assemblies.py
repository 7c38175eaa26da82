"""Is a file of the assembly that it is said to be of? Lengths of chromosomes tell: names are the
same in hg19 and hg38, and positions that lie on other genes look like any others.
Coordinates are 0-based and half-open, in bp.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from ..core.errors import InputError
from ..core.paths import CHROMOSOME_SIZES


@cache
def sizes_of(assembly: str) -> dict[str, int]:
    """Length of each chromosome of hg19 or hg38 (bp), without chrM, of which hg19 has two."""
    table = pd.read_csv(CHROMOSOME_SIZES, sep="\t", comment="#", index_col="chrom")
    return {str(chrom): int(size) for chrom, size in table[assembly].items()}


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

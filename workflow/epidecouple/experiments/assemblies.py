"""Lengths of the chromosomes of human assemblies, in bp. Names are the same in hg19 and hg38, so
lengths alone tell of which one a file is.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from ..core.errors import InputError
from ..core.paths import CHROMOSOME_SIZES

ASSEMBLIES = ("hg19", "hg38")


@cache
def sizes_of(assembly: str) -> dict[str, int]:
    """Length of each chromosome of hg19 or hg38 (bp), without chrM, of which hg19 has two."""
    table = pd.read_csv(CHROMOSOME_SIZES, sep="\t", comment="#", index_col="chrom")
    return {str(chrom): int(size) for chrom, size in table[assembly].items()}


def check_sizes(sizes: Mapping[str, int], assembly: str, path: Path) -> None:
    """Raise `InputError` for a file that gives a chromosome its length (bp) in the other
    assembly.
    """
    for other in set(ASSEMBLIES) - {assembly}:
        for chrom, size in sizes.items():
            if size == sizes_of(other).get(chrom):
                problem = f"{chrom} has {size} bp in this file, as in {other}, not as in {assembly}"
                remedy = f"Give files of {assembly}, or name theirs as peaks_assembly"
                raise InputError(problem, remedy, path)

"""Lengths of the chromosomes of human assemblies, in bp. Names are the same in hg19 and hg38, so
lengths alone tell of which one a file is.
"""

from functools import cache

import pandas as pd

from ..core.paths import CHROMOSOME_SIZES


@cache
def sizes_of(assembly: str) -> dict[str, int]:
    """Length of each chromosome of hg19 or hg38 (bp), without chrM, of which hg19 has two."""
    table = pd.read_csv(CHROMOSOME_SIZES, sep="\t", comment="#", index_col="chrom")
    return {str(chrom): int(size) for chrom, size in table[assembly].items()}

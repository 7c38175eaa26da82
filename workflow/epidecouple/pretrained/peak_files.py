"""How the files of a line's peaks are read: whose chromosomes they must name, of which assembly
they must be, and where they are lifted to.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..experiments.assemblies import check_sizes, sizes_of
from ..experiments.chains import Lift
from ..files.bigwig import is_bigwig, sizes_in
from ..files.inspection import Naming, check_inside, check_names, naming

# What names of chromosomes are held against.
GENES = "table of genes"


@dataclass(frozen=True)
class PeakFiles:
    """The names of the chromosomes that have genes, the files' assembly, and the chain from there
    to hg19.
    """

    genes: Naming
    assembly: str
    lift: Lift | None = None

    def check(self, path: Path, peaks: pd.DataFrame) -> None:
        """Raise `InputError` for a file that names chromosomes otherwise than the genes, which
        would count as a line without peaks, and for one of another assembly.
        """
        check_names(naming(path, peaks.chrom), self.genes, GENES)
        check_inside(peaks, sizes_of(self.assembly), self.assembly, path)
        if is_bigwig(path):
            check_sizes(sizes_in(path), self.assembly, path)

    def in_hg19(self, peaks: pd.DataFrame, path: Path) -> pd.DataFrame:
        """The peaks of a file where they lie in hg19; raises `InputError` where most have no place
        there.
        """
        return self.lift.peaks(peaks, path) if self.lift else peaks

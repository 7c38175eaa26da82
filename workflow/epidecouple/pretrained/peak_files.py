"""How the files of a line's peaks are read: whose chromosomes they must name, and where they are
lifted to.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..experiments.chains import Lift
from ..files.inspection import Naming, check_names, naming

# What names of chromosomes are held against.
GENES = "table of genes"


@dataclass(frozen=True)
class PeakFiles:
    """The names of the chromosomes that have genes, and the chain from the files' assembly to
    hg19.
    """

    genes: Naming
    lift: Lift | None = None

    def check(self, path: Path, peaks: pd.DataFrame) -> None:
        """Raise `InputError` for a file that names chromosomes otherwise than the genes: it would
        count as a line without peaks.
        """
        check_names(naming(path, peaks.chrom), self.genes, GENES)

    def in_hg19(self, peaks: pd.DataFrame) -> pd.DataFrame:
        """Peaks where they lie in hg19."""
        return self.lift.intervals(peaks) if self.lift else peaks

"""A user's table on the genome, whole or a block of it: all rows as they were given, and those that
have a place.

Coordinates are 0-based, in bp.
"""

from dataclasses import dataclass

import pandas as pd

from ..experiments.chains import Lift
from ..experiments.genes import read_tss
from ..files.inspection import naming
from .peak_files import PeakFiles
from .places import Genome, place_elements
from .request import ElementRequest

GIVEN = ["row", "chrom", "start", "end", "gene"]
# A column that stays whole numbers beside rows that have none, so that every block writes it alike.
WHOLE = {"distance_bp": "Int64"}


def genome_of(request: ElementRequest) -> tuple[Genome, PeakFiles]:
    """Where the rows of a request lie, by its genes and its chain; and how the line's peaks are
    read.
    """
    genes = read_tss(request.genes_file)
    lift = Lift(request.chain_file) if request.chain_file else None
    way = lift if request.lifts_elements else None
    genome = Genome(genes, request.assembly, way, request.read_excerpt)
    named = naming(request.genes_file, genes.chrom)
    files = PeakFiles(named, request.assembly_of_peaks, lift if request.lifts_peaks else None)
    return genome, files


@dataclass(frozen=True)
class PlacedTable:
    """A table of elements and genes with its places.

    table : of `read_elements`, or a block of it; pairs, reason : of `place_elements`
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    reason: pd.Series

    @classmethod
    def of(cls, table: pd.DataFrame, genome: Genome) -> "PlacedTable":
        """Place the rows of a table."""
        return cls(table, *place_elements(table, genome))

    def with_scores(self, scored: pd.DataFrame, **own: str | pd.Series) -> pd.DataFrame:
        """Every row as it was given, own columns, its place in hg19 (element_mid, tss), its scores,
        and the reason where it has none.
        """
        given = self.table[GIVEN].assign(**own)
        places = self.pairs[["element_mid", "tss"]].astype("Int64")
        return given.join(places).join(scored.astype(WHOLE)).assign(reason=self.reason)

"""The regulation score in Python: a model, its marks, and a table of scores.

    from epidecouple import load_model
    model = load_model("models/regulation")
    table = model.score("my.bed", line="MyLine", peaks={"DNase": "DNase.narrowPeak.gz"})

`snakemake predict` writes the same table. Coordinates are 0-based and half-open.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError, checked
from ..experiments.crispr import truth
from ..files.elements_to_score import as_elements, read_elements
from ..files.text import UNKNOWN, decimals
from ..regulation.inputs import UBIQUITOUS, Line
from .peak_files import PeakFiles
from .placed_table import PlacedTable, genome_of
from .places import Genome, place_elements
from .regulation_model import ALL_LINES, RegulationModel, load_regulation
from .regulation_request import RegulationRequest
from .regulation_scores import (
    Marks,
    doubts,
    element_scores,
    marks_of_excerpt,
    marks_of_files,
    marks_read,
    missing_marks,
    scoring_line,
)

log = logging.getLogger(__name__)

# Stands for the file of pairs where these are a table in memory.
IN_MEMORY = "pairs"


class RegulationScorer:
    """A regulation model that scores elements and genes; made by `epidecouple.load_model`.

    model : R_way, heads, thresholds with what they were worth (`model.points`)
    """

    def __init__(self, folder: Path) -> None:
        self.model = load_regulation(folder)
        self._folder = folder

    @property
    def marks(self) -> list[str]:
        """Marks that the score without labels reads; DNase is needed, the others may be missing."""
        return marks_read(ALL_LINES, self.model)

    def score(
        self,
        pairs: pd.DataFrame | str | Path,
        line: str = "",
        peaks: Mapping[str, str | Path] | None = None,
        **places: str,
    ) -> pd.DataFrame:
        """Scores of elements and genes in one cell line, a row per pair, in their order.

        pairs : a table or the path of one, as docs/predict.md has them: `chrom start end` (bp,
        0-based, half-open) and `gene`, or coordinates of enhancer and promoter. line : name of the
        cell line. peaks : mark -> whole file of peaks or bigWig; without it the files of a line of
        the manifest, or where no line is named the excerpt of K562 in the repository. places : the
        keys `assembly`, `peaks_assembly` (hg19 or hg38), `genes`, `chain`, `excerpt` of a request
        (config/README.md).

        Returns the columns
            row                       line of the file, or from 1
            chrom, start, end, gene   as given
            table_score               the table's own score, NaN where it has none
            cell_line
            element_mid, tss          hg19, bp
            distance_bp               between them, bp
            potential, activity, competition, resistance_of_way
                                      logit units; zero_shot = potential + activity - competition -
                                      resistance_of_way
            zero_shot                 logit units, no CRISPR label seen
            head                      logit of a head fitted on CRISPR labels, NaN without one
            head_spread               standard error, logit units, over the chromosomes of its fit
            head_name, head_fit       which head, and what it was fitted on
            clipped_inputs            share (0 to 1) of inputs beyond those of the fit
            doubts, reason            words; `reason` says why a row has no score
        Raises `InputError` for a wrong request or file, and for one that is not there.
        """
        in_memory = isinstance(pairs, pd.DataFrame)
        values = {
            "pairs": IN_MEMORY if in_memory else str(pairs),
            "model": str(self._folder),
            "line": line,
            "peaks": {mark: str(path) for mark, path in (peaks or {}).items()},
            **places,
        }
        request = checked(values, RegulationRequest, [])
        request.check()
        table = as_elements(pairs) if in_memory else read_elements(Path(request.pairs))
        require_files([path for path in request.files if path != IN_MEMORY])
        scoring = scoring_of(request, self.model, [table])
        scored = scoring(table)
        scoring.own.log()
        return scored


def require_files(paths: list[str]) -> None:
    """Raise `InputError` for the first file that is not there."""
    for path in paths:
        if not Path(path).is_file():
            raise InputError(
                "there is no such file",
                "Give its path; public files are downloaded by `snakemake predict`",
                path,
            )


class OwnScores:
    """The scores that the tables of a request have of their own; those that are no number, such as
    0,5, are counted.
    """

    def __init__(self) -> None:
        self._lost = 0
        self._first: tuple[str, int] = ("", 0)

    def of(self, table: pd.DataFrame) -> pd.Series:
        """The scores of a table, NaN where there is none."""
        scores = decimals(table.table_score)
        lost = table[scores.isna() & ~table.table_score.isin(UNKNOWN)]
        if not self._lost and len(lost):
            self._first = lost.table_score.iloc[0], lost.row.iloc[0]
        self._lost += len(lost)
        return scores

    def log(self) -> None:
        """Log how many scores were no number, with the first of them."""
        if self._lost:
            log.warning(
                "the own score of %d rows is no number and is left out, as '%s' in row %s",
                self._lost,
                *self._first,
            )


@dataclass(frozen=True)
class Scoring:
    """What rows are scored with in one line: where they lie, the line's marks, the model, whether
    the flag of ubiquitously expressed genes is known for every row of the request, and the scores
    that the table has of its own.
    """

    name: str
    genome: Genome
    marks: Marks
    model: RegulationModel
    flagged: bool
    own: OwnScores

    @cached_property
    def missing(self) -> list[str]:
        """Marks that the line lacks."""
        return missing_marks(self.name, self.marks, self.model)

    @cached_property
    def line(self) -> Line:
        """The line as scoring reads it."""
        return scoring_line(self.name, self.marks, self.genome.genes, self.model)

    def __call__(self, table: pd.DataFrame) -> pd.DataFrame:
        """Every row of a table as `element_blocks` gives it with its scores, doubts, and the reason
        where it has none.
        """
        placed = PlacedTable.of(table, self.genome)
        flags = {} if self.flagged else {UBIQUITOUS: np.nan}
        scored = element_scores(placed.pairs.assign(**flags), self.line, self.model)
        why = doubts(scored, placed.pairs.chrom, self.marks, self.missing)
        own = {"table_score": self.own.of(table), "cell_line": self.name}
        return placed.with_scores(scored.assign(doubts=why), **own)


def scoring_of(
    request: RegulationRequest, model: RegulationModel, tables: Iterable[pd.DataFrame]
) -> Scoring:
    """What the rows of a request are scored with; tables : these rows, as `element_blocks` gives
    them, of which all are read where all have a flag.
    """
    genome, files = genome_of(request)
    flagged = all(flags_are_known(table, genome) for table in tables)
    marks = marks_of(request, files)
    return Scoring(request.cell_line, genome, marks, model, flagged, OwnScores())


def flags_are_known(table: pd.DataFrame, genome: Genome) -> bool:
    """Whether no row without a flag of ubiquitously expressed genes has a place."""
    return place_elements(table[truth(table.ubiquitous).isna()], genome)[0].empty


def marks_of(request: RegulationRequest, files: PeakFiles) -> Marks:
    """The line's marks: from an excerpt, or else from its files."""
    if request.read_excerpt:
        return marks_of_excerpt(request.read_excerpt)
    return marks_of_files(request.peak_files, files)

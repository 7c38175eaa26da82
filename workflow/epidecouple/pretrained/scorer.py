"""The regulation score in Python: a model, its marks, and a table of scores.

    from epidecouple import load_model
    model = load_model("models/regulation")
    table = model.score("my.bed", line="MyLine", peaks={"DNase": "DNase.narrowPeak.gz"})

`snakemake predict` writes the same table. Coordinates are 0-based and half-open.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ..core.errors import InputError, checked
from ..files.elements_to_score import as_elements, read_elements
from ..files.text import UNKNOWN, decimals
from .peak_files import PeakFiles
from .placed_table import PlacedTable
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
        return predicted(table, request, self.model)[0]


def require_files(paths: list[str]) -> None:
    """Raise `InputError` for the first file that is not there."""
    for path in paths:
        if not Path(path).is_file():
            raise InputError(
                "there is no such file",
                "Give its path; public files are downloaded by `snakemake predict`",
                path,
            )


def predicted(
    table: pd.DataFrame, request: RegulationRequest, model: RegulationModel
) -> tuple[pd.DataFrame, list[str], Marks]:
    """Every row of a table as `read_elements` gives it with its scores, doubts, and the reason
    where it has none; the marks that the line lacks; and those that it has.
    """
    placed = PlacedTable.of(table, request)
    marks = marks_of(request, placed.files)
    line = request.cell_line
    missing = missing_marks(line, marks, model)
    scoring = scoring_line(line, marks, placed.genes, model)
    scored = element_scores(placed.pairs, scoring, model)
    scored = scored.assign(doubts=doubts(scored, placed.pairs.chrom, marks, missing))
    predictions = placed.with_scores(scored, table_score=own_scores(table), cell_line=line)
    return predictions, missing, marks


def own_scores(table: pd.DataFrame) -> pd.Series:
    """The scores that a table has of its own, NaN where there is none; the log counts those that
    are no number, such as 0,5.
    """
    scores = decimals(table.table_score)
    lost = table[scores.isna() & ~table.table_score.isin(UNKNOWN)]
    for first in lost.head(1).itertuples():
        log.warning(
            "the own score of %d rows is no number and is left out, as '%s' in row %s",
            len(lost),
            first.table_score,
            first.row,
        )
    return scores


def marks_of(request: RegulationRequest, files: PeakFiles) -> Marks:
    """The line's marks: from an excerpt, or else from its files."""
    if request.read_excerpt:
        return marks_of_excerpt(request.read_excerpt)
    return marks_of_files(request.peak_files, files)

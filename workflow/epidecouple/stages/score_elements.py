"""Predict: which elements regulate which genes, by a regulation model, with the parts of the score
and browser tracks.
"""

import logging
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.errors import InputError
from ..core.gates import values_of
from ..core.provenance import Measured
from ..files.elements_to_score import element_blocks
from ..files.pairs_to_score import require_scored
from ..files.tracks import forget
from ..pretrained.predictions import Counted, TrackLayout, write_predictions
from ..pretrained.regulation_model import ZERO_SHOT, load_regulation
from ..pretrained.regulation_request import RegulationRequest
from ..pretrained.regulation_scores import Marks
from ..pretrained.scorer import scoring_of
from ..regulation.score import PARTS
from ..samples.checking import CHECKS, Limits
from ..samples.library import Name
from ..samples.reading import check_peaks, table_of
from ..statistics.operating_points import OperatingPoint
from .runner import run

log = logging.getLogger(__name__)

# What later jobs draw from predictions.
PAGES = ("report.html", "locus.svg")


def score_elements(request: RegulationRequest, folder: Path) -> Measured:
    """Turn a table of elements and genes into predictions.tsv and two tracks. Rows are scored and
    written block by block.
    """
    forget(folder, *PAGES)
    model, pairs = load_regulation(Path(request.model)), Path(request.pairs)
    scoring = scoring_of(request, model, element_blocks(pairs))
    samples = samples_of(request, scoring.marks)
    refuse(samples, request)
    counted = CountedElements(model.points)
    scored = require_scored(map(scoring, element_blocks(pairs)), pairs)
    write_predictions(scored, counted, TRACKS, folder)
    scoring.own.log()
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False, float_format="%.4f")
    counts = {"line": request.cell_line, **counted.counts} | {
        "head": counted.head,
        "missing_marks": ", ".join(scoring.missing),
        "thresholds": counted.thresholds,
        "loops_of": ", ".join(model.way(request.cell_line).lines),
    }
    return Measured(counts, [Path(path) for path in request.files])


def samples_of(request: RegulationRequest, marks: Marks) -> pd.DataFrame:
    """Whether each peak file is of the mark and the line that it is said to be of; no row for an
    excerpt, which holds too little of the genome to tell.
    """
    limits = Limits.of({name: of["value"] for name, of in values_of(CHECKS, {}).items()})
    if request.read_excerpt:
        return table_of([], limits)
    peaks = {
        Name(request.cell_line, mark): pd.concat(track.peaks.values())
        for mark, track in marks.tracks.items()
    }
    return table_of(check_peaks(peaks, limits)[0], limits)


def refuse(samples: pd.DataFrame, request: RegulationRequest) -> None:
    """Warn of every file that looks like another mark or line; raises `InputError` for the first
    where the request says so.
    """
    for row in samples[samples.doubts != ""].itertuples():
        log.warning("%s", row.doubts)
        if request.samples == "stop":
            remedy = "Compare the file with its source, or set samples=warn"
            raise InputError(row.doubts, remedy, request.peak_files[row.mark])


def drawn_logit(scored: pd.DataFrame) -> pd.Series:
    """What tracks shade scored rows by: the logit of the head, or else the score without labels."""
    return scored["head"].where(scored["head"].notna(), scored.zero_shot)


TRACKS = TrackLayout(("zero_shot", "head", *PARTS), "regulation score", drawn_logit)


class CountedElements(Counted):
    """Counts of scored elements: also the head that was used, rows in doubt, and per score how many
    rows reach its threshold.
    """

    def __init__(self, points: dict[str, OperatingPoint]) -> None:
        super().__init__()
        self.head = ""
        self._points, self._above = points, Counter[str]()
        self.counts["doubted"] = 0

    def count_scored(self, scored: pd.DataFrame) -> None:
        """Count doubts and rows above the thresholds."""
        self.head = self.head or next(iter(scored.head_name), "")
        self.counts["doubted"] += int((scored.doubts != "").sum())
        for name, values in ((ZERO_SHOT, scored.zero_shot), (self.head, scored["head"])):
            if name in self._points:
                self._above[name] += int((values >= self._points[name].threshold).sum())

    @property
    def thresholds(self) -> dict[str, dict[str, Any]]:
        """Per score its threshold, what that was worth, and the number of rows above."""
        return {
            name: asdict(self._points[name]) | {"above": above}
            for name, above in self._above.items()
        }


if __name__ == "__main__":
    run(score_elements)

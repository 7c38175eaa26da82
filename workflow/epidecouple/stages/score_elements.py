"""Predict: which elements regulate which genes, by a regulation model, with the parts of the score
and browser tracks.
"""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.errors import InputError
from ..core.gates import values_of
from ..core.provenance import Measured
from ..files.elements_to_score import read_elements
from ..files.pairs_to_score import require_scored
from ..pretrained.predictions import TrackLayout, counts_of, scored_rows, write_predictions
from ..pretrained.regulation_model import ZERO_SHOT, load_regulation
from ..pretrained.regulation_request import RegulationRequest
from ..pretrained.regulation_scores import Marks
from ..pretrained.scorer import predicted
from ..regulation.score import PARTS
from ..samples.checking import CHECKS, Limits
from ..samples.library import Name
from ..samples.reading import check_peaks, table_of
from ..statistics.operating_points import OperatingPoint
from .runner import run

log = logging.getLogger(__name__)

TRACKS = TrackLayout(("zero_shot", "head", *PARTS), "regulation score")


def score_elements(request: RegulationRequest, folder: Path) -> Measured:
    """Turn a table of elements and genes into predictions.tsv and two tracks."""
    model = load_regulation(Path(request.model))
    table = read_elements(Path(request.pairs))
    predictions, missing, marks = predicted(table, request, model)
    require_scored(predictions, request.pairs)
    folder.mkdir(parents=True, exist_ok=True)
    samples = samples_of(request, marks)
    samples.to_csv(folder / "samples.tsv", sep="\t", index=False, float_format="%.4f")
    refuse(samples, request)
    write_predictions(predictions, drawn_logit(predictions), TRACKS, folder)
    counts = summary(predictions, missing, model.points)
    counts["loops_of"] = ", ".join(model.way(request.cell_line).lines)
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
            remedy = "Compare the file with its source, or ask with samples=warn"
            raise InputError(row.doubts, remedy, request.peak_files[row.mark])


def drawn_logit(predictions: pd.DataFrame) -> pd.Series:
    """What tracks shade scored rows by: the logit of the head, or else the score without labels."""
    scored = scored_rows(predictions)
    return scored["head"].where(scored["head"].notna(), scored.zero_shot)


def summary(
    predictions: pd.DataFrame, missing: list[str], points: dict[str, OperatingPoint]
) -> dict[str, Any]:
    """Counts of a table of predictions, the head that was used, the marks that were missing, and
    per score its threshold with the number of rows that reach it.
    """
    scored = scored_rows(predictions)
    head = next(iter(scored.head_name), "")
    used = {ZERO_SHOT: scored.zero_shot, head: scored["head"]}
    return {
        **counts_of(predictions),
        "doubted": int((scored.doubts != "").sum()),
        "head": head,
        "missing_marks": ", ".join(missing),
        "thresholds": {
            name: asdict(points[name]) | {"above": int((values >= points[name].threshold).sum())}
            for name, values in used.items()
            if name in points
        },
    }


if __name__ == "__main__":
    run(score_elements)

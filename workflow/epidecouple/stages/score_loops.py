"""Predict: R of loops in one cell line, against the lines of the model, with browser tracks."""

from pathlib import Path

from ..core.provenance import Measured
from ..files.elements_to_score import element_blocks
from ..files.pairs_to_score import require_scored
from ..pretrained.loop_model import load_loop_model
from ..pretrained.loop_request import LoopRequest
from ..pretrained.loop_scores import scoring_of
from ..pretrained.predictions import Counted, TrackLayout, write_predictions
from .runner import run

TRACKS = TrackLayout(
    ("resistance", "mean_of_lines", "against_lines"),
    "R of loops against other lines",
    lambda scored: -scored.against_lines,
)


def score_loops(request: LoopRequest, folder: Path) -> Measured:
    """Turn a table of pairs into predictions.tsv and two tracks, darker where R is lower than in
    other lines. Rows are scored and written block by block.
    """
    scoring = scoring_of(request, load_loop_model(Path(request.model)))
    counted = Counted()
    scored = map(scoring, element_blocks(Path(request.pairs)))
    write_predictions(require_scored(scored, request.pairs), counted, TRACKS, folder)
    counts = {"line": request.cell_line, **counted.counts} | {
        "missing_marks": ", ".join(scoring.missing)
    }
    return Measured(counts, [Path(path) for path in request.files])


if __name__ == "__main__":
    run(score_loops)

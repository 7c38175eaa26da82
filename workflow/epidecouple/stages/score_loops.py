"""Predict: R of loops in one cell line, against the lines of the model, with browser tracks."""

from pathlib import Path

from ..core.provenance import Measured
from ..files.elements_to_score import read_elements
from ..files.pairs_to_score import require_scored
from ..pretrained.loop_model import load_loop_model
from ..pretrained.loop_request import LoopRequest
from ..pretrained.loop_scores import predicted
from ..pretrained.predictions import TrackLayout, counts_of, scored_rows, write_predictions
from .runner import run

TRACKS = TrackLayout(
    ("resistance", "mean_of_lines", "against_lines"), "R of loops against other lines"
)


def score_loops(request: LoopRequest, folder: Path) -> Measured:
    """Turn a table of pairs into predictions.tsv and two tracks, darker where R is lower than in
    other lines.
    """
    model = load_loop_model(Path(request.model))
    predictions, missing = predicted(read_elements(Path(request.pairs)), request, model)
    require_scored(predictions, request.pairs)
    folder.mkdir(parents=True, exist_ok=True)
    write_predictions(predictions, -scored_rows(predictions).against_lines, TRACKS, folder)
    counts = counts_of(predictions) | {"missing_marks": ", ".join(missing)}
    return Measured(counts, [Path(path) for path in request.files])


if __name__ == "__main__":
    run(score_loops)

"""Predict: energies and probabilities of somebody's own pairs, with browser tracks and, on request, explanations."""

import logging
import time
from pathlib import Path

import pandas as pd
import torch

from ..core.provenance import write_metrics
from ..files.tracks import write_bedpe, write_interact
from ..prediction.request import Request
from ..prediction.trained_model import TrainedModel, load_model
from .runner import run_stage, stage_parser

log = logging.getLogger(__name__)


def summary(predictions: pd.DataFrame) -> dict[str, int | float]:
    """Counts of a table of predictions: rows, those scored, those calibrated, those not scored by reason."""
    scored = predictions[predictions.reason == ""]
    return {
        "rows": len(predictions),
        "scored": len(scored),
        "not_scored": len(predictions) - len(scored),
        "calibrated": int((scored.calibration == "calibrated").sum()),
        **{f"scored_in_{line}": int(count) for line, count in scored.cell_line.value_counts(sort=False).items()},
    }


def most_probable(predictions: pd.DataFrame, count: int) -> pd.DataFrame:
    """At most `count` scored rows, the most probable first, ties in their order."""
    scored = predictions[predictions.reason == ""]
    return scored.sort_values("probability", ascending=False, kind="stable").head(count)


def write_explanations(model: TrainedModel, rows: pd.DataFrame, folder: Path) -> None:
    """Write which marks raise R (marks.tsv) and which bases carry U (bases.tsv)."""
    model.explain_marks(rows).to_csv(folder / "marks.tsv", sep="\t", index=False)
    model.explain_bases(rows).to_csv(folder / "bases.tsv", sep="\t", index=False)


def main() -> None:
    """Stage `predict`: a table of pairs to predictions.tsv, two tracks, and explanations where they are asked for."""
    parser = stage_parser(__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    request, folder, started = Request.from_json(arguments.settings), arguments.folder, time.perf_counter()
    torch.set_num_threads(request.threads)
    model = load_model(request.model, request.genome or None)
    for line, peaks in request.peaks.items():
        model.add_line(line, peaks)
    predictions = model.score(request.pairs, request.lines or None)
    folder.mkdir(parents=True, exist_ok=True)
    predictions.to_csv(folder / "predictions.tsv", sep="\t", index=False)
    write_bedpe(predictions, folder / "predictions.bedpe")
    write_interact(predictions, folder / "predictions.interact")
    if request.explain:
        write_explanations(model, most_probable(predictions, request.explain), folder)
    write_metrics(folder / "metrics.json", "predict", summary(predictions), arguments.settings, [Path(path) for path in request.files])
    for reason, count in predictions.reason[predictions.reason != ""].str.replace(r"\d+", "#", regex=True).value_counts().head(5).items():
        log.warning("not scored: %d rows, like: %s", count, reason)
    log.info("%d of %d rows scored in %.1f s", (predictions.reason == "").sum(), len(predictions), time.perf_counter() - started)


if __name__ == "__main__":
    run_stage(main)

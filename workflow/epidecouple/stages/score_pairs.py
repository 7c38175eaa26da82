"""Predict: energies and probabilities of somebody's own pairs, with browser tracks and, on request,
explanations.
"""

import logging
import time
from pathlib import Path

import pandas as pd

from ..core.provenance import Measured
from ..files.pairs_to_score import require_scored
from ..files.tracks import write_bedpe, write_interact
from ..prediction.request import Request
from ..prediction.trained_model import TrainedModel, load_run
from .runner import run

log = logging.getLogger(__name__)


def score_pairs(request: Request, folder: Path) -> Measured:
    """Turn a table of pairs into predictions.tsv, two tracks, and explanations where they are
    requested.
    """
    started = time.perf_counter()
    model = load_run(request.model, request.genome or None)
    for line, peaks in request.peaks.items():
        model.add_line(line, peaks)
    predictions = model.score(request.pairs, request.lines or None)
    require_scored(predictions, request.pairs)
    folder.mkdir(parents=True, exist_ok=True)
    predictions.to_csv(folder / "predictions.tsv", sep="\t", index=False)
    write_bedpe(predictions, folder / "predictions.bedpe")
    write_interact(predictions, folder / "predictions.interact")
    if request.explain:
        write_explanations(model, most_probable(predictions, request.explain), folder)
    warn_of_reasons(predictions)
    counts = summary(predictions)
    log.info(
        "%d of %d rows scored in %.1f s",
        counts["scored"],
        counts["rows"],
        time.perf_counter() - started,
    )
    return Measured(counts, [Path(path) for path in request.files])


def summary(predictions: pd.DataFrame) -> dict[str, int | float]:
    """Counts of a table of predictions: rows, those scored, those calibrated, those not scored by
    reason.
    """
    scored = predictions[predictions.reason == ""]
    return {
        "rows": len(predictions),
        "scored": len(scored),
        "not_scored": len(predictions) - len(scored),
        "calibrated": int((scored.calibration == "calibrated").sum()),
        **{
            f"scored_in_{line}": int(count)
            for line, count in scored.cell_line.value_counts(sort=False).items()
        },
    }


def most_probable(predictions: pd.DataFrame, count: int) -> pd.DataFrame:
    """At most `count` scored rows, the most probable first, ties in their order."""
    scored = predictions[predictions.reason == ""]
    return scored.sort_values("probability", ascending=False, kind="stable").head(count)


def write_explanations(model: TrainedModel, rows: pd.DataFrame, folder: Path) -> None:
    """Write which marks raise R (marks.tsv) and which bases carry U (bases.tsv)."""
    model.explain_marks(rows).to_csv(folder / "marks.tsv", sep="\t", index=False)
    model.explain_bases(rows).to_csv(folder / "bases.tsv", sep="\t", index=False)


def warn_of_reasons(predictions: pd.DataFrame) -> None:
    """Log the most frequent kinds of reasons why rows could not be scored, each with its first
    row.
    """
    wrong = predictions[predictions.reason != ""]
    kind = wrong.reason.str.replace(r"\d+", "#", regex=True)
    first = wrong.groupby(kind, sort=False).first()
    for name, count in kind.value_counts().head(5).items():
        log.warning(
            "not scored: %d rows, like row %s: %s",
            count,
            first.row[name],
            first.reason[name],
        )


if __name__ == "__main__":
    run(score_pairs)

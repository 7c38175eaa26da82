"""Predict: energies and probabilities of somebody's own pairs, with browser tracks and, on request,
explanations.
"""

from pathlib import Path

import pandas as pd

from ..core.provenance import Measured
from ..files.pairs_to_score import require_scored
from ..files.tracks import finished, forget, write_tracks, written
from ..prediction.request import Request
from ..prediction.trained_model import TrainedModel, load_run
from ..pretrained.predictions import Counted
from .runner import run

MARKS, BASES = "marks.tsv", "bases.tsv"


def score_pairs(request: Request, folder: Path) -> Measured:
    """Turn a table of pairs into predictions.tsv, two tracks, and explanations where they are
    requested. Rows are scored and written block by block.
    """
    forget(folder, MARKS, BASES)
    model = load_run(request.model, request.genome or None)
    for line, peaks in request.peaks.items():
        model.add_line(line, peaks)
    scored = model.score_in_blocks(request.pairs, request.lines or None)
    blocks = require_scored(scored, request.pairs)
    counted = CountedPairs(request.explain)
    with finished(folder) as place:
        write_tracks(counted.of(written(blocks, place / "predictions.tsv")), place)
        if request.explain:
            write_explanations(model, counted.best, place)
    counted.log()
    return Measured(dict(counted.counts), [Path(path) for path in request.files])


class CountedPairs(Counted):
    """Counts of scored pairs: also the calibrated ones and those of each line; and the most
    probable ones, as many as are explained.
    """

    def __init__(self, explained: int) -> None:
        super().__init__()
        self.best = pd.DataFrame()
        self._explained = explained

    def count_scored(self, scored: pd.DataFrame) -> None:
        """Count by calibration and by line, and keep the most probable ones."""
        by_line = scored.cell_line.value_counts(sort=False)
        self.counts.update(calibrated=int((scored.calibration == "calibrated").sum()))
        self.counts.update({f"scored_in_{line}": int(count) for line, count in by_line.items()})
        if self._explained:
            self.best = most_probable(pd.concat([self.best, scored]), self._explained)


def most_probable(scored: pd.DataFrame, count: int) -> pd.DataFrame:
    """At most `count` rows, the most probable first, ties in their order."""
    return scored.sort_values("probability", ascending=False, kind="stable").head(count)


def write_explanations(model: TrainedModel, rows: pd.DataFrame, folder: Path) -> None:
    """Write which marks raise R (marks.tsv) and which bases carry U (bases.tsv)."""
    model.explain_marks(rows).to_csv(folder / MARKS, sep="\t", index=False)
    model.explain_bases(rows).to_csv(folder / BASES, sep="\t", index=False)


if __name__ == "__main__":
    run(score_pairs)

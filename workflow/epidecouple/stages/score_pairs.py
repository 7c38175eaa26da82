"""Predict: energies and probabilities of somebody's own pairs, with browser tracks and, on request,
explanations.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from ..core.provenance import Measured
from ..files.pairs_to_score import require_scored
from ..files.tracks import finished, forget, write_tracks, written
from ..prediction.request import Request
from ..prediction.trained_model import TrainedModel, load_run
from .runner import run

log = logging.getLogger(__name__)

# Kinds of reasons that the log names.
KINDS_TOLD = 5
MARKS, BASES = "marks.tsv", "bases.tsv"


def score_pairs(request: Request, folder: Path) -> Measured:
    """Turn a table of pairs into predictions.tsv, two tracks, and explanations where they are
    requested. Rows are scored and written block by block.
    """
    started = time.perf_counter()
    forget(folder, MARKS, BASES)
    model = load_run(request.model, request.genome or None)
    for line, peaks in request.peaks.items():
        model.add_line(line, peaks)
    scored = model.score_in_blocks(request.pairs, request.lines or None)
    blocks = require_scored(scored, request.pairs)
    told = Told(request.explain)
    with finished(folder) as place:
        write_tracks(told.of(written(blocks, place / "predictions.tsv")), place)
        if request.explain:
            write_explanations(model, told.best, place)
    told.warn()
    log.info(
        "%d of %d rows scored in %.1f s",
        told.counts["scored"],
        told.counts["rows"],
        time.perf_counter() - started,
    )
    return Measured(dict(told.counts), [Path(path) for path in request.files])


class Told:
    """What is told of all predictions, gathered block by block: counts of rows, the most probable
    ones, and reasons of rows that could not be scored.
    """

    def __init__(self, explained: int) -> None:
        self.counts: Counter[str] = Counter()
        self.best = pd.DataFrame()
        self._explained = explained
        self._kinds: Counter[str] = Counter()
        self._first: dict[str, tuple[int, str]] = {}

    def of(self, blocks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """The same blocks, each of them read."""
        for block in blocks:
            self.counts.update(summary(block))
            if self._explained:
                self.best = most_probable(pd.concat([self.best, block]), self._explained)
            self._read_reasons(block[block.reason != ""])
            yield block

    def _read_reasons(self, wrong: pd.DataFrame) -> None:
        kind = wrong.reason.str.replace(r"\d+", "#", regex=True)
        self._kinds.update(kind)
        for label, name in kind.drop_duplicates().items():
            self._first.setdefault(name, (wrong.row[label], wrong.reason[label]))

    def warn(self) -> None:
        """Log the most frequent kinds of reasons, each with its first row."""
        for kind, count in self._kinds.most_common(KINDS_TOLD):
            row, reason = self._first[kind]
            log.warning("not scored: %d rows, like row %s: %s", count, row, reason)


def summary(predictions: pd.DataFrame) -> dict[str, int]:
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
    model.explain_marks(rows).to_csv(folder / MARKS, sep="\t", index=False)
    model.explain_bases(rows).to_csv(folder / BASES, sep="\t", index=False)


if __name__ == "__main__":
    run(score_pairs)

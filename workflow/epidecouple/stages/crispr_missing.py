"""What a missing mark costs the score without labels, on pairs tested by CRISPR interference."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.integrity import intact
from ..evaluation.crispr_benchmark import FIGURES, compared_rows, drawn, measured
from ..evaluation.crispr_scores import Kind, Score
from ..experiments.crispr_catalog import crispr_catalog
from ..files.peaks import read_peaks
from ..regulation.activity import ACTIVE, OPEN
from ..regulation.candidates import candidates
from ..regulation.inputs import Line
from ..regulation.score import parts
from ..statistics.precision_recall import interval
from .crispr_inputs import scored_line
from .runner import run

log = logging.getLogger(__name__)

NOTHING = "nothing"
AREA = FIGURES.index("auprc")


def crispr_missing(config: Config, tested: Path, way: Path, missing: Path) -> None:
    """Write a table: what is missing, the weighted AUPRC of the score without it, and the change
    with its interval over chromosomes.
    """
    pairs = pd.read_parquet(intact(tested))
    sets = missing_sets(config.crispr.way_marks)
    logit = {name: np.zeros(len(pairs)) for name in sets}
    for line, rows in pairs.reset_index().groupby("line", sort=False).indices.items():
        whole = scored_line(str(line), crispr_catalog(config.crispr), config, way)
        open_peaks = read_peaks(crispr_catalog(config.crispr).peaks[str(line)][OPEN])
        for name, marks in sets.items():
            less = without(whole, marks, open_peaks)
            scored = parts(pairs.iloc[rows], less.tracks, less.competing, less.tss, less.resistance)
            logit[name][rows] = scored.logit
            log.info("%s without %s", line, name)
    scores = [Score(name, Kind.ZERO_SHOT, values) for name, values in logit.items()]
    table = costs(pairs, scores, config.crispr.bootstrap, config.seed)
    table.to_csv(missing, sep="\t", index=False, float_format="%.6f")


def missing_sets(marks: list[str]) -> dict[str, list[str]]:
    """What is left out, by its name: nothing, each mark but DNase, all but the marks of the
    activity, all but DNase.
    """
    every = list(dict.fromkeys([ACTIVE, *marks]))
    others = [mark for mark in every if mark != ACTIVE]
    return (
        {NOTHING: []}
        | {mark: [mark] for mark in every}
        | {f"all but {OPEN} and {ACTIVE}": others, f"all but {OPEN}": every}
    )


def without(line: Line, marks: list[str], open_peaks: pd.DataFrame) -> Line:
    """The line without some marks, as a prediction reads it; open_peaks : its DNase peaks."""
    kept = {mark: track for mark, track in line.tracks.items() if mark not in marks}
    return replace(
        line,
        tracks=kept,
        competing=candidates(kept, open_peaks),
        resistance=line.resistance.reading(list(kept)),
    )


def costs(pairs: pd.DataFrame, scores: list[Score], draws: int, seed: int) -> pd.DataFrame:
    """One row per score: missing, auprc, and its change against the first score, with the interval
    (lower, upper) over bootstraps of chromosomes.
    """
    rows = compared_rows(pairs)
    area = measured(rows, scores)[:, AREA]
    samples = drawn(rows, scores, "chromosomes", draws, seed)[:, :, AREA]
    ends = [interval(samples[:, k] - samples[:, 0]) for k in range(len(scores))]
    table = pd.DataFrame({"missing": [score.name for score in scores], "auprc": area})
    lower, upper = np.transpose(ends)
    return table.assign(change=area - area[0], lower=lower, upper=upper)


if __name__ == "__main__":
    run(crispr_missing)

"""R of loops at pairs of anchors, in one cell line against those of the model."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ..data.line_signal import read_marks
from ..data.loop_signal import Scale, locus_signal
from .loop_model import LoopModel
from .loop_request import LoopRequest
from .peak_files import PeakFiles
from .placed_table import PlacedTable

Peaks = dict[str, pd.DataFrame]


def predicted(
    table: pd.DataFrame, request: LoopRequest, model: LoopModel
) -> tuple[pd.DataFrame, list[str]]:
    """Every row of a table as `read_elements` gives it with its scores, doubts, and the reason
    where it has none; and the marks that the line lacks.
    """
    placed = PlacedTable.of(table, request)
    own = own_peaks(request, placed.files)
    known = request.cell_line in model.record.lines
    missing = [] if known else [mark for mark in model.record.marks if mark not in own]
    scored = loop_scores(placed.pairs, request, model, own)
    scored = scored.assign(doubts=doubts(scored.distance_bp, missing, known, model))
    return placed.with_scores(scored, cell_line=request.cell_line), missing


def own_peaks(request: LoopRequest, files: PeakFiles) -> Peaks:
    """Peaks of a line that the model does not know, by mark, in hg19.

    Raises `InputError` as `PeakFiles` does.
    """
    paths = {mark: Path(path) for mark, path in request.peak_files.items()}
    peaks = read_marks(paths, list(paths))
    for mark, table in peaks.items():
        files.check(paths[mark], table)
    return {mark: files.in_hg19(table, paths[mark]) for mark, table in peaks.items()}


def loop_scores(
    pairs: pd.DataFrame, request: LoopRequest, model: LoopModel, own: Peaks
) -> pd.DataFrame:
    """One row per pair (chrom, element_mid, tss): distance_bp, and R in logit units: resistance in
    the line, mean_of_lines over the model's lines, against_lines (the former minus the latter), and
    resistance_<line>.
    """
    ends = np.sort(pairs[["element_mid", "tss"]].to_numpy(), axis=1)
    loci = pd.DataFrame({"chrom": pairs.chrom, "left": ends[:, 0], "right": ends[:, 1]})
    lines = model.record.lines
    by_line = resistance_in_lines(loci.reset_index(drop=True), request.compared_files, model, own)
    of_lines = by_line[:, : len(lines)]
    known = request.cell_line in lines
    resistance = by_line[:, lines.index(request.cell_line) if known else -1]
    mean = of_lines.mean(1)
    columns = {
        "distance_bp": ends[:, 1] - ends[:, 0],
        "resistance": resistance,
        "mean_of_lines": mean,
        "against_lines": resistance - mean,
        **{f"resistance_{line}": of_lines[:, k] for k, line in enumerate(lines)},
    }
    return pd.DataFrame(columns, pairs.index)


def resistance_in_lines(
    loci: pd.DataFrame, files: Mapping[str, Mapping[str, Path]], model: LoopModel, own: Peaks
) -> np.ndarray:
    """R (n, C) of loci (chrom, left, right) in the model's lines, and behind them in one of which
    there are peaks.

    files : of the model's lines; own : peaks of another line by mark, or none. It is standardised
    on the loci of the panel, as the lines of the model were, and takes part in the mean over lines.
    """
    record = model.record
    signal = [
        locus_signal(loci, read_marks(dict(files[line]), record.marks), record.marks, record.config)
        for line in record.lines
    ]
    standard = model.standard(np.stack(signal, axis=1))
    if own:
        here, panel = (
            locus_signal(places, own, record.marks, record.config) for places in (loci, model.loci)
        )
        standard = np.concatenate([standard, Scale.of(panel)(here)[:, None]], axis=1)
    return model.resistance(standard)


def doubts(distance: pd.Series, missing: list[str], known: bool, model: LoopModel) -> pd.Series:
    """Why a row deserves doubt, in words; empty where nothing is known against it."""
    low, high = model.usual_distance
    far = np.where(distance.between(low, high), "", "the panel has few pairs as close or as far")
    always = [f"missing: {', '.join(missing)}"] if missing else []
    always += ["R was fitted on this line's loops"] if known else []
    text = ["; ".join([*always, *([of_row] if of_row else [])]) for of_row in far]
    return pd.Series(text, distance.index, dtype=object)

"""Predict: R of loops in one cell line, against the lines of the model, with browser tracks."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.provenance import Measured
from ..data.line_signal import read_marks
from ..data.loop_signal import Scale, locus_signal
from ..experiments.chains import Lift
from ..experiments.genes import read_tss
from ..files.elements_to_score import read_elements
from ..files.inspection import Naming, check_names, naming
from ..files.tracks import write_bedpe, write_interact
from ..pretrained.loop_model import LoopModel, load_loop_model
from ..pretrained.loop_request import LoopRequest
from ..pretrained.places import Genome, place_elements
from ..pretrained.regulation_scores import GENES
from .runner import run
from .score_elements import placed_ends

log = logging.getLogger(__name__)

Peaks = dict[str, pd.DataFrame]
TRACK_VALUES = ("resistance", "mean_of_lines", "against_lines")


def score_loops(request: LoopRequest, folder: Path) -> Measured:
    """Turn a table of pairs into predictions.tsv and two tracks."""
    model = load_loop_model(Path(request.model))
    predictions, missing = predicted(request, model)
    folder.mkdir(parents=True, exist_ok=True)
    predictions.to_csv(folder / "predictions.tsv", sep="\t", index=False, float_format="%.5g")
    track = drawable(predictions)
    write_bedpe(track, folder / "predictions.bedpe", TRACK_VALUES)
    write_interact(track, folder / "predictions.interact", "R of loops against other lines")
    counts = summary(predictions, missing)
    log.info("%d of %d rows scored", counts["scored"], counts["rows"])
    for reason, count in predictions.reason[predictions.reason != ""].value_counts()[:5].items():
        log.warning("not scored: %d rows: %s", count, reason)
    return Measured(counts, [Path(path) for path in request.files])


def predicted(request: LoopRequest, model: LoopModel) -> tuple[pd.DataFrame, list[str]]:
    """Every row of the request with its scores, doubts, and the reason where it has none; and the
    marks that the line lacks.
    """
    table = read_elements(Path(request.pairs))
    lift = Lift(request.chain_file) if request.chain_file else None
    genes = read_tss(request.genes_file)
    genome = Genome(genes, lift if request.lifts_elements else None)
    pairs, reason = place_elements(table, genome)
    own = own_peaks(request, naming(request.genes_file, genes.chrom), lift)
    known = request.cell_line in model.record.lines
    missing = [] if known else [mark for mark in model.record.marks if mark not in own]
    scored = loop_scores(pairs, request, model, own)
    scored = scored.assign(doubts=doubts(scored.distance_bp, missing, known, model))
    given = table[["row", "chrom", "start", "end", "gene"]].assign(cell_line=request.cell_line)
    places = pairs[["element_mid", "tss"]].astype("Int64")
    return given.join(places).join(scored).assign(reason=reason), missing


def own_peaks(request: LoopRequest, genes: Naming, lift: Lift | None) -> Peaks:
    """Peaks of a line that the model does not know, by mark, in hg19.

    Raises `InputError` for a file that names chromosomes otherwise than the genes: it would count
    as a line without peaks.
    """
    files = {mark: Path(path) for mark, path in request.peak_files.items()}
    peaks = read_marks(files, list(files))
    for mark, table in peaks.items():
        check_names(naming(files[mark], table.chrom), genes, GENES)
    if lift is None or not request.lifts_peaks:
        return peaks
    return {mark: lift.intervals(table) for mark, table in peaks.items()}


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


def drawable(predictions: pd.DataFrame) -> pd.DataFrame:
    """Scored rows as the tracks draw them, darker where R is lower than in other lines."""
    rows = placed_ends(predictions[predictions.reason == ""])
    logit = -rows.against_lines
    return rows.assign(logit=logit, probability=logit.rank(pct=True))


def summary(predictions: pd.DataFrame, missing: list[str]) -> dict[str, Any]:
    """Counts of a table of predictions, and the marks that were missing."""
    scored = predictions[predictions.reason == ""]
    return {
        "line": next(iter(predictions.cell_line), ""),
        "rows": len(predictions),
        "scored": len(scored),
        "not_scored": len(predictions) - len(scored),
        "missing_marks": ", ".join(missing),
    }


if __name__ == "__main__":
    run(score_loops)

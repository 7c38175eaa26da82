"""R of loops at pairs of anchors, in one cell line against those of the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from ..data.line_signal import read_marks
from ..data.loop_signal import Scale, locus_signal
from .loop_model import LoopModel
from .loop_request import LoopRequest
from .peak_files import PeakFiles
from .placed_table import PlacedTable, genome_of
from .places import Genome

Peaks = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Scoring:
    """What rows are scored with: where they lie, the model, the line's name, its peaks where the
    model does not know it, and the files of the model's lines.
    """

    genome: Genome
    model: LoopModel
    name: str
    own: Peaks
    files: Mapping[str, Mapping[str, Path]]

    @cached_property
    def compared(self) -> list[Peaks]:
        """Peaks of the model's lines; they are read once, where the first row has a place."""
        return peaks_of_lines(self.files, self.model)

    @property
    def known(self) -> bool:
        """Whether the model was fitted on this line."""
        return self.name in self.model.record.lines

    @property
    def missing(self) -> list[str]:
        """Marks that the line lacks."""
        marks = self.model.record.marks
        return [] if self.known else [mark for mark in marks if mark not in self.own]

    def __call__(self, table: pd.DataFrame) -> pd.DataFrame:
        """Every row of a table as `element_blocks` gives it with its scores, doubts, and the reason
        where it has none.
        """
        placed = PlacedTable.of(table, self.genome)
        scored = loop_scores(placed.pairs, self)
        why = doubts(scored.distance_bp, self.missing, self.known, self.model)
        return placed.with_scores(scored.assign(doubts=why), cell_line=self.name)


def scoring_of(request: LoopRequest, model: LoopModel) -> Scoring:
    """What the rows of a request are scored with."""
    genome, files = genome_of(request)
    own = own_peaks(request, files)
    return Scoring(genome, model, request.cell_line, own, request.compared_files)


def peaks_of_lines(files: Mapping[str, Mapping[str, Path]], model: LoopModel) -> list[Peaks]:
    """Peaks of the model's lines, in their order."""
    record = model.record
    return [read_marks(dict(files[line]), record.marks) for line in record.lines]


def own_peaks(request: LoopRequest, files: PeakFiles) -> Peaks:
    """Peaks of a line that the model does not know, by mark, in hg19.

    Raises `InputError` as `PeakFiles` does.
    """
    paths = {mark: Path(path) for mark, path in request.peak_files.items()}
    peaks = read_marks(paths, list(paths))
    for mark, table in peaks.items():
        files.check(paths[mark], table)
    return {mark: files.in_hg19(table, paths[mark]) for mark, table in peaks.items()}


def loop_scores(pairs: pd.DataFrame, scoring: Scoring) -> pd.DataFrame:
    """One row per pair (chrom, element_mid, tss): distance_bp, and R in logit units: resistance in
    the line, mean_of_lines over the model's lines, against_lines (the former minus the latter), and
    resistance_<line>.
    """
    ends = np.sort(pairs[["element_mid", "tss"]].to_numpy(), axis=1)
    loci = pd.DataFrame({"chrom": pairs.chrom, "left": ends[:, 0], "right": ends[:, 1]})
    loci = loci.reset_index(drop=True)
    lines = scoring.model.record.lines
    by_line = np.empty((0, len(lines) + 1))
    if len(loci):
        by_line = resistance_in_lines(loci, scoring.model, scoring.compared, scoring.own)
    of_lines = by_line[:, : len(lines)]
    resistance = by_line[:, lines.index(scoring.name) if scoring.known else -1]
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
    loci: pd.DataFrame, model: LoopModel, compared: Sequence[Peaks], own: Peaks
) -> np.ndarray:
    """R (n, C) of loci (chrom, left, right) in the model's lines, and behind them in one of which
    there are peaks.

    compared : peaks of the model's lines, in their order; own : peaks of another line by mark, or
    none. It is standardised on the loci of the panel, as the lines of the model were, and takes
    part in the mean over lines.
    """
    record = model.record
    signal = [locus_signal(loci, peaks, record.marks, record.config) for peaks in compared]
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

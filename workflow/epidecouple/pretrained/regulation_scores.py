"""Scores of elements and genes in one line by a regulation model: without labels, and by the
largest head that the line's marks allow.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import InputError
from ..data.signal import Track
from ..experiments.excerpt import Excerpt
from ..experiments.genes import tss_by_chromosome
from ..files.bigwig import covered_shares, is_bigwig, read_bigwig
from ..files.peaks import read_peaks
from ..regulation.activity import ACTIVE, OPEN
from ..regulation.candidates import Candidates, all_peaks, candidates
from ..regulation.head import LOGIT
from ..regulation.inputs import NINE_MARKS, UBIQUITOUS, Line, head_inputs
from ..regulation.score import PARTS, parts
from ..regulation.tracks import Tracks, with_quantiles
from .peak_files import PeakFiles
from .regulation_model import RegulationModel

FAR_BP = 250_000
# Of the inputs that a head was fitted on one in a hundred was clipped.
MANY_CLIPPED = 0.1


@dataclass(frozen=True)
class Marks:
    """The marks of a line as tracks, and its candidate elements."""

    tracks: Tracks
    competing: Candidates


def marks_of_files(paths: dict[str, str], files: PeakFiles) -> Marks:
    """Read whole files by mark, DNase among them: peaks or bigWig; a peak keeps its rank among all
    peaks of its file, wherever it is lifted to.

    Raises `InputError` as `read_peaks` and `read_bigwig` do, for a file that names chromosomes
    otherwise than the genes, and for one of another assembly than it is said to be.
    """
    tracks = {mark: ranked_track(mark, Path(path), files) for mark, path in paths.items()}
    return Marks(tracks, candidates(tracks, all_peaks(tracks[OPEN])))


def ranked_track(mark: str, path: Path, files: PeakFiles) -> Track:
    """Track of a mark whose peaks count by their rank in its file."""
    peaks = peaks_of(mark, path)
    files.check(path, peaks)
    return Track(files.in_hg19(with_quantiles(peaks), path))


def peaks_of(mark: str, path: Path) -> pd.DataFrame:
    """Peaks of a mark (chrom, start, end, signal) from a table or a bigWig."""
    if not is_bigwig(path):
        return read_peaks(path)
    covered = covered_shares()
    if mark not in covered:
        raise InputError(
            f"it is not known how much of the genome peaks of {mark} cover",
            f"Give peaks, or the bigWig of one of {', '.join(covered)}",
            path,
        )
    return read_bigwig(path, covered[mark])


def marks_of_excerpt(excerpt: Excerpt) -> Marks:
    """Read an excerpt, whose signals are quantiles already."""
    tracks = {mark: Track(peaks) for mark, peaks in excerpt.read_peaks().items()}
    return Marks(tracks, candidates(tracks, read_peaks(excerpt.candidates)))


def scoring_line(name: str, marks: Marks, genes: pd.DataFrame, model: RegulationModel) -> Line:
    """What scoring in the line needs; of a mark that it lacks R_way reads nothing."""
    resistance = model.way(name).reading(list(marks.tracks))
    return Line(marks.tracks, marks.competing, [], tss_by_chromosome(genes), resistance)


def missing_marks(name: str, marks: Marks, model: RegulationModel) -> list[str]:
    """Marks that the score without labels reads and the line lacks, in order."""
    return [mark for mark in marks_read(name, model) if mark not in marks.tracks]


def marks_read(name: str, model: RegulationModel) -> list[str]:
    """Marks that the score without labels reads in a line, in order."""
    return list(dict.fromkeys([OPEN, ACTIVE, *model.way(name).marks]))


def element_scores(pairs: pd.DataFrame, line: Line, model: RegulationModel) -> pd.DataFrame:
    """One row per pair (chrom, element_mid, tss, ubiquitous): distance_bp, `PARTS`, zero_shot, and
    where a head can be used head, head_spread, head_name, head_fit, clipped_inputs; scores and the
    spread in logit units.
    """
    inputs = read_inputs(pairs, line)
    tier = model.best_tier(inputs)
    chrom = pairs.chrom.to_numpy(dtype=str)
    columns = {
        "distance_bp": (pairs.element_mid - pairs.tss).abs(),
        **inputs[list(PARTS)],
        "zero_shot": inputs[LOGIT],
        "head": np.nan if tier is None else model.logit(tier, inputs, chrom),
        "head_spread": np.nan if tier is None else model.spread(tier, inputs),
        "head_name": "" if tier is None else tier.name,
        "head_fit": "" if tier is None else model.fits(tier, chrom),
        "clipped_inputs": 0.0 if tier is None else model.clipped(tier, inputs, chrom),
    }
    return pd.DataFrame(columns, pairs.index)


def read_inputs(pairs: pd.DataFrame, line: Line) -> pd.DataFrame:
    """Inputs of a head, and the parts; the parts alone where a head's marks are not all there."""
    if not set(NINE_MARKS) <= set(line.tracks):
        return parts(pairs, line.tracks, line.competing, line.tss, line.resistance)
    inputs = head_inputs(pairs, line)
    return inputs.assign(**{UBIQUITOUS: pairs.ubiquitous})


def doubts(scored: pd.DataFrame, chrom: pd.Series, marks: Marks, missing: list[str]) -> pd.Series:
    """Why a row deserves doubt, in words; empty where nothing is known against it.

    scored : of `element_scores`; chrom : of its rows; missing : marks that the line lacks
    """
    reasons = {
        f"beyond {FAR_BP // 1000} kb": scored.distance_bp > FAR_BP,
        "many clipped inputs": scored.clipped_inputs > MANY_CLIPPED,
        f"missing: {', '.join(missing)}": pd.Series(bool(missing), scored.index),
    } | {
        f"nothing on {name} in the file of {mark}": chrom == name
        for name in chrom.unique()
        for mark, track in marks.tracks.items()
        if name not in track.peaks
    }
    text = pd.Series("", scored.index, dtype=object)
    for reason, rows in reasons.items():
        text = text.where(~rows, text.str.cat([reason] * len(text), sep="; "))
    return text.str.removeprefix("; ")

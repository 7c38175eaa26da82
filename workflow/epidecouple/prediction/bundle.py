"""The record of a trained model: what a prediction needs in addition to the weights, in one folder.

The folder `results/<run>/model/` holds model.safetensors, reference.parquet and prediction.json
(this record).
"""

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import InputError
from ..core.integrity import remade
from ..core.key_types import LINE, NAME
from ..core.provenance import fingerprint, read_json, write_json

FORMAT = 1
RECORD, WEIGHTS, REFERENCE = "prediction.json", "model.safetensors", "reference.parquet"
TRAINING, HELD_OUT, ADDED = "training", "held_out", "added"


@dataclass(frozen=True)
class LineRecord:
    """Record of a cell line.

    role : training, held_out, or added (to score pairs in it)
    marks : mark -> its `data.line_signal.MarkStatistics`: present, mean and sd of its log1p signal
    on the reference loci
    centre : mean of R over the line's reference loci, in logit units
    offset, intercept : tau_c and the intercept of the calibration; the training lines' means for
    any other line
    peaks : mark -> path and fingerprint
    """

    role: str
    marks: dict[str, Any]
    centre: float
    offset: float
    intercept: float
    peaks: dict[str, dict[str, str]]

    @property
    def calibrated(self) -> bool:
        """Whether tau_c and the intercept were fitted on this line's own labels."""
        return self.role == TRAINING


@dataclass(frozen=True)
class Bundle:
    """The record of a trained model.

    folder : where it was written, as seen from the working directory of the run
    genome : path of the FASTA; chromosomes : length in bp of those that pairs were on
    splits : name -> chromosomes; distance_bp : smallest and largest of the training pairs
    slope : of the calibration; lines : by name, training lines first
    """

    run: str
    folder: str
    weights: str
    genome: str
    chromosomes: dict[str, int]
    splits: dict[str, list[str]]
    distance_bp: list[int]
    slope: float
    lines: dict[str, LineRecord]

    @property
    def training_lines(self) -> list[str]:
        """Lines the model was trained on."""
        return [name for name, line in self.lines.items() if line.role == TRAINING]


def write_bundle(bundle: Bundle, folder: Path) -> None:
    """Write the record into `folder`."""
    write_json(
        folder / RECORD,
        {"format": FORMAT, **dataclasses.asdict(bundle), "order": list(bundle.lines)},
    )


def find_bundle(model: str | Path) -> Path:
    """The folder that holds a trained model: that folder itself, or below a run's folder; raises
    `InputError`.
    """
    for folder in (Path(model) / "model", Path(model)):
        if (folder / RECORD).is_file():
            return folder
    raise InputError(
        f"no trained model is here (no model/{RECORD})",
        "Give the folder of a run that was trained: results/<run>",
        model,
    )


def read_bundle(folder: Path) -> Bundle:
    """Read the record of a folder that `find_bundle` found; raises `InputError` for another format
    or changed weights.
    """
    record = read_json(folder / RECORD)
    if record.pop("format", None) != FORMAT:
        raise InputError(
            "this model was written by another version",
            "Run snakemake again on its configuration",
            folder / RECORD,
        )
    bundle = _bundle_of(record, folder / RECORD)
    if fingerprint(folder / WEIGHTS) != bundle.weights:
        raise InputError(
            "these are not the weights the record was made for",
            "Copy the whole folder again",
            folder / WEIGHTS,
        )
    return bundle


def _bundle_of(record: dict[str, Any], path: Path) -> Bundle:
    """The record as it was written; raises `InputError` for one that no run writes.

    The name of the run becomes a folder, and a model may come from anywhere.
    """
    try:
        lines = {name: LineRecord(**record["lines"][name]) for name in record.pop("order")}
        bundle = Bundle(**{**record, "lines": lines})
        named = [re.fullmatch(NAME, bundle.run), *(re.fullmatch(LINE, name) for name in lines)]
    except (KeyError, TypeError) as error:
        raise InputError(f"this record is not whole ({error})", remade(path), path) from error
    if not all(named):
        raise InputError("a run or a line has a name that no run can have", remade(path), path)
    return bundle


def find_input(path: str, folder: Path, bundle: Bundle) -> Path:
    """Where an input file of the run lies today, or `path` itself where none of the places to look
    has it.

    The places in their order: the run's working directory, which follows from `folder`; the run's
    folder, wherever that was copied to; this working directory.
    """
    written = Path(bundle.folder)
    here = folder.resolve()
    places = []
    if here.parts[-len(written.parts) :] == written.parts:
        places.append(Path(*here.parts[: -len(written.parts)]) / path)
    if Path(path).is_relative_to(written.parent):
        places.append(here.parent / Path(path).relative_to(written.parent))
    return next((place for place in places if place.is_file()), Path(path))

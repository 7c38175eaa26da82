"""A request for predictions: which pairs, by which model, in which lines; checked before anything
runs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ..core.config import Config
from ..core.errors import InputError, checked, did_you_mean, read_yaml
from ..core.key_types import FilePath, Whole
from ..core.provenance import read_json
from ..core.sections.request import Given, ModelRequest, TableName, Threads, name_below, table_name
from ..files.peaks import read_peak_list
from ..pretrained.loop_record import is_loop_model
from ..pretrained.loop_request import LoopRequest
from ..pretrained.regulation_model import is_regulation
from ..pretrained.regulation_request import RegulationRequest
from .bundle import RECORD, WEIGHTS, find_bundle, read_bundle

PEAK_COLUMNS = ["cell_line", "mark", "path"]


def _peaks(value: Any) -> Any:
    return listed_peaks(Path(value)) if isinstance(value, str) else value


class Request(ModelRequest):
    """A request for predictions by the model of a run."""

    pairs: Given = Field(
        description="table of pairs to score (TSV, CSV or BEDPE); naming it makes the call a"
        " prediction",
    )
    model: Given = Field(
        description="folder of a run that was trained, results/<run>, or a copy of its folder"
        " model",
    )
    lines: list[str] = Field(
        [],
        description="cell lines to score in; empty: the table's column cell_line, or else every"
        " line that is known",
    )
    peaks: Annotated[dict[str, dict[str, FilePath]], BeforeValidator(_peaks)] = Field(
        {},
        description="lines beside those of the run: line -> mark -> peak file, or a TSV with the"
        " columns cell_line, mark, path",
    )
    genome: FilePath = Field("", description="FASTA (plain or gzip); empty: the genome of the run")
    explain: Whole = Field(
        0,
        ge=0,
        description="number of rows to explain, the most probable ones first: which marks raise R,"
        " which bases carry U",
    )
    name: TableName = name_below("<run>")
    threads: Threads = 2

    @property
    def files(self) -> list[str]:
        """Every file that the request names."""
        peaks = [path for of_line in self.peaks.values() for path in of_line.values()]
        return [self.pairs, *peaks, *([self.genome] if self.genome else [])]

    @property
    def own_files(self) -> list[str]:
        """Every file that has to be there."""
        return self.files

    @property
    def home(self) -> str:
        """The run that the model was trained in."""
        return read_bundle(find_bundle(self.model)).run

    @property
    def model_files(self) -> list[Path]:
        """The record and the weights."""
        folder = find_bundle(self.model)
        return [folder / name for name in (RECORD, WEIGHTS)]

    def check(self) -> None:
        """Raise `InputError` where no trained model is in the folder."""
        find_bundle(self.model)


def request_of(config: dict[str, Any], files: Sequence[str | Path] = ()) -> ModelRequest:
    """The request in a configuration that names `pairs`, of the kind that the model's folder asks
    for; keys of a run in it play no part.

    files : the configuration files it came from. Raises `InputError` for wrong keys, or files that
    are not there.
    """
    if not isinstance(config.get("model"), str):
        raise InputError(_without_model(config), "Give model=results/<run>", "config")
    kind = kind_of(Path(config["model"]))
    of_run = set(Config.model_fields) - set(kind.model_fields)
    for file in files:
        read_yaml(file)
    values = {name: value for name, value in config.items() if name not in of_run}
    request = checked(values, kind, files)
    request = request.model_copy(update={"name": request.name or table_name(request.pairs)})
    for path in request.own_files:
        if not Path(path).is_file():
            raise InputError(
                "there is no such file", "Correct its path in the request for predictions", path
            )
    request.check()
    _check_folder(request)
    return request


def _without_model(config: dict[str, Any]) -> str:
    """What is wrong where no model is named: a key that is nearly `model`, or none."""
    known = {*Config.model_fields, *Request.model_fields, *RegulationRequest.model_fields}
    near = [name for name in config if name not in known and did_you_mean(name, ["model"])]
    return f"unknown key '{near[0]}', for 'model'" if near else "predict needs a trained model"


def kind_of(model: Path) -> type[ModelRequest]:
    """The request that a model's folder asks for; that of a run's model where it is no other."""
    if is_loop_model(model):
        return LoopRequest
    return RegulationRequest if is_regulation(model) else Request


def _check_folder(request: ModelRequest) -> None:
    """Raise `InputError` when the output would take the place of another table's."""
    record = Path(request.folder) / "provenance.json"
    before = read_json(record)["settings"]["pairs"] if record.is_file() else request.pairs
    if Path(before).resolve() != Path(request.pairs).resolve():
        raise InputError(
            f"this folder holds the predictions of {before}",
            f"Give name=<another name> for those of {request.pairs}, or remove the folder",
            request.folder,
        )


def listed_peaks(path: Path) -> dict[str, dict[str, str]]:
    """Peak files by line and mark from a table with the columns cell_line, mark, path; raises
    `InputError`.
    """
    peaks: dict[str, dict[str, str]] = {}
    for row in read_peak_list(path, PEAK_COLUMNS).itertuples():
        peaks.setdefault(row.cell_line, {})[row.mark] = row.path
    return peaks

"""A request for predictions: which pairs, by which model, in which lines; checked before anything
runs.

Defaults live in `workflow/schemas/predict.schema.yaml` and nowhere else.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from ..core.config import checked, load_schema
from ..core.errors import InputError
from ..core.paths import REQUEST_SCHEMA
from ..core.provenance import fingerprint
from .bundle import RECORD, WEIGHTS, find_bundle, read_bundle

PEAK_COLUMNS = ["cell_line", "mark", "path"]


@dataclass(frozen=True)
class Request:
    """The keys of the schema; `peaks` is line -> mark -> path, and `name` is that of the output's
    folder.
    """

    pairs: str
    model: str
    lines: list[str]
    peaks: dict[str, dict[str, str]]
    genome: str
    explain: int
    name: str
    results: str
    threads: int

    @classmethod
    def from_json(cls, text: str) -> "Request":
        """Build the record from what the rule passed on its command line."""
        return cls(**json.loads(text))

    @property
    def settings(self) -> str:
        """The record as JSON."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @property
    def files(self) -> list[str]:
        """Every file that the request names."""
        peaks = [path for of_line in self.peaks.values() for path in of_line.values()]
        return [self.pairs, *peaks, *([self.genome] if self.genome else [])]

    @property
    def folder(self) -> str:
        """Where the output goes, below the run the model was trained in."""
        return str(
            Path(self.results, read_bundle(find_bundle(self.model)).run, "predict", self.name)
        )

    @property
    def model_fingerprint(self) -> list[str]:
        """What changes when the model was trained again."""
        folder = find_bundle(self.model)
        return [fingerprint(folder / name) for name in (RECORD, WEIGHTS)]


def request_of(config: dict, files: list[str | Path] = ()) -> Request:
    """The request in a configuration that names `pairs`; keys of a run in it play no part.

    files : the configuration files it came from. Raises `InputError` for wrong keys, or files that
    are not there.
    """
    schema = load_schema(REQUEST_SCHEMA)
    of_run = set(load_schema()["properties"]) - set(schema["properties"])
    if not isinstance(config.get("model"), str):
        raise InputError("predict needs a trained model", "Give model=results/<run>", "config")
    values = checked(
        {name: value for name, value in config.items() if name not in of_run}, schema, files
    )
    values["peaks"] = (
        listed_peaks(Path(values["peaks"])) if isinstance(values["peaks"], str) else values["peaks"]
    )
    values["name"] = values["name"] or Path(values["pairs"]).name.split(".")[0]
    request = Request(**values)
    for path in request.files:
        if not Path(path).is_file():
            raise InputError(
                "there is no such file", "Correct its path in the request for predictions", path
            )
    find_bundle(request.model)
    return request


def listed_peaks(path: Path) -> dict[str, dict[str, str]]:
    """Peak files by line and mark from a TSV with the columns cell_line, mark, path; raises
    `InputError`.
    """
    if not path.is_file():
        raise InputError(
            "there is no such file", "Give a TSV of peaks, or line -> mark -> file", path
        )
    rows = [line.split("\t") for line in path.read_text().splitlines() if line.strip()]
    if not rows or rows[0] != PEAK_COLUMNS or any(len(row) != len(PEAK_COLUMNS) for row in rows):
        raise InputError(
            "not every row has the three columns",
            f"Give a TSV with the header {' '.join(PEAK_COLUMNS)}",
            path,
        )
    found: dict[str, dict[str, str]] = {}
    for line, mark, file in rows[1:]:
        found.setdefault(line, {})[mark] = file
    return found

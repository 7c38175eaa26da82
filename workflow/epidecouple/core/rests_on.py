"""Which trained model a stage's numbers rest on, from the records beside them.

A stage that reads a model records its fingerprint in provenance.json; one that reads what such a
stage wrote records the fingerprint of that file, and is followed there.
"""

from collections.abc import Iterable
from pathlib import Path

from .provenance import fingerprint, read_json

MODEL = "model.safetensors"
# Stands for the model of a file that is not the one that was read.
CHANGED = "changed since"


def models_of(metrics: Path) -> set[str]:
    """Fingerprints of the models that a metrics.json rests on; empty where there is none."""
    record = metrics.with_name("provenance.json")
    inputs = read_json(record)["inputs"] if record.is_file() else {}
    return set().union(*(_models_behind(Path(path), read) for path, read in inputs.items()))


def _models_behind(path: Path, read: str) -> set[str]:
    """Fingerprints of the models behind one file, of which `read` was the fingerprint."""
    if path.name == MODEL:
        return {read}
    behind = models_of(path.with_name("metrics.json"))
    unchanged = not behind or (path.is_file() and fingerprint(path) == read)
    return behind if unchanged else {CHANGED}


def of_another_model(metrics: Iterable[Path], model: Path) -> list[Path]:
    """The metrics files that do not rest on this model, and on it alone."""
    expected = {fingerprint(model)}
    return [path for path in metrics if models_of(path) != expected]

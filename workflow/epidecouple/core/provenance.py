"""What a result rests on: settings, code digest, input fingerprints and library versions."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from .computation import computation, relative_imports
from .paths import PACKAGE

LIBRARIES = ("torch", "numpy", "pandas", "scikit-learn", "snakemake")


def versions() -> dict[str, str]:
    """Versions of this package's main libraries, without importing them."""
    return {name: metadata.version(name) for name in LIBRARIES}


def module_closure(name: str) -> set[str]:
    """The package's modules that `name` (room.module) imports, directly or through others, and
    itself.
    """
    closure = set()
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module not in closure:
            closure.add(module)
            waiting.extend(_imports(module))
    return closure


def _source(module: str) -> Path:
    return PACKAGE / f"{module.replace('.', '/')}.py"


def _imports(module: str) -> list[str]:
    """Modules of the package that a module imports, whole or a name of them."""
    above = module.split(".")
    imports = []
    for level, target, names in relative_imports(_source(module).read_text()):
        room = ".".join([*above[:-level], *([target] if target else [])])
        modules = [room] if _source(room).is_file() else [f"{room}.{name}" for name in names]
        imports += [name for name in modules if _source(name).is_file()]
    return imports


def code_digest(*stages: str) -> str:
    """Digest of what the modules compute that `stages` run, whatever folder they stand in (16
    hexadecimal digits).
    """
    digest = hashlib.sha256()
    for name in sorted(set().union(*(module_closure(f"stages.{stage}") for stage in stages))):
        digest.update(f"{name}\0{computation(_source(name).read_text())}".encode())
    return digest.hexdigest()[:16]


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's content (16 hexadecimal digits)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON with sorted keys; NaN and infinities become null, which every gate fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_plain(content), indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file."""
    return json.loads(path.read_text())


@dataclass(frozen=True)
class Measured:
    """What a stage measured, and the files that its numbers rest on."""

    metrics: dict[str, Any]
    inputs: Sequence[Path] = ()


def write_metrics(path: Path, stage: str, measured: Measured, settings: str) -> None:
    """Write a stage's numbers to `metrics.json`, and beside it what they rest on.

    Two files, so that equal numbers are equal bytes whatever they rest on.
    """
    write_json(path, {"stage": stage, "metrics": measured.metrics})
    record = {
        "stage": stage,
        "settings": json.loads(settings),
        "code": code_digest(stage),
        "inputs": {str(path): fingerprint(path) for path in measured.inputs},
        "versions": versions(),
    }
    write_json(path.with_name("provenance.json"), record)


def read_metrics(path: Path) -> dict[str, Any]:
    """The numbers of a stage's `metrics.json`."""
    return read_json(path)["metrics"]


def _plain(value: Any) -> Any:
    """Python's own types, so that numpy scalars can be written; non-finite numbers become None."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value

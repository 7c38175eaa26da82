"""What a result rests on: settings, code digest, input fingerprints and library versions."""

import ast
import hashlib
import json
import math
from importlib import metadata
from pathlib import Path
from typing import Any

from .paths import PACKAGE

LIBRARIES = ("torch", "numpy", "pandas", "scikit-learn", "snakemake")


def versions() -> dict[str, str]:
    """Versions of this package's main libraries, without importing them."""
    return {name: metadata.version(name) for name in LIBRARIES}


def module_closure(name: str) -> set[str]:
    """The package's modules that `name` (room.module) imports, directly or through others, and itself."""
    found, waiting = set(), [name]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(_imports(module))
    return found


def _source(module: str) -> Path:
    return PACKAGE / f"{module.replace('.', '/')}.py"


def _imports(module: str) -> list[str]:
    tree, found = ast.parse(_source(module).read_text()), []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = module.split(".")[: -node.level]
            target = ".".join([*above, *([node.module] if node.module else [])])
            below = [f"{target}.{alias.name}" for alias in node.names]
            found += [target] if _source(target).is_file() else [name for name in below if _source(name).is_file()]
    return found


def code_digest(*modules: str) -> str:
    """Digest of the sources that `modules` run, whatever folder they stand in (16 hexadecimal digits)."""
    digest = hashlib.sha256()
    for name in sorted(set().union(*(module_closure(f"stages.{module}") for module in modules))):
        digest.update(name.encode() + b"\0" + _source(name).read_bytes())
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


def write_metrics(path: Path, stage: str, metrics: dict[str, Any], settings: str, inputs: list[Path] = ()) -> None:
    """Write a stage's `metrics.json`: its numbers and what they rest on."""
    record = {
        "settings": json.loads(settings),
        "code": code_digest(stage),
        "inputs": {str(path): fingerprint(path) for path in inputs},
        "versions": versions(),
    }
    write_json(path, {"stage": stage, "metrics": metrics, "provenance": record})


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

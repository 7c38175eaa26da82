"""What a result rests on: settings, code digest, input fingerprints and library versions.

The code digest is of what a source file computes: its syntax tree without docstrings, comments,
layout, the wording of messages and the `description` of keys. Results depend on nothing else, so
nothing else makes a stage run again. The one way to be stale: a result that is assigned to a name
kept for messages (`problem`, `remedy`) or taken from the text of a refusal.
"""

import ast
import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from .errors import InputError
from .integrity import remade
from .paths import PACKAGE

REFUSALS = frozenset({"InputError", "DesignViolation", "_located"})
LOGGERS = frozenset({"log", "logging"})
WORDING = frozenset({"problem", "remedy"})
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
MODEL = "model.safetensors"
CHECKSUM = "checksum"
# Stands for the model of a file that is not the one that was read.
CHANGED = "changed since"
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
    for level, target, names in read_source(_source(module).read_text()).imports:
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
        digest.update(f"{name}\0{read_source(_source(name).read_text()).computation}".encode())
    return digest.hexdigest()[:16]


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's content (16 hexadecimal digits)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON with sorted keys; NaN and infinities become null, which every gate fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sealed = with_checksum(_plain(content))
    path.write_text(json.dumps(sealed, indent=1, sort_keys=True) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote, or any other JSON object, which has no checksum.

    Raises `InputError` for a file that is missing, is no JSON object or does not match its
    checksum. One changed byte cannot both alter a value and hide the checksum.
    """
    try:
        content = json.loads(path.read_text())
        sealed = content.pop(CHECKSUM, None)
    except FileNotFoundError as error:
        raise InputError("this file is missing", remade(path), path) from error
    except (ValueError, AttributeError, TypeError) as error:
        problem = f"this file has been damaged: it is no JSON object ({error})"
        raise InputError(problem, remade(path), path) from error
    if sealed is not None and sealed != with_checksum(content)[CHECKSUM]:
        problem = "this file has been damaged or edited: its content does not match its checksum"
        raise InputError(problem, remade(path), path)
    return content


def with_checksum(content: dict[str, Any]) -> dict[str, Any]:
    """The content, and under `CHECKSUM` the CRC-32 of its JSON text with sorted keys."""
    text = json.dumps(content, sort_keys=True)
    return {**content, CHECKSUM: f"{zlib.crc32(text.encode()):08x}"}


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


class Source(NamedTuple):
    """What is kept of a source file: its relative imports, inside functions too, each as level,
    module and names; and as text the tree that is left of it.
    """

    imports: tuple[tuple[int, str | None, tuple[str, ...]], ...]
    computation: str


@cache
def read_source(text: str) -> Source:
    """Read a source file; parsed once, as a call of Snakemake reads two hundred of them."""
    tree = ast.parse(text)
    imports = tuple(
        (node.level, node.module, tuple(alias.name for alias in node.names))
        for node in _statements(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    )
    return Source(imports, repr(_computed(tree)))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements below a node, those of their blocks too; expressions are not entered."""
    for block in BLOCKS:
        for statement in getattr(node, block, ()):
            yield statement
            yield from _statements(statement)


def _computed(part: Any, wordless: bool = False) -> Any:
    """What a part of a tree computes, as tuples: its kind and its fields, without docstrings; every
    text in what is wording, or `wordless`, is empty.
    """
    if isinstance(part, list):
        return [_computed(item, wordless) for item in part]
    if isinstance(part, ast.Constant):
        is_text = isinstance(part.value, str)
        return ("Constant", "" if wordless and is_text else part.value)
    if not isinstance(part, ast.AST):
        return part
    wordless = wordless or _is_wording(part)
    fields = {name: getattr(part, name) for name in part._fields if name != "ctx"}
    if isinstance(part, DOCUMENTED) and ast.get_docstring(part, clean=False) is not None:
        fields["body"] = part.body[1:]
    return (type(part).__name__, *(_computed(field, wordless) for field in fields.values()))


def _is_wording(node: ast.AST) -> bool:
    """Whether the texts in a node are for people alone."""
    if isinstance(node, ast.Call):
        return _is_message(node)
    if isinstance(node, ast.keyword):
        return node.arg == "description"
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(getattr(target, "id", "") in WORDING for target in targets)


def _is_message(call: ast.Call) -> bool:
    """Whether a call refuses something or writes to the log."""
    if isinstance(call.func, ast.Attribute):
        return getattr(call.func.value, "id", "") in LOGGERS
    return getattr(call.func, "id", "") in REFUSALS


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

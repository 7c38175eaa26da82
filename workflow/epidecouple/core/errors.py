"""The one way this package refuses input: where, what, and how to mend it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

# How the line of a log begins in which a stage refuses: its input, by the design, by a gate.
INPUT_REFUSED, DESIGN_REFUSED, GATE_REFUSED = "ERROR ", "DESIGN VIOLATION ", "GATE "
# What stands between the name of the gate and its reason.
GATE_FAILED = " FAILED: "
# Names that a message lists at most.
SHOWN = 3
Key = str | int
Record = TypeVar("Record", bound=BaseModel)


class InputError(Exception):
    """Input that cannot be used, told as `file:line: problem. Remedy.`"""

    def __init__(
        self, problem: str, remedy: str, file: str | Path | None = None, line: int | None = None
    ):
        place = "" if file is None else f"{file}:{line}: " if line else f"{file}: "
        end = "" if problem.endswith("?") else "."
        super().__init__(f"{place}{problem.rstrip('.')}{end} {remedy.rstrip('.')}.")


def shown(names: Iterable[str]) -> str:
    """The first few of some names, for a message."""
    names = list(dict.fromkeys(names))
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


class DesignViolation(Exception):
    """What runs is not what was designed; the message names component, expectation, observation and
    epoch.

    record : the ledger's summary up to the violation
    """

    record: dict[str, Any]


def checked(values: dict[str, Any], kind: type[Record], files: Sequence[str | Path] = ()) -> Record:
    """The record `kind` of some values; raises `InputError` for their first mistake in `files`.

    A missing key comes last: often it is there, but misspelt.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        mistakes = [
            (mistake["type"] == "missing", _place(mistake, files), mistake)
            for mistake in error.errors()
        ]
    _, (position, line), mistake = min(mistakes, key=itemgetter(0, 1))
    problem, remedy = _explained(mistake, kind)
    raise InputError(problem, remedy, [*files, "config"][position], line)


def _place(mistake: ErrorDetails, files: Sequence[str | Path]) -> tuple[int, int]:
    """Position of the file and line in it; behind the files when none of them says so, as for what
    was set on the command line.
    """
    path = _path(mistake)
    if mistake["type"] == "missing":
        return key_place(files, path) or (max(len(files) - 1, 0), 0)
    return value_place(files, path, mistake["input"]) or (len(files), 0)


def _path(mistake: ErrorDetails) -> list[Key]:
    """Keys and places in lists that lead to a mistake; pydantic marks a wrong key by `[key]`."""
    return [part for part in mistake["loc"] if part != "[key]"]


def _explained(mistake: ErrorDetails, kind: type[BaseModel]) -> tuple[str, str]:
    """Problem and remedy."""
    path = _path(mistake)
    key = ".".join(map(str, path)) or "config"
    problem = f"'{key}': {mistake['input']!r} should {_expectation(mistake)}"
    remedy = "See config/README.md"
    if mistake["type"] == "extra_forbidden":
        problem = f"unknown key '{key}'"
        known = _known_keys(kind, path[:-1])
        remedy = f"{did_you_mean(str(path[-1]), known)}Known keys here: {', '.join(known)}"
    elif mistake["type"] == "missing":
        problem = f"missing key '{key}'"
    elif mistake["type"] == "string_type":
        remedy = "Put text that looks like something else in quotes; see config/README.md"
    return problem, remedy


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question with the known word nearest to a misspelt one, in letters of any case; empty where
    none is near.
    """
    written = {word.lower(): word for word in known}
    near = get_close_matches(name.lower(), written, 1)
    return f"Did you mean '{written[near[0]]}'? " if near else ""


def _expectation(mistake: ErrorDetails) -> str:
    """What pydantic says of a value, without the names of its classes."""
    return mistake["msg"].partition(" should ")[2].partition(" or instance of ")[0]


def _known_keys(kind: type[BaseModel], path: list[Key]) -> list[str]:
    schema = kind.model_json_schema()
    part = schema
    for name in path:
        part = part.get("properties", {}).get(name) or part["additionalProperties"]
        part = schema["$defs"][Path(part["$ref"]).name] if "$ref" in part else part
    return sorted(part["properties"])


def key_place(files: Sequence[str | Path], path: Sequence[Key]) -> tuple[int, int] | None:
    """Where a key is, or the nearest key above it: position of the YAML file and line in it.

    files : the last one wins. None when no file has the first key.
    """
    for position in reversed(range(len(files))):
        line = key_line(Path(files[position]), path)
        if line is not None:
            return position, line
    return None


def value_place(
    files: Sequence[str | Path], path: Sequence[Key], value: Any
) -> tuple[int, int] | None:
    """Where a key has this value, as `key_place`; None when no file says so."""
    for position in reversed(range(len(files))):
        if _has(Path(files[position]), path, value):
            return position, key_line(Path(files[position]), path) or 0
    return None


def read_yaml(path: str | Path) -> Any:
    """The content of a YAML file.

    Raises `InputError`, with the line, for what is no YAML and for a key that stands twice in a
    mapping, of which YAML would silently keep the last.
    """
    content = Path(path).read_bytes()
    try:
        root = yaml.compose(content, yaml.SafeLoader)
        _check_distinct(root, path)
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise InputError(
            f"this is no YAML ({problem})", "Mend it", path, mark.line + 1 if mark else None
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"this is no YAML ({error})", "Mend it", path) from error


def read_own_yaml(path: Path) -> Any:
    """The content of a YAML file of this repository.

    By the parser in C where there is one: eight times as fast, and no user needs its sentence.
    """
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)(path.read_text()).get_single_data()


def _check_distinct(node: yaml.Node | None, path: str | Path) -> None:
    """Raise `InputError` for a key that a mapping has twice."""
    seen: dict[str, int] = {}
    for child in node.value if isinstance(node, yaml.CollectionNode) else []:
        if isinstance(child, yaml.Node):
            _check_distinct(child, path)
            continue
        key, value = child
        line = key.start_mark.line + 1
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                problem = f"key '{key.value}' stands twice, first in line {seen[key.value]}"
                raise InputError(problem, "Keep one of them", path, line)
            seen[key.value] = line
        _check_distinct(value, path)


def _has(file: Path, path: Sequence[Key], value: Any) -> bool:
    content = yaml.safe_load(file.read_text())
    for key in path:
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return False
    return content == value


def key_line(file: Path, path: Sequence[Key]) -> int | None:
    """Line (from 1) of the deepest key of `path` that stands in a YAML file, None when the first
    key does not.
    """
    node, line = yaml.compose(file.read_text()), None
    for name in path:
        children = node.value if isinstance(node, yaml.MappingNode) else []
        child = next(((key, value) for key, value in children if key.value == name), None)
        if child is None:
            return line
        line, node = child[0].start_mark.line + 1, child[1]
    return line

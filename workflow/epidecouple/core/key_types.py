"""Types of the keys of the configuration: what a value may be, and how text is read as one.

Snakemake hands on as text what stands inside a section on the command line.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, NotRequired

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    WrapValidator,
    with_config,
)
from pydantic_core import PydanticCustomError

# Before Python 3.12 pydantic cannot use the TypedDict of the standard library.
from typing_extensions import TypedDict

# Names become file names and words of commands: none begins with - or a dot.
NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
LINE = r"^[A-Za-z0-9_][A-Za-z0-9_-]*$"
FOLDER = r"^/?[A-Za-z0-9_.][A-Za-z0-9_.-]*(/[A-Za-z0-9_.][A-Za-z0-9_.-]*)*$"
SCHEMES = ("http", "https", "file")


def _number(value: Any) -> Any:
    """Text as the number that it stands for; anything else as it is."""
    for kind in (int, float) if isinstance(value, str) else ():
        try:
            return kind(value)
        except ValueError:
            pass
    return value


def _as_written(value: Any, check: Callable[[Any], float]) -> int | float:
    """1 stays 1 and does not become 1.0: rules hand the configuration on as text."""
    number = _number(value)
    check(number)
    return number


def _distinct(values: list[Any]) -> list[Any]:
    if len({str(value) for value in values}) < len(values):
        raise PydanticCustomError("distinct", "List should name nothing twice")
    return values


def _path(value: str) -> str:
    if value.startswith("-") or not value.isprintable():
        raise PydanticCustomError(
            "path", "Path should not begin with - (write ./-) and hold no line break or tab"
        )
    return value


def _place(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if separator and scheme not in SCHEMES:
        raise PydanticCustomError(
            "place", "Place should be a folder, or begin with http://, https:// or file://"
        )
    return _path(value)


# Strict, because Python takes True for 1.
Whole = Annotated[int, Strict(), BeforeValidator(_number)]
Number = Annotated[float, Strict(), WrapValidator(_as_written)]
DISTINCT = AfterValidator(_distinct)
# A path of one's own file, which may be empty; the same, or a URL.
FilePath = Annotated[str, AfterValidator(_path)]
Place = Annotated[str, AfterValidator(_place)]
Results = Annotated[
    str,
    Field(
        pattern=FOLDER,
        description="folder of the results of all runs, as seen from the working directory",
    ),
]
Gate = Literal[
    "download",
    "data",
    "subset",
    "fit",
    "recovery",
    "resistance",
    "decoupling",
    "biology",
    "loops",
    "crispr",
]
Reason = Annotated[str, Field(min_length=10)]


@with_config(ConfigDict(extra="forbid"))
class Threshold(TypedDict):
    """What replaces the value of a row of `config/gates.yaml`."""

    value: Number
    why: Reason
    on_failure: NotRequired[Literal["note", "stop"]]

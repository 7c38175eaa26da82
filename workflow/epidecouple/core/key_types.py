"""Types of the keys of the configuration: what a value may be, and how text is read as one.

Snakemake hands on as text what stands inside a section on the command line.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WrapValidator
from pydantic_core import PydanticCustomError

NAME = r"^[A-Za-z0-9_.-]+$"
LINE = r"^[A-Za-z0-9_-]+$"
FOLDER = r"^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$"


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


# Strict, because Python takes True for 1.
Whole = Annotated[int, Strict(), BeforeValidator(_number)]
Number = Annotated[float, Strict(), WrapValidator(_as_written)]
DISTINCT = AfterValidator(_distinct)
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

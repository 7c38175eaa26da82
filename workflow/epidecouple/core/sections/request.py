"""What every request for predictions holds: pairs, the model that scores them, a place for the
output.
"""

import json
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field

from ..errors import InputError
from ..key_types import NAME, FilePath, Results, Whole
from ..provenance import fingerprint
from .section import Section

# Endings that the name of a table of pairs goes without, before that of gzip.
ENDINGS = (".tsv", ".csv", ".bedpe", ".bed", ".txt")
# A name of a file that no folder of predictions can have: a dot in front leads elsewhere or hides
# it, a hyphen is an option, and in braces Snakemake has wildcards.
UNFIT = re.compile(r"^$|^[.-]|[{}]")

Given = Annotated[FilePath, Field(min_length=1)]
TableName = Annotated[str, Field(pattern=rf"{NAME}|^$")]
Threads = Annotated[Whole, Field(ge=1, description="threads of the numerical libraries")]


def name_below(home: str) -> Any:
    """The key `name`; home : what stands for the request's `home` in its meaning."""
    return Field(
        "",
        description=f"output goes to <results>/{home}/predict/<name>/; empty: the name of the"
        f" pairs' file without {', '.join(ENDINGS)} and .gz",
    )


class ModelRequest(Section, ABC):
    """A request for predictions by a model of some kind, which adds keys of its own."""

    pairs: Given
    model: Given
    name: TableName = ""
    results: Results = "results"
    threads: Threads = 1

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Build the record from what the rule passed on its command line."""
        return cls(**json.loads(text))

    @property
    def settings(self) -> str:
        """The record as JSON."""
        return json.dumps(self.model_dump(), sort_keys=True)

    @property
    def folder(self) -> str:
        """Where the output goes."""
        return str(Path(self.results, self.home, "predict", self.name))

    @property
    def model_fingerprint(self) -> list[str]:
        """What changes when the model was trained again."""
        return [fingerprint(path) for path in self.model_files]

    @property
    @abstractmethod
    def home(self) -> str:
        """The folder in `results` that predictions of this model go to."""

    @property
    @abstractmethod
    def model_files(self) -> list[Path]:
        """The files that tell one training of the model from another."""

    @property
    @abstractmethod
    def files(self) -> list[str]:
        """Every file that is read; those that the workflow downloads may be missing yet."""

    @property
    @abstractmethod
    def own_files(self) -> list[str]:
        """Every file that the user brings; they have to be there."""

    @abstractmethod
    def check(self) -> None:
        """Raise `InputError` for what the model cannot do, or where it is not whole."""


def table_name(path: str) -> str:
    """The name of a table of pairs: that of its file without the endings of its format; raises
    `InputError` for one that no folder can have.
    """
    name = Path(path).name.removesuffix(".gz")
    name = name.removesuffix(Path(name).suffix) if Path(name).suffix in ENDINGS else name
    if UNFIT.search(name):
        problem = f"predictions cannot go to a folder that is named '{name}', as this table is"
        raise InputError(problem, "Give name=<another name>", path)
    return name

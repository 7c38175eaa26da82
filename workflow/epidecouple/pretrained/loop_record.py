"""The record beside R of loops: what it was fitted on and how it is read, without the network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import InputError
from ..core.provenance import read_json
from ..core.sections.targets import LoopPanelConfig

# What a folder of R of loops is known by, and the target that makes it.
LOOP_RECORD, LOOP_TARGET = "loop_model.json", "loop_model"
# Keys of the recipe that a prediction needs: where marks are read, and the sizes of the network.
RECIPE = ("widths", "bins", "peak_bp", "states", "locus_size", "encoder_hidden", "hidden")


@dataclass(frozen=True)
class LoopRecord:
    """What `loop_model.json` holds.

    lines : that the network was fitted on; marks : in the order of its inputs; config : the keys
    `RECIPE` of `loop_panel`, others as they are by default
    peaks : line -> mark -> checksum of its file in resources/sources.tsv
    chromosomes : of the loci, which name them by number; seed : of the network
    """

    lines: list[str]
    marks: list[str]
    config: LoopPanelConfig
    peaks: dict[str, dict[str, str]]
    chromosomes: list[str]
    seed: int

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "LoopRecord":
        """The record of what a file holds; raises `TypeError` and `ValueError` for other keys."""
        return cls(**fields | {"config": LoopPanelConfig(**fields["config"])})

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, for a file."""
        return vars(self) | {"config": self.config.model_dump(include=set(RECIPE))}


def read_record(folder: Path) -> LoopRecord:
    """The record alone, without the network; raises `InputError` for another version's."""
    try:
        return LoopRecord.of(read_json(folder / LOOP_RECORD))
    except (KeyError, TypeError, ValueError) as error:
        problem = "another version of epidecouple wrote this model"
        remedy = f"Use that version, or make it again with `snakemake {LOOP_TARGET}`"
        raise InputError(problem, remedy, folder / LOOP_RECORD) from error


def is_loop_model(folder: Path) -> bool:
    """Whether a folder holds R of the loop panel."""
    return (folder / LOOP_RECORD).is_file()

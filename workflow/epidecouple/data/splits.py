"""Splits by chromosome and by cell line.

They are decided once; their hash travels with the data, and later stages refuse another one.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from ..core.config import Config
from ..core.errors import InputError
from ..core.provenance import write_json
from .labels import discordant

NAMES = ("train", "validation", "test")


@dataclass(frozen=True)
class Splits:
    """Chromosomes of each split, and the training and the held-out lines.

    A chromosome belongs to one split at most.
    """

    train: list[str]
    validation: list[str]
    test: list[str]
    training_lines: list[str]
    held_out_lines: list[str]

    @property
    def hash(self) -> str:
        """SHA-256 of the splits, its first 16 hexadecimal digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def of(self, chromosomes: pd.Series) -> pd.Series:
        """Split of each chromosome: a name of `NAMES`, NaN for a chromosome in none."""
        return chromosomes.map({chrom: name for name in NAMES for chrom in getattr(self, name)})


def splits_of(config: Config) -> Splits:
    """The splits of a configuration: test and validation fold, all other folds for training."""
    folds = config.splits.folds
    test, validation = config.splits.test_fold, config.splits.validation_fold
    train = [
        chrom
        for number, fold in enumerate(folds)
        if number not in (test, validation)
        for chrom in fold
    ]
    return Splits(train, folds[validation], folds[test], config.cell_lines, config.held_out_lines)


def write_splits(splits: Splits, path: Path) -> None:
    """Write the splits with their hash."""
    write_json(path, {**asdict(splits), "hash": splits.hash})


def check_splits(split: pd.Series, labels: pd.DataFrame, training_lines: list[str]) -> None:
    """Raise `InputError` for a split that is unusable.

    A split needs pairs, both labels in every line, and pairs whose labels differ between training
    lines, for R is learned from these.
    split : name of each pair's split (n,); labels : 0 or 1, (n, C), one column per line
    """
    for name in NAMES:
        rows = labels[(split == name).to_numpy()]
        if rows.empty:
            raise InputError(
                f"the {name} split has no pair",
                "Choose another splits.test_fold or splits.validation_fold",
                "config",
            )
        for line in rows.columns[rows.min() == rows.max()]:
            problem = (
                f"all {len(rows)} labels of {line} in the {name} split are {rows[line].iloc[0]}"
            )
            raise InputError(
                problem, "Choose other folds, more pairs, or leave the cell line out", "config"
            )
        if not discordant(rows[training_lines].to_numpy()).any():
            problem = (
                f"no pair of the {name} split is label-discordant between the training lines, and R"
                " is learned from such pairs"
            )
            raise InputError(problem, "Choose other folds, more pairs or more cell lines", "config")

"""The regulation score as a folder that can be handed on: R_way, heads, card, checksums.

`way.json` holds R_way by the line that it was learned without, `heads.json` the heads by tier and
by the chromosome that they were fitted without, `thresholds.json` a threshold per score,
`spread.json` the heads without each chromosome; a folder without it gives scores without a spread.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..core.provenance import read_json, write_json
from ..regulation.head import Head, Refits, Tier, tiers
from ..regulation.resistance_of_way import WayResistance
from ..statistics.operating_points import OperatingPoint
from .checksums import check_files

WAY, HEADS, POINTS = "way.json", "heads.json", "thresholds.json"
SPREAD = "spread.json"
FILES = WAY, HEADS, POINTS, SPREAD
# The score without labels among the thresholds; the others are tiers of heads.
ZERO_SHOT = "zero-shot"
ALL_LINES, ALL_CHROMOSOMES = "all lines", "all chromosomes"
# Numbers are written with so many significant digits: what differs beyond them between machines is
# rounding.
DIGITS = 9
# A spread is no more exact than that.
SPREAD_DIGITS = 5


@dataclass(frozen=True)
class RegulationModel:
    """A trained score: resistances by the line left out, heads by tier and chromosome left out,
    thresholds by tier and for `ZERO_SHOT`; the heads without each chromosome, by
    tier.
    """

    ways: dict[str, WayResistance]
    heads: dict[str, dict[str, Head]]
    points: dict[str, OperatingPoint]
    refits: dict[str, Refits]

    def way(self, line: str) -> WayResistance:
        """R_way for a line: learned without it, where the line was among those that teach."""
        return self.ways.get(line, self.ways[ALL_LINES])

    def spread(self, tier: Tier, inputs: pd.DataFrame) -> np.ndarray:
        """Standard error (n,) of the logit of a head that was fitted on all chromosomes, by the
        jackknife over chromosomes; NaN for a head without refits.
        """
        again = self.refits.get(tier.name)
        return again.spread(self._any_head(tier), inputs) if again else np.full(len(inputs), np.nan)

    def best_tier(self, inputs: pd.DataFrame) -> Tier | None:
        """The last tier whose inputs are all there, none of them missing in any row; None where no
        head can be used.
        """
        known = set(inputs.columns[inputs.notna().all()])
        usable = [tier for tier in tiers() if known >= set(self._any_head(tier).inputs)]
        return usable[-1] if usable else None

    def logit(self, tier: Tier, inputs: pd.DataFrame, chrom: np.ndarray) -> np.ndarray:
        """Logit (n,) of a head on inputs as `head_inputs` gives them; chrom (n,) : rows of a
        chromosome that a head was fitted without are scored by that head.
        """
        logit = np.zeros(len(inputs))
        for name, own in self._rows_of_fits(tier, chrom):
            logit[own] = self.heads[tier.name][name](inputs[own])
        return logit

    def clipped(self, tier: Tier, inputs: pd.DataFrame, chrom: np.ndarray) -> np.ndarray:
        """Share (n,) of each row's inputs that lie outside of what the head that scores it was
        fitted on.
        """
        share = np.zeros(len(inputs))
        for name, own in self._rows_of_fits(tier, chrom):
            head = self.heads[tier.name][name]
            share[own] = head.clipped(inputs[own]) / len(head.inputs)
        return share

    def fits(self, tier: Tier, chrom: np.ndarray) -> np.ndarray:
        """Which fit scores each row, in words: (n,)."""
        words = np.full(len(chrom), ALL_CHROMOSOMES, dtype=object)
        for name in set(self.heads[tier.name]) & set(chrom):
            words[chrom == name] = f"without {name}"
        return words

    def _rows_of_fits(self, tier: Tier, chrom: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Fits by the chromosome left out, and the rows (n,) that each scores."""
        left_out = [name for name in self.heads[tier.name] if name in set(chrom)]
        for name in left_out:
            yield name, chrom == name
        yield ALL_CHROMOSOMES, ~np.isin(chrom, left_out)

    def _any_head(self, tier: Tier) -> Head:
        return self.heads[tier.name][ALL_CHROMOSOMES]


def save_regulation(model: RegulationModel, folder: Path) -> None:
    """Write the files that `load_regulation` reads, but for the checksums."""
    ways = {name: way.as_dict() for name, way in model.ways.items()}
    heads = {
        tier: {name: head.as_dict() for name, head in of_tier.items()}
        for tier, of_tier in model.heads.items()
    }
    write_json(folder / WAY, _rounded(ways))
    write_json(folder / HEADS, _rounded(heads))
    write_json(folder / POINTS, _rounded({name: asdict(of) for name, of in model.points.items()}))
    again = {tier: refits.as_dict() for tier, refits in model.refits.items()}
    write_json(folder / SPREAD, _rounded(again, SPREAD_DIGITS))


def load_regulation(folder: Path) -> RegulationModel:
    """Read a folder; raises `InputError` for a file that is missing or not the one that the
    checksums name.
    """
    check_files(folder, FILES, "real_model")
    ways = {name: WayResistance(**of) for name, of in read_json(folder / WAY).items()}
    heads = {
        tier: {name: Head(**of) for name, of in of_tier.items()}
        for tier, of_tier in read_json(folder / HEADS).items()
    }
    points = {name: OperatingPoint(**of) for name, of in read_json(folder / POINTS).items()}
    refits = {tier: Refits(**of) for tier, of in read_json(folder / SPREAD).items()}
    return RegulationModel(ways, heads, points, refits)


def is_regulation(folder: Path) -> bool:
    """Whether a folder holds a regulation model."""
    return (folder / WAY).is_file()


def _rounded(value: Any, digits: int = DIGITS) -> Any:
    """Numbers in nested lists and mappings at so many significant digits."""
    if isinstance(value, dict):
        return {key: _rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item, digits) for item in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value

"""From one assembly to another by a chain file. The only module that uses pyliftover.

Format: https://genome.ucsc.edu/goldenPath/help/chain.html
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pyliftover import LiftOver

from ..core.errors import InputError
from ..files.text import data_lines
from .assemblies import sizes_of

# Of an interval's width; more is a gap or a repeat between its ends.
LARGEST_CHANGE = 0.5
# Places of the whole numbers in a chain's header, the score first.
NUMBERS_OF_HEADER = (1, 3, 5, 6, 8, 10, 11)
MOST_DIGITS = 19
# The only way that is read, and the least share of a file's peaks that it takes along.
FROM, TO = "hg38", "hg19"
LEAST_LIFTED = 0.5
WHOLE_CHAIN = "Get the chain file anew, for instance hg38ToHg19.over.chain.gz of UCSC"


def checked_chains(path: Path) -> bytes:
    """The lines of a chain file for pyliftover, which skips what it does not understand; raises
    `InputError` for a line that is neither the header of a chain nor a row of its blocks, a chain
    that does not end where its header says, a chromosome of two sizes, and a chain of human
    chromosomes that leads otherwise than from hg38 to hg19.
    """
    kept, open_chain = [], None
    sizes: dict[tuple[str, str], int] = {}
    for line, text in data_lines(path):
        fields = text.split() if text.isascii() else [text]
        if open_chain is None:
            open_chain = _Chain.of_header(fields, path, line)
            open_chain.check_sizes(sizes)
            open_chain.check_direction()
            kept.append("")
        elif open_chain.goes_on(fields, line):
            open_chain = None
        kept.append("\t".join(fields))
    if not kept or open_chain:
        problem = "this chain file is cut short" if kept else "this chain file has no chains"
        raise InputError(problem, WHOLE_CHAIN, path)
    return "\n".join([*kept, ""]).encode()


@dataclass
class _Chain:
    """A chain while its rows are read: where its blocks have come to in both assemblies, and where
    they must end. Positions are 0-based, in bp.
    """

    path: Path
    names: tuple[str, str]
    sizes: tuple[int, int]
    ends: tuple[int, int]
    at: tuple[int, int]
    line: int

    @classmethod
    def of_header(cls, fields: list[str], path: Path, line: int) -> "_Chain":
        """From `chain score name size + start end name size strand start end [id]`."""
        numbers = [fields[place] for place in NUMBERS_OF_HEADER if place < len(fields)]
        wrong = fields[0] != "chain" or len(fields) not in (12, 13) or fields[4] != "+"
        if wrong or fields[9] not in ("+", "-") or not all(map(_is_whole, numbers)):
            problem = "this is no header of a chain"
            raise InputError(problem, WHOLE_CHAIN, path, line)
        size, start, end, other, begin, stop = (int(fields[n]) for n in NUMBERS_OF_HEADER[1:])
        if not (start < end <= size and begin < stop <= other):
            raise InputError("this chain is not on its chromosomes", WHOLE_CHAIN, path, line)
        names = (fields[2], fields[7])
        return cls(path, names, (size, other), (end, stop), (start, begin), line)

    def check_sizes(self, known: dict[tuple[str, str], int]) -> None:
        """Raise `InputError` where a chromosome has another size than in a chain above."""
        for side, name, size in zip(("from", "to"), self.names, self.sizes, strict=True):
            if known.setdefault((side, name), size) != size:
                raise self._refusal(f"{name} has {size} bp here and {known[side, name]} above")

    def check_direction(self) -> None:
        """Raise `InputError` where one side is of another assembly than the other side needs."""
        expected, others = (
            [sizes_of(assembly).get(name) for assembly, name in zip(order, self.names, strict=True)]
            for order in ((FROM, TO), (TO, FROM))
        )
        fits = [size == known for size, known in zip(self.sizes, expected, strict=True)]
        turned = [size == known for size, known in zip(self.sizes, others, strict=True)]
        if any(turned) or None not in expected and fits[0] != fits[1]:
            sides = [
                f"{name} of {size} bp" for name, size in zip(self.names, self.sizes, strict=True)
            ]
            raise self._refusal(
                f"this chain leads from {sides[0]} to {sides[1]}, not from {FROM} to {TO}"
            )

    def goes_on(self, fields: list[str], line: int) -> bool:
        """Take a row of blocks; whether it is the last one."""
        self.line = line
        if len(fields) not in (1, 3) or not all(map(_is_whole, fields)):
            raise self._refusal("this is no row of a chain: size, or size and two gaps")
        size, *gaps = map(int, fields)
        skipped = gaps or [0, 0]
        self.at = (self.at[0] + size + skipped[0], self.at[1] + size + skipped[1])
        if not gaps and self.at != self.ends:
            raise self._refusal("the blocks of this chain do not end where its header says")
        return not gaps

    def _refusal(self, problem: str) -> InputError:
        return InputError(problem, WHOLE_CHAIN, self.path, self.line)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < MOST_DIGITS


class Lift:
    """Positions of one assembly in another, by a chain file of UCSC (plain or gzip)."""

    def __init__(self, path: Path) -> None:
        """Raises `InputError` for what is no chain file, or a damaged one."""
        self.chains = LiftOver(io.BytesIO(checked_chains(path)))

    def position(self, chrom: str, position: int) -> float:
        """0-based position on the same chromosome, NaN where the best chain leads elsewhere or
        there is none.
        """
        places = self.chains.convert_coordinate(chrom, position)
        return float(places[0][1]) if places and places[0][0] == chrom else np.nan

    def positions(self, chroms: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Many positions at once: float64 (n,), as `position` gives them."""
        pairs = zip(chroms, positions, strict=True)
        return np.array([self.position(chrom, int(at)) for chrom, at in pairs], dtype=float)

    def intervals(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table (chrom, start, end) whose both ends have a place, there: an inverted
        interval is turned, one that is stretched or shrunk by more than a half is left out.
        """
        first = self.positions(table.chrom.to_numpy(), table.start.to_numpy())
        last = self.positions(table.chrom.to_numpy(), table.end.to_numpy() - 1)
        start, end = np.minimum(first, last), np.maximum(first, last) + 1
        width = (table.end - table.start).to_numpy()
        kept = np.abs(end - start - width) <= LARGEST_CHANGE * width
        places = {"start": start[kept].astype(np.int64), "end": end[kept].astype(np.int64)}
        return table[kept].assign(**places)

    def peaks(self, table: pd.DataFrame, path: Path) -> pd.DataFrame:
        """The peaks of a file as `intervals` gives them; raises `InputError` where most have no
        place there: the file is of another assembly, or names chromosomes otherwise.
        """
        there = self.intervals(table)
        if len(there) < LEAST_LIFTED * len(table):
            problem = f"the chain takes {len(there)} of {len(table)} peaks from {FROM} to {TO}"
            remedy = (
                "Check the assembly of the file, and that file and chain name chromosomes alike"
            )
            raise InputError(problem, remedy, path)
        return there

"""A trained model in Python: load it, score pairs in a cell line, add a cell line, explain scores.

    from epidecouple import load_model
    model = load_model("results/demo")
    table = model.score("my.tsv", "LineA")

Coordinates are 0-based and half-open.
"""

import contextlib
import logging
import weakref
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyfaidx
from torch import Tensor

from ..core.batch_sizes import PAIRS_PER_BLOCK
from ..core.errors import InputError
from ..files.fasta import chromosome_sizes, open_genome
from ..files.pairs_to_score import COORDINATES, as_scorable, check_rows, scorable_blocks
from ..interpretation.attribution import bases_of_potential, marks_of_resistance
from ..model.scoring import potential_of, resistance_in_batches
from ..model.weights import load_model as load_weights
from .bundle import WEIGHTS, find_bundle, find_input, read_bundle
from .calibration import probability
from .cell_lines import CellLines, require_file
from .placed_pairs import Placed, place, read_as, windows_of

log = logging.getLogger(__name__)

COLUMNS = [
    "row",
    *COORDINATES,
    "cell_line",
    "split",
    "U_I",
    "R_E",
    "tau",
    "logit",
    "probability",
    "calibration",
    "reason",
]
MARK_COLUMNS = ["row", "cell_line", "mark", "position", "signal", "raises_R"]
BASE_COLUMNS = [
    "row",
    "element",
    "chrom",
    "position",
    "base",
    "dU_A",
    "dU_C",
    "dU_G",
    "dU_T",
    "carries_U",
]
Pairs: TypeAlias = pd.DataFrame | str | Path
CellLine: TypeAlias = str | Sequence[str] | None


class TrainedModel:
    """A trained model and the cell lines it can score in; made by `load_run`.

    network : `EnergyModel` in evaluation mode, to be called on tensors
    """

    def __init__(self, folder: Path, genome: Path | None = None) -> None:
        self._bundle = read_bundle(folder)
        self.network, self._config = load_weights(folder / WEIGHTS)
        self._known = CellLines(folder, self._bundle, self.network, self._config)
        self._genome = genome or find_input(self._bundle.genome, folder, self._bundle)

    @property
    def lines(self) -> list[str]:
        """Cell lines that pairs can be scored in: training lines, held-out lines, those that were
        added.
        """
        return list(self._known.records)

    @property
    def marks(self) -> list[str]:
        """Marks the model reads."""
        return list(self._config.marks)

    def add_line(self, name: str, peaks: Mapping[str, str | Path]) -> None:
        """Add a cell line by its peak files (mark -> narrowPeak, broadPeak or BED).

        Its marks are normalised on the model's reference loci, its tau is the training lines' mean
        and its probabilities are uncalibrated; a mark without a file is missing, as in training.
        For a line of the run the files must be the run's own, at whatever path. Raises `InputError`
        for a mark the model does not have, a file that is missing, or peaks that leave the
        reference loci empty.
        """
        self._known.add(name, peaks)

    def score(self, pairs: Pairs, cell_line: CellLine = None) -> pd.DataFrame:
        """Energies and probability of pairs in one or more cell lines.

        pairs : a table with `enhancer_chrom enhancer_start enhancer_end promoter_chrom
        promoter_start promoter_end` (bp), or the
        path of a TSV, CSV or BEDPE. cell_line : a name or several; by default the table's column
        `cell_line`, or else all lines.

        Returns one row per pair and line, pairs in their order: row (line in the file, or from 1),
        coordinates, cell_line, split of the chromosome (train, validation, test or none), U_I, R_E
        (minus its mean over the line's reference loci), tau, logit = U_I - R_E - tau, probability,
        calibration (calibrated or uncalibrated), and the reason where a row could not be scored.
        """
        return pd.concat(list(self.score_in_blocks(pairs, cell_line)), ignore_index=True)

    def score_in_blocks(self, pairs: Pairs, cell_line: CellLine = None) -> Iterator[pd.DataFrame]:
        """The rows of `score`, block by block, so that memory does not grow with the file; the
        first block may be empty.
        """
        for table in tables_of(pairs):
            yield self._scored(table, cell_line)

    def _scored(self, table: pd.DataFrame, cell_line: CellLine) -> pd.DataFrame:
        """The result of `score` for rows as `scorable_blocks` gives them."""
        placed, rows, where = self._located(table, cell_line)
        usable = np.flatnonzero(where >= 0)
        potential, resistance = np.full((2, len(rows)), np.nan)
        potential[usable] = self._potential(placed)[where[usable]]
        for line, at in _by_line(rows, usable):
            resistance[at] = self._resistance(placed, where[at], line)
        split = np.full(len(rows), "", dtype=object)
        split[usable] = placed.pairs.split.to_numpy()[where[usable]]
        return self._table(rows.assign(split=split, U_I=potential), resistance)

    def explain_marks(self, pairs: Pairs, cell_line: CellLine = None) -> pd.DataFrame:
        """Which marks raise R, for the rows that can be scored; arguments as of `score`, whose
        result is one of them.

        Returns row, cell_line, mark, position (enhancer, promoter or window), signal (sd of the
        reference loci) and raises_R: R minus R with the mark at its mean over the reference loci,
        in logit units.
        """
        placed, rows, where = self._located(whole(pairs), cell_line)
        tables = []
        for line, at in _by_line(rows, np.flatnonzero(where >= 0)):
            signal = self._known.signal(placed, where[at], line)
            _, level, scale = read_as(self._known.records[line].marks, self._config)
            effects = marks_of_resistance(self.network, signal, self.marks, level, scale)
            of_pair = rows.row.to_numpy()[at[effects.pair]]
            tables.append(effects.assign(row=of_pair, cell_line=line))
        return _stacked(tables, MARK_COLUMNS)

    def explain_bases(self, pairs: Pairs) -> pd.DataFrame:
        """Which bases carry U, for every base of both windows of the pairs that can be scored, each
        pair once: U has no line.

        Returns row (the first of the pair), element, chrom, position (bp), base, dU_A ... dU_T: the
        change of U with that letter instead, and carries_U: minus the mean change over the other
        letters, in logit units.
        """
        placed, rows, where = self._located(whole(pairs), self.lines[:1])
        _, first = np.unique(
            placed.pairs[["enhancer", "promoter"]].to_numpy()[where[where >= 0]],
            axis=0,
            return_index=True,
        )
        rows, tables = rows[where >= 0].iloc[np.sort(first)], []
        for number, i in zip(rows.row, where[where >= 0][np.sort(first)], strict=True):
            pair, table = placed.pairs.iloc[i], self._bases(placed, i)
            start = (
                table.element.map({"enhancer": pair.enhancer_mid, "promoter": pair.promoter_mid})
                - placed.codes.shape[1] // 2
            )
            tables.append(table.assign(row=number, chrom=pair.chrom, position=start + table.offset))
        return _stacked(tables, BASE_COLUMNS)

    def dna(self, pairs: Pairs) -> tuple[Tensor, Tensor, Tensor]:
        """Inputs of U for pairs: `model.network.potential(*model.dna(pairs))` is U_I.

        Returns codes uint8 (n, L) of the windows at enhancer and promoter, A C G T N = 0 1 2 3 4,
        and log10 of the distance in bp (n,). Raises `InputError` for a pair that cannot be scored.
        """
        placed, where = self._scorable(pairs, self.lines[0])
        windows, distance = windows_of(placed, where)
        return windows.codes[windows.enhancer], windows.codes[windows.promoter], distance

    def signal(self, pairs: Pairs, cell_line: str) -> Tensor:
        """Input of R for pairs in one line: `model.network.resistance(model.signal(pairs, line))`
        is R, not centred.

        Returns float32 (n, P, 2M): normalised marks at the P positions, then presence flags. Raises
        `InputError` as `dna` does.
        """
        placed, where = self._scorable(pairs, cell_line)
        return self._known.signal(placed, where, cell_line)

    def _scorable(self, pairs: Pairs, cell_line: str) -> tuple[Placed, np.ndarray]:
        """Pairs on the genome and the place of each; raises `InputError` for the first that cannot
        be scored.
        """
        placed, rows, where = self._located(whole(pairs), cell_line)
        for row in rows[where < 0].head(1).itertuples():
            raise InputError(
                f"row {row.row} cannot be scored: {row.reason}", "Mend or remove it", "pairs"
            )
        return placed, where

    def _located(
        self, table: pd.DataFrame, cell_line: CellLine
    ) -> tuple[Placed, pd.DataFrame, np.ndarray]:
        """Pairs on the genome; the requested rows, one per pair and line, each with its reason; and
        the placed pair of each, or -1.
        """
        usable, reason = check_rows(table, self._sizes, self._config.windows.sequence_bp)
        placed = place(usable, self._fasta, self._config)
        wrong = placed.letter_reasons()
        reason[wrong.index], placed = wrong, placed.without(wrong.index)
        rows = self._crossed(table.assign(reason=reason), cell_line)
        where = placed.pairs.index.get_indexer(rows.index)
        rows = rows.reset_index(drop=True)
        unknown = rows.index[~rows.cell_line.isin(self.lines) & (rows.reason == "")]
        rows.loc[unknown, "reason"] = [
            f"cell line '{name}' is unknown: give its peaks" for name in rows.cell_line[unknown]
        ]
        return placed, rows, np.where(rows.reason == "", where, -1)

    def _crossed(self, table: pd.DataFrame, cell_line: CellLine) -> pd.DataFrame:
        """The table itself when it names its lines, otherwise each row once per requested line; the
        index stays that of `table`.
        """
        if cell_line is None and "cell_line" in table:
            return table
        lines = [cell_line] if isinstance(cell_line, str) else list(cell_line or self.lines)
        for line in [line for line in lines if line not in self.lines][:1]:
            raise InputError(
                f"cell line '{line}' is unknown",
                f"Use some of {', '.join(self.lines)}, or give its peaks",
                "lines",
            )
        return table.loc[table.index.repeat(len(lines))].assign(
            cell_line=np.tile(np.array(lines, dtype=object), len(table))
        )

    def _bases(self, placed: Placed, row: int) -> pd.DataFrame:
        """Effect of each base of one placed pair on U."""
        windows, distance = windows_of(placed, np.array([row]))
        enhancer, promoter = windows.codes[windows.enhancer[0]], windows.codes[windows.promoter[0]]
        return bases_of_potential(self.network, enhancer, promoter, distance[0])

    def _potential(self, placed: Placed) -> np.ndarray:
        """U_I float32 of all placed pairs."""
        blocks = _blocks(np.arange(len(placed.pairs)))
        return np.concatenate(
            [
                np.zeros(0),
                *(potential_of(self.network, *windows_of(placed, rows)) for rows in blocks),
            ]
        )

    def _resistance(self, placed: Placed, rows: np.ndarray, line: str) -> np.ndarray:
        """R_E float32 of placed pairs in one line, not centred."""
        log.info("%s: %d pairs", line, len(rows))
        signals = (self._known.signal(placed, block, line) for block in _blocks(rows))
        return np.concatenate([resistance_in_batches(self.network, signal) for signal in signals])

    def _table(self, rows: pd.DataFrame, resistance: np.ndarray) -> pd.DataFrame:
        """Columns of `score`: R centred, the centre in tau, so that logit = U_I - R_E - tau."""
        line = rows.cell_line.where(rows.reason == "")
        records = {name: self._known.records[name] for name in line.dropna().unique()}
        centre, offset, intercept = (
            line.map({name: getattr(record, of) for name, record in records.items()}).astype(float)
            for of in ("centre", "offset", "intercept")
        )
        logit = rows.U_I - resistance - offset
        calibrated = rows.cell_line.isin(
            [name for name, record in records.items() if record.calibrated]
        )
        calibration = np.where(calibrated, "calibrated", "uncalibrated")
        return rows.assign(
            R_E=resistance - centre,
            tau=offset + centre,
            logit=logit,
            probability=probability(logit, self._bundle.slope, intercept),
            calibration=np.where(line.notna(), calibration, ""),
        )[COLUMNS].astype({"split": str, "calibration": str, "reason": str})

    @cached_property
    def _fasta(self) -> pyfaidx.Fasta:
        """The genome, open as long as this object lives; raises `InputError` for one that is
        missing or of another assembly.
        """
        require_file(
            self._genome, "genome", "Give the FASTA: load_model(run, genome), or genome=<path>"
        )
        stack = contextlib.ExitStack()
        weakref.finalize(self, stack.close)
        fasta = stack.enter_context(open_genome(self._genome))
        sizes = chromosome_sizes(fasta)
        for chrom, size in self._bundle.chromosomes.items():
            if sizes.get(chrom, size) != size:
                problem = f"{chrom} has {sizes[chrom]} bp here and {size} in the run"
                raise InputError(
                    problem, "Give the assembly the model was trained on", self._genome
                )
        return fasta

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return chromosome_sizes(self._fasta)


def load_run(run: str | Path, genome: str | Path | None = None) -> TrainedModel:
    """Load the model of a run.

    run : `results/<run>`, or its folder `model`, or a copy of that. genome : the FASTA; by default
    that of the run. Raises `InputError` where there is no trained model.
    """
    return TrainedModel(find_bundle(run), Path(genome) if genome else None)


def tables_of(pairs: Pairs) -> Iterator[pd.DataFrame]:
    """Rows to be scored, as `scorable_blocks` gives them."""
    return (
        scorable_blocks(Path(pairs))
        if isinstance(pairs, str | Path)
        else iter([as_scorable(pairs)])
    )


def whole(pairs: Pairs) -> pd.DataFrame:
    """All rows to be scored as one table."""
    return pd.concat(list(tables_of(pairs)), ignore_index=True)


def _by_line(rows: pd.DataFrame, usable: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Each line of the usable rows with the positions it is at, in the order of appearance."""
    return [
        (line, usable[at])
        for line, at in rows.cell_line.iloc[usable]
        .groupby(rows.cell_line.iloc[usable].to_numpy(), sort=False)
        .indices.items()
    ]


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    """Rows in blocks of bounded memory; no block when there are none."""
    return [rows[start : start + PAIRS_PER_BLOCK] for start in range(0, len(rows), PAIRS_PER_BLOCK)]


def _stacked(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return (
        pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)
    )

"""R alone, without DNA: one chromosome fold is left for test, R and its rivals are fitted on the
others and score it.

R is trained by the first phase of the curriculum and is the R that ships in the model; U is never
used.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.dna import ENDS
from ..core.integrity import intact
from ..core.random_streams import Stream, rng_for
from ..data.labels import discordant
from ..data.panel import Names, Panel, load_panel
from ..data.splits import splits_of
from ..model.energy import EnergyModel
from ..model.initialise import new_model, start_prototypes
from ..model.scoring import score_resistance
from ..statistics.jackknife import megabase_blocks
from ..training.loop import fit
from ..training.phases import ResistancePhase
from ..training.plan import Plan
from ..verification.ledger import Ledger
from .baselines import trained_rivals, untrained_rivals
from .scores import ALL_LINES, Kind, R, Scores, arms_of
from .which_line import Fitting, line_offsets


def turned_to(config: Config, fold: int) -> Config:
    """The configuration with one fold for test and the next for validation; every line trains.

    Training looks up in it where its validation pairs must lie.
    """
    folds = {"test_fold": fold, "validation_fold": (fold + 1) % len(config.splits.folds)}
    splits = config.splits.model_copy(update=folds)
    return with_all_lines(config).model_copy(update={"splits": splits})


def of_fold(panel: Panel, fold: int, config: Config) -> Panel:
    """The panel with one fold for test, the next for validation and the others for training; every
    line trains.
    """
    chrom = Names.of(panel.chrom)
    split = splits_of(turned_to(config, fold)).of(pd.Series(chrom.names))
    turned = Names(split.to_numpy(dtype=str), chrom.codes)
    return dataclasses.replace(panel, split=turned, training=list(range(len(panel.lines))))


def with_all_lines(config: Config) -> Config:
    """The configuration with the held-out lines among the training lines."""
    return config.model_copy(update={"cell_lines": config.all_lines, "held_out_lines": []})


class ResistanceAlone(ResistancePhase):
    """The phase of R where there is no DNA, so that there is no z to watch."""

    def watch(self) -> dict[str, float]:
        """Nothing."""
        return {}


def trained_resistance(
    panel: Panel, lines: list[int], rows: np.ndarray, config: Config
) -> EnergyModel:
    """A model whose R and tau are fitted on the discordant pairs among `rows`, in `lines`; its U is
    left as it starts.

    Raises `DesignViolation` when what runs is not what was designed.
    """
    model = new_model(config, dataclasses.replace(panel, training=lines))
    start_prototypes(model, panel, lines, config)
    phase = ResistanceAlone(model, panel, Plan(lines, rows, config))
    fit(model, phase, Ledger(model, set(), config.verification, [phase.name]), None)
    return model.eval()


def without(panel: Panel, at: list[int], marks: list[int]) -> Panel:
    """The panel with the positions `at` at their reference mean and `marks` missing everywhere."""
    shards = [
        dataclasses.replace(shard, signal=shard.signal.copy(), reference=shard.reference.copy())
        for shard in panel.shards
    ]
    present = panel.present.copy()
    present[:, marks] = False
    for shard in shards:
        shard.signal[:, at] = 0
        shard.signal[:, :, marks] = 0
        shard.reference[:, marks] = 0
    return dataclasses.replace(panel, shards=shards, present=present)


def share_of_blocks(rows: np.ndarray, blocks: np.ndarray, share: float, seed: int) -> np.ndarray:
    """The rows in a share of their blocks (n,): neighbouring pairs rest on the same loops, so they
    come or go together.
    """
    names = np.unique(blocks[rows])
    kept = rng_for(seed, Stream.SHARE_OF_LOCI).permutation(names)[: round(share * len(names))]
    return rows[np.isin(blocks[rows], kept)]


class Fold:
    """One fold of the panel of discordant pairs: what is fitted on it, and the scores (n_test, C)
    of every arm.
    """

    def __init__(self, panel: Panel, blocks: np.ndarray, config: Config) -> None:
        self.panel = panel
        self.blocks = blocks
        self.config = config
        self.lines = list(range(len(panel.lines)))
        self.train = panel.rows("train")
        self.test = panel.rows("test")

    def score(self, panel: Panel, lines: list[int], rows: np.ndarray, config: Config) -> np.ndarray:
        """-R of the test pairs in all lines, from an R fitted on some rows in some lines."""
        return -score_resistance(
            trained_resistance(panel, lines, rows, config), panel, self.test, self.lines
        )

    def rivals(self, setting: str, lines: list[int]) -> Scores:
        """Scores of what is fitted on the same pairs and lines as R."""
        train = self.train[discordant(self.panel.labels_of(self.train, lines))]
        task = Fitting(train, self.test, lines)
        rounds = self.config.crossfit.boosting_rounds
        scores = trained_rivals(self.panel, task, rounds, self.config.seed)
        scores["line offsets"] = line_offsets(self.panel, task)
        return arms_of(setting, Kind.TRAINED, scores)

    def hidden_inputs(self) -> dict[str, tuple[list[int], list[int]]]:
        """Variant of R -> the positions and the marks that it does not read."""
        windows = self.config.windows
        ends = len(ENDS)
        all_ends = ends * (1 + len(windows.scales))
        hidden: dict[str, tuple[list[int], list[int]]] = {
            "R, without the window": (list(range(all_ends, all_ends + windows.bins)), [])
        }
        if windows.scales:
            hidden["R, without further widths"] = (list(range(ends, all_ends)), [])
        partial = np.flatnonzero(~self.panel.present.all(0)).tolist()
        if partial:
            hidden["R, marks that all lines have"] = ([], partial)
        return hidden

    def variants(self) -> dict[str, np.ndarray]:
        """R with less to learn from: fewer positions, only the marks that every line has, fewer
        loci.
        """
        scores = {
            name: self.score(without(self.panel, *hidden), self.lines, self.train, self.config)
            for name, hidden in self.hidden_inputs().items()
        }
        for share in self.config.crossfit.shares:
            rows = share_of_blocks(self.train, self.blocks, share, self.config.seed)
            name = f"R, {share:.0%} of the training loci"
            scores[name] = self.score(self.panel, self.lines, rows, self.config)
        return scores

    def ensemble(self, first: np.ndarray) -> np.ndarray:
        """Mean score (n_test, C) of R trained from several seeds; `first`: from the first seed."""
        configs = [
            self.config.model_copy(update={"seed": self.config.seed + k})
            for k in range(1, self.config.crossfit.members)
        ]
        others = [self.score(self.panel, self.lines, self.train, config) for config in configs]
        return np.mean([first, *others], axis=0)

    def arms(self, network: EnergyModel) -> Scores:
        """Scores of all arms that are fitted in all lines; `network` holds the trained R."""
        first = -score_resistance(network, self.panel, self.test, self.lines)
        own = {R: first, "R, ensemble": self.ensemble(first)} | self.variants()
        untrained = untrained_rivals(self.panel, self.test, self.config.marks)
        return (
            arms_of(ALL_LINES, Kind.OF_R, own)
            | self.rivals(ALL_LINES, self.lines)
            | arms_of(ALL_LINES, Kind.UNTRAINED, untrained)
        )

    def left_out(self, line: int) -> Scores:
        """Scores of the arms that never see a line's labels."""
        name = self.panel.lines[line]
        lines = [other for other in self.lines if other != line]
        own = {R: self.score(self.panel, lines, self.train, self.config)}
        return arms_of(name, Kind.OF_R, own) | self.rivals(name, lines)


def fold_of(loci: Path, shards: Path, fold: int, config: Config) -> tuple[Panel, np.ndarray, Fold]:
    """All pairs of the panel split for one fold, the rows of the discordant ones, and the fold made
    of those.
    """
    everything = of_fold(load_panel(loci, shards, config, dna=False), fold, config)
    rows = np.flatnonzero(discordant(everything.labels))
    pairs = pd.read_parquet(intact(loci / "pairs.parquet")).iloc[rows]
    blocks = megabase_blocks(pairs.chrom.to_numpy(dtype=str), pairs.enhancer_mid.to_numpy())
    return everything, rows, Fold(everything.only(rows), blocks, turned_to(config, fold))

"""R alone, without DNA: one chromosome fold is left for test, R and its rivals are fitted on the
others and score it.

R is trained by the first stage of the curriculum and is the R that ships in the model; U is never
used.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.config import Config
from ..core.dna import ENDS
from ..core.random_streams import Stream, rng_for
from ..data.labels import discordant
from ..data.panel import Panel, load_panel
from ..data.splits import splits_of
from ..model.energy import EnergyModel
from ..model.initialise import new_model, start_prototypes
from ..model.scoring import score_resistance
from ..training.loop import fit
from ..training.phases import ResistanceStage
from ..verification.ledger import Ledger
from .baselines import Fitting, line_offsets, trained_rivals, untrained_rivals

BLOCK_BP = 1_000_000
ALL_LINES = "all lines"


def of_fold(panel: Panel, fold: int, config: Config) -> Panel:
    """The panel with one fold for test, the next for validation and the others for training; every
    line trains.
    """
    folds = {"test_fold": fold, "validation_fold": (fold + 1) % len(config.splits.folds)}
    splits = config.splits.model_copy(update=folds)
    turned = config.model_copy(update={"splits": splits})
    split = splits_of(turned).of(pd.Series(panel.chrom))
    return dataclasses.replace(
        panel, split=split.to_numpy(dtype=str), training=list(range(len(panel.lines)))
    )


def with_all_lines(config: Config) -> Config:
    """The configuration with the held-out lines among the training lines."""
    return config.model_copy(update={"cell_lines": config.all_lines, "held_out_lines": []})


class ResistanceAlone(ResistanceStage):
    """The stage of R where there is no DNA, so that there is no z to watch."""

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
    stage = ResistanceAlone(model, panel, lines, rows, config)
    fit(model, stage, Ledger(model, set(), config.verification, [stage.name]), None)
    return model.eval()


def without(panel: Panel, at: list[int], marks: list[int]) -> Panel:
    """The panel with the positions `at` at their reference mean and `marks` missing in every
    line.
    """
    shards = [
        dataclasses.replace(shard, signal=shard.signal.copy(), reference=shard.reference.copy())
        for shard in panel.shards
    ]
    present = panel.present.copy()
    present[:, marks] = False
    for shard in shards:
        shard.signal[:, at], shard.signal[:, :, marks], shard.reference[:, marks] = 0, 0, 0
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
        self.panel, self.blocks, self.config = panel, blocks, config
        self.lines = list(range(len(panel.lines)))
        self.train, self.test = panel.rows("train"), panel.rows("test")

    def score(self, panel: Panel, lines: list[int], rows: np.ndarray, config: Config) -> np.ndarray:
        """-R of the test pairs in all lines, from an R fitted on some rows in some lines."""
        return -score_resistance(
            trained_resistance(panel, lines, rows, config), panel, self.test, self.lines
        )

    def rivals(self, lines: list[int]) -> dict[str, np.ndarray]:
        """Scores of what is fitted on the same pairs and lines as R."""
        task = Fitting(
            self.train[discordant(self.panel.labels[np.ix_(self.train, lines)])], self.test, lines
        )
        found = trained_rivals(
            self.panel, task, self.config.crossfit.boosting_rounds, self.config.seed
        )
        return found | {"line offsets": line_offsets(self.panel, task)}

    def variants(self) -> dict[str, Callable[[], np.ndarray]]:
        """R with less to learn from: fewer loci, no window, no further widths, only the marks that
        every line has.
        """
        config, windows = self.config, self.config.windows
        ends, all_ends = len(ENDS), len(ENDS) * (1 + len(windows.scales))
        partial = np.flatnonzero(~self.panel.present.all(0)).tolist()
        masks = {"R, without the window": (list(range(all_ends, all_ends + windows.bins)), [])}
        masks |= (
            {"R, without further widths": (list(range(ends, all_ends)), [])}
            if windows.scales
            else {}
        )
        masks |= {"R, marks that all lines have": ([], partial)} if partial else {}
        found = {
            name: lambda mask=mask: self.score(
                without(self.panel, *mask), self.lines, self.train, config
            )
            for name, mask in masks.items()
        }
        for share in config.crossfit.shares:
            rows = share_of_blocks(self.train, self.blocks, share, config.seed)
            found[f"R, {share:.0%} of the training loci"] = lambda rows=rows: self.score(
                self.panel, self.lines, rows, config
            )
        return found

    def arms(self, ours: EnergyModel) -> dict[str, np.ndarray]:
        """Scores of all arms that are fitted in all lines."""
        scores = {"R": -score_resistance(ours, self.panel, self.test, self.lines)}
        seeds = [
            self.config.model_copy(update={"seed": self.config.seed + k})
            for k in range(1, self.config.crossfit.members)
        ]
        others = [self.score(self.panel, self.lines, self.train, config) for config in seeds]
        scores["R, ensemble"] = np.mean([scores["R"], *others], axis=0)
        scores |= {name: make() for name, make in self.variants().items()}
        return (
            scores
            | self.rivals(self.lines)
            | untrained_rivals(self.panel, self.test, self.config.marks)
        )

    def left_out(self, line: int) -> dict[str, np.ndarray]:
        """Scores of the arms that never see a line's labels."""
        lines = [other for other in self.lines if other != line]
        return {"R": self.score(self.panel, lines, self.train, self.config)} | self.rivals(lines)


def fold_of(loci: Path, shards: Path, fold: int, given: Config) -> tuple[Panel, np.ndarray, Fold]:
    """All pairs of the panel split for one fold, the rows of the discordant ones, and the fold made
    of those.
    """
    everything = of_fold(load_panel(loci, shards, given, dna=False), fold, given)
    rows = np.flatnonzero(discordant(everything.labels))
    pairs = pd.read_parquet(loci / "pairs.parquet").iloc[rows]
    blocks = (
        pairs.chrom.astype(str) + ":" + (pairs.enhancer_mid // BLOCK_BP).astype(str)
    ).to_numpy(dtype=str)
    return everything, rows, Fold(everything.only(rows), blocks, with_all_lines(given))

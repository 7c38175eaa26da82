"""R on the loop panel beside its rivals and its nulls: one chromosome fold is left for test, and
all arms are fitted on the others.

Every score is (n, C, seeds), higher where the locus is more likely to loop.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..core.config import Config
from ..core.integrity import intact
from ..core.random_streams import Stream, rng_for
from ..data.labels import discordant
from ..data.loop_loci import loop_labels
from ..data.loop_signal import centred_inputs, positions_of, standardised, swapped
from ..model.loop_resistance import LoopResistance
from ..training.loop_evidence import hold
from ..training.loop_fitting import PAIRS, LoopData, Loss, fit_loops, loop_scores
from .baselines import ACTIVITY, BOOSTING, boosted_classifier
from .scores import ALL_LINES, Kind, R, Scores, arms_of

CONDITIONAL = "R, conditional likelihood"
LINEAR = "linear R"
ANOTHER_LOCUS = "marks of another locus"
IDENTITY = "locus mean and identity of the line"
LABEL_RATE = "label rate of the line"


def null_of(arm: str) -> str:
    """Name of the null of an arm: the same model, fitted and tested on marks of another locus."""
    return f"{arm}: {ANOTHER_LOCUS}"


class LoopPanel(NamedTuple):
    """The discordant loci of the loop panel.

    signal : float32 (n, C, P, M); labels : int8 (n, C); chrom : (n,); lines : (C,)
    """

    signal: np.ndarray
    labels: np.ndarray
    chrom: np.ndarray
    lines: list[str]


def load_loop_panel(loci: Path, signal: Path, config: Config) -> LoopPanel:
    """The panel that the stage `loop_panel` wrote."""
    table = pd.read_parquet(intact(loci))
    labels = loop_labels(table, config.all_lines)
    rows = discordant(labels)
    chrom = table.chrom[rows].to_numpy(dtype=str)
    return LoopPanel(np.load(intact(signal)), labels[rows], chrom, config.all_lines)


class LinearLoopResistance(nn.Module):
    """R as a weighted sum of all inputs: the least that R has to beat."""

    def __init__(self, positions: int, features: int) -> None:
        super().__init__()
        self.network = nn.Linear(positions * features, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """R (...), of any sign, from the inputs (..., P, F)."""
        return self.network(inputs.flatten(-2))[..., 0]


def another_locus(chrom: np.ndarray, seed: int) -> np.ndarray:
    """Row (n,) of another locus of the same chromosome for each locus, drawn at random."""
    rng = rng_for(seed, Stream.ANOTHER_LOCUS)
    donors = np.arange(len(chrom))
    for name in np.unique(chrom):
        rows = np.flatnonzero(chrom == name)
        donors[rows] = rng.permutation(rows)
    return donors


def identity_inputs(signal: np.ndarray) -> np.ndarray:
    """The locus' mean marks and which line it is, without the line's marks: float32 (n, C, P, M +
    C).
    """
    n, lines, positions, _ = signal.shape
    mean = np.broadcast_to(signal.mean(1, keepdims=True), signal.shape)
    line = np.eye(lines, dtype=np.float32)[None, :, None, :]
    return np.concatenate([mean, np.broadcast_to(line, (n, lines, positions, lines))], axis=3)


def symmetric(inputs: np.ndarray, swap: np.ndarray) -> np.ndarray:
    """Inputs (n, C, P, F) as features (n, C, P * F) that do not depend on the order of the anchors:
    sum and absolute difference of positions that change places, the others as they are.
    """
    place = np.arange(len(swap))
    pairs, alone = place[place < swap], place[place == swap]
    one, other = inputs[:, :, pairs], inputs[:, :, swap[pairs]]
    parts = [one + other, np.abs(one - other), inputs[:, :, alone]]
    return np.concatenate(parts, axis=2).reshape(*inputs.shape[:2], -1)


class LoopFold:
    """One test fold of the loop panel: what is fitted on the others, and how it scores this one."""

    def __init__(self, panel: LoopPanel, fold: int, config: Config) -> None:
        tested = np.isin(panel.chrom, config.splits.folds[fold])
        self.fold = fold
        self.train, self.test = np.flatnonzero(~tested), np.flatnonzero(tested)
        self.config = config
        self.panel = panel
        self.swap = swapped(config.loop_panel)
        self.signal = standardised(panel.signal, self.train)
        self.every_line = list(range(len(panel.lines)))

    def inputs(self, seed: int, null: bool) -> np.ndarray:
        """What R reads at every locus; for the null the centred marks are another locus'."""
        donors = another_locus(self.panel.chrom, seed) if null else None
        return centred_inputs(self.signal, donors)

    def data(self, inputs: np.ndarray, rows: np.ndarray, lines: list[int]) -> LoopData:
        """Some loci in some lines, for a network."""
        labels = self.panel.labels[rows[:, None], lines].astype(np.float32)
        return LoopData(
            torch.from_numpy(inputs[rows[:, None], lines]), torch.from_numpy(labels), self.swap
        )

    def learned_from(self, lines: list[int]) -> np.ndarray:
        """The training loci that are discordant among some lines."""
        return self.train[discordant(self.panel.labels[self.train[:, None], lines])]

    def learned(self, lines: list[int], inputs: np.ndarray) -> LoopData:
        """What a network that is fitted in some lines learns from."""
        return self.data(inputs, self.learned_from(lines), lines)

    def scored(self, fitted: nn.Module, inputs: np.ndarray) -> np.ndarray:
        """-R (n_test, C) of the test loci in all lines."""
        return loop_scores(fitted, self.data(inputs, self.test, self.every_line))

    def by_network(
        self,
        network: Callable[[int, int], nn.Module],
        lines: list[int],
        inputs: np.ndarray,
        seed: int,
        loss: Loss = PAIRS,
    ) -> np.ndarray:
        """-R (n_test, C) of the test loci in all lines, from a network fitted in some lines."""
        make = partial(network, *inputs.shape[2:])
        learned = self.learned(lines, inputs)
        return self.scored(fit_loops(make, learned, self.config.loop_panel, seed, loss), inputs)

    def by_resistance(self, lines: list[int], inputs: np.ndarray, seed: int) -> np.ndarray:
        """The same by R, which must be what was designed where all lines train: else raises
        `DesignViolation`.
        """
        config, learned = self.config.loop_panel, self.learned(lines, inputs)
        make = partial(LoopResistance, inputs.shape[2], inputs.shape[3], config)
        fitted = fit_loops(make, learned, config, seed)
        if lines == self.every_line:
            hold(fitted, learned)
        return self.scored(fitted, inputs)

    def by_boosting(self, lines: list[int], inputs: np.ndarray, seed: int) -> np.ndarray:
        """Margins (n_test, C) of gradient boosting on the same inputs."""
        rows = self.learned_from(lines)
        features = symmetric(inputs, self.swap)
        classifier = boosted_classifier(self.config.crossfit.boosting_rounds, seed)
        fitted = features[rows[:, None], lines].reshape(-1, features.shape[2])
        classifier.fit(fitted, self.panel.labels[rows[:, None], lines].ravel())
        scored = features[self.test].reshape(-1, features.shape[2])
        return classifier.decision_function(scored).reshape(len(self.test), -1)

    def trained(self, lines: list[int], inputs: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        """R and the rivals that learn from labels, each (n_test, C)."""
        return {
            R: self.by_resistance(lines, inputs, seed),
            LINEAR: self.by_network(LinearLoopResistance, lines, inputs, seed),
            BOOSTING: self.by_boosting(lines, inputs, seed),
        }

    def of_seed(self, seed: int) -> dict[str, np.ndarray]:
        """Every trained arm and its null in all lines."""
        resistance = partial(LoopResistance, config=self.config.loop_panel)
        scores: dict[str, np.ndarray] = {}
        for null in (False, True):
            inputs = self.inputs(seed, null)
            arms = self.trained(self.every_line, inputs, seed)
            arms[CONDITIONAL] = self.by_network(
                resistance, self.every_line, inputs, seed, "conditional"
            )
            scores |= {null_of(arm) if null else arm: score for arm, score in arms.items()}
        inputs = identity_inputs(self.signal)
        return scores | {IDENTITY: self.by_network(resistance, self.every_line, inputs, seed)}

    def untrained(self) -> dict[str, np.ndarray]:
        """Marks at both anchors, and how often each line has a loop of the training loci."""
        marks, widest = self.config.loop_marks, positions_of(self.config.loop_panel)[:2]
        scores = {
            f"{mark} at both ends": self.signal[self.test][:, :, : len(widest), marks.index(mark)]
            for mark in ACTIVITY
            if mark in marks
        }
        summed = {name: signal.sum(2) for name, signal in scores.items()}
        rate = self.panel.labels[self.train].mean(0)
        return summed | {LABEL_RATE: np.tile(rate, (len(self.test), 1))}

    def arms(self) -> Scores:
        """Scores of every arm that is fitted in all lines, and of those without a line's labels."""
        scores = self.in_all_lines()
        for line in self.unseen_lines():
            scores |= self.left_out(line)
        return scores

    def unseen_lines(self) -> list[int]:
        """The lines that are left out in this fold: line c in fold c and, counted round, in as many
        behind it as `loop_panel.unseen_folds` says.
        """
        folds, often = len(self.config.splits.folds), self.config.loop_panel.unseen_folds
        return [line for line in self.every_line if (self.fold - line) % folds < often]

    def in_all_lines(self) -> Scores:
        """Scores of all arms that are fitted in all lines."""
        by_seed = [self.of_seed(seed) for seed in self.config.loop_panel.seeds]
        trained = over_seeds(by_seed)
        untrained = over_seeds([self.untrained()] * len(by_seed))
        kinds = {R: Kind.OF_R, CONDITIONAL: Kind.OF_R, LINEAR: Kind.TRAINED, BOOSTING: Kind.TRAINED}
        scores = arms_of(ALL_LINES, Kind.UNTRAINED, untrained)
        for name, score in trained.items():
            scores |= arms_of(ALL_LINES, kinds.get(name, Kind.NULL), {name: score})
        return scores

    def left_out(self, line: int) -> Scores:
        """Scores of the arms that never see a line's labels; its marks are read, as those of any
        new line would be.
        """
        lines = [other for other in self.every_line if other != line]
        by_seed = [
            self.trained(lines, self.inputs(seed, null=False), seed)
            for seed in self.config.loop_panel.seeds
        ]
        name, scores = self.panel.lines[line], over_seeds(by_seed)
        own = arms_of(name, Kind.OF_R, {R: scores.pop(R)})
        return own | arms_of(name, Kind.TRAINED, scores)


def over_seeds(by_seed: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Scores (n, C) of every seed as one array (n, C, seeds) per arm."""
    return {name: np.stack([scores[name] for scores in by_seed], -1) for name in by_seed[0]}

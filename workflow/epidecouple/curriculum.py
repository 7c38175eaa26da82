"""The stages of training: which parameters move, by which loss, and how a stage is validated."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from .config import Config
from .dataset import Panel
from .energy import EnergyModel
from .objective import conditional_nll, task_nll
from .sampler import CellBatchSampler, MacroStep
from .scoring import score_potential, score_resistance
from .skill import macro_aupr, within_pair_auc

REFERENCE_BATCH = 256


class ResistanceStage:
    """R and tau by conditional likelihood on discordant pairs; U plays no part."""

    name, score = "resistance", "validation_loss"

    def __init__(self, model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config) -> None:
        self.model, self.panel, self.lines, self.fit = model, panel, lines, config.resistance
        self.residual_penalty = config.model.residual_penalty
        labels = panel.labels[np.ix_(rows, lines)]
        self.train = rows[(labels.min(1) == 0) & (labels.max(1) == 1)]
        self.validation = panel.discordant_rows("validation", lines)
        self.sampler = CellBatchSampler(
            self.train, np.ones(len(self.train), bool), lines, self.fit.batch_pairs, self.fit.positive_share, config.seed
        )
        self.generator = torch.Generator().manual_seed(config.seed)

    def parameters(self) -> Iterable[nn.Parameter]:
        """The resistance and its line offsets."""
        return self.model.resistance.parameters()

    def loss(self, step: MacroStep) -> Tensor:
        """Conditional negative log-likelihood, and the penalty that makes the states explain R before the residual does.

        Each line's micro-batch is encoded in a forward pass of its own.
        """
        parts = [self.model.resistance.parts(self.panel.signal_tensor(batch.pairs, batch.line)) for batch in step.micro_batches]
        penalty = self.residual_penalty * torch.stack([residual for _, residual in parts]).square().mean()
        return self._nll(step.pairs, parts) + penalty

    def after_step(self) -> None:
        """Let the state prototypes follow the encoder on a random set of reference loci."""
        loci = torch.randperm(self.panel.n_reference, generator=self.generator)[:REFERENCE_BATCH].numpy()
        encoder = self.model.resistance.encoder
        with torch.no_grad():
            e = torch.cat([encoder(self.panel.reference_tensor(line, loci)) for line in self.lines])
        self.model.resistance.prototypes.follow(e, self.generator)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Conditional likelihood and within-pair AUC of -R on validation chromosomes."""
        pairs = self.validation
        scores = -score_resistance(self.model, self.panel, pairs, self.lines)
        auc = within_pair_auc(self.panel.labels[np.ix_(pairs, self.lines)], scores).mean()
        parts = [self.model.resistance.parts(self.panel.signal_tensor(pairs, line)) for line in self.lines]
        return {"validation_loss": float(self._nll(pairs, parts)), "validation_within_pair_auc": float(auc)}

    def _nll(self, pairs: np.ndarray, parts: list[tuple[Tensor, Tensor]]) -> Tensor:
        resistance = torch.stack([self.model.resistance.of_parts(*part) for part in parts], dim=1)
        offset = self.model.resistance.line_offset[self.lines]
        return conditional_nll(resistance, offset, self.panel.label_tensor(pairs, self.lines))


class PotentialStage:
    """U by the task likelihood with offset -R - tau, which is computed once and carries no gradient."""

    name, score = "potential", "validation_aupr"

    def __init__(self, model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config) -> None:
        self.model, self.panel, self.lines, self.fit = model, panel, lines, config.potential
        positive = panel.labels[np.ix_(rows, lines)].any(1)
        self.sampler = CellBatchSampler(rows, positive, lines, self.fit.batch_pairs, self.fit.positive_share, config.seed)
        self.validation = panel.rows("validation")
        everything = np.concatenate([rows, self.validation])
        self.offset = torch.full((len(panel.enhancer), len(lines)), torch.nan)
        resistance = torch.from_numpy(score_resistance(model, panel, everything, lines))
        self.offset[everything] = -resistance - model.resistance.line_offset.detach()[lines]

    def parameters(self) -> Iterable[nn.Parameter]:
        """The potential and the free intercept per line."""
        return [*self.model.potential.parameters(), self.model.task_offset]

    def loss(self, step: MacroStep) -> Tensor:
        """Task likelihood; z is encoded once for the pairs that all micro-batches of the step share."""
        potential = self.model.potential(self.panel, step.pairs)
        offset = self.offset[step.pairs] - self.model.task_offset[self.lines]
        return task_nll(potential, offset, self.panel.label_tensor(step.pairs, self.lines), torch.from_numpy(step.weights))

    def after_step(self) -> None:
        """Nothing follows U."""

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Macro AUPR over the training lines on validation chromosomes."""
        potential = score_potential(self.model, self.panel, self.validation)
        scores = potential[:, None] + self.offset[self.validation].numpy()
        return {"validation_aupr": macro_aupr(self.panel.labels[np.ix_(self.validation, self.lines)], scores)}

"""The phases of training: which parameters move, by which loss terms, and how a phase is
validated.
"""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..core.config import Config, FitConfig
from ..core.random_streams import Stream, rng_for
from ..data.panel import Panel
from ..data.sampler import CellBatchSampler, MacroStep, MicroBatch
from ..decoupling.trajectory import Trajectory
from ..model.energy import EnergyModel
from ..model.losses import (
    conditional_nll,
    contrast_over_lines,
    line_contrast,
    orthogonality,
    task_nll,
)
from ..model.resistance import Parts
from ..model.scoring import embed, embed_raw, score_potential, score_resistance
from ..statistics.ranking import macro_aupr, within_pair_auc
from .processes import gathered, share

REFERENCE_BATCH = 256
GUARD_PAIRS = 2000


class Phase:
    """What all phases share: the model, the lines and pairs it is trained on, and the groups of
    parameters that move.

    score names the validation figure that decides; exercises names the components of the design a
    phase brings to work.
    """

    name: str
    score: str
    moves: tuple[str, ...]
    fit: FitConfig
    sampler: CellBatchSampler
    exercises = frozenset({"homogeneous sampling", "curriculum", "validation and early stopping"})

    def __init__(
        self, model: EnergyModel, panel: Panel, lines: list[int], rows: np.ndarray, config: Config
    ) -> None:
        self.model, self.panel, self.lines, self.rows, self.config = (
            model,
            panel,
            lines,
            rows,
            config,
        )
        self.generator = torch.Generator().manual_seed(config.seed)
        self.validation = panel.rows("validation")
        self.discordant = panel.discordant_rows("validation", lines)
        self.trajectory = Trajectory(model, panel, lines, config.seed)
        self.guarded = rng_for(config.seed, Stream.GUARDED_PAIRS).permutation(rows)[:GUARD_PAIRS]

    def parameters(self) -> list[nn.Parameter]:
        """The parameters that this phase moves."""
        groups = self.model.parameter_groups()
        return [parameter for name in self.moves for parameter in groups[name]]

    def sampler_of(self, pairs: np.ndarray, fit: FitConfig) -> CellBatchSampler:
        """Macro-steps over some pairs."""
        positive = self.panel.labels[np.ix_(pairs, self.lines)].any(1)
        return CellBatchSampler(
            pairs, positive, self.lines, fit.batch_pairs, fit.positive_share, self.config.seed
        )

    def read(self, step: MacroStep) -> list[Parts]:
        """The environment of a macro-step: each line's micro-batch in a forward pass of its own."""
        return [self._parts(batch) for batch in step.micro_batches]

    def _parts(self, batch: MicroBatch) -> Parts:
        own = self.model.resistance.parts(self.panel.signal_tensor(share(batch.pairs), batch.line))
        return Parts(*(gathered(part, len(batch.pairs)) for part in own))

    def resistance_of(self, parts: list[Parts]) -> Tensor:
        """R (n, C) of a macro-step, its lines in the order of the micro-batches."""
        return torch.stack([self.model.resistance.of_parts(part) for part in parts], dim=1)

    def labels(self, pairs: np.ndarray) -> Tensor:
        """Labels float32 (len(pairs), len(lines)) in the phase's lines."""
        return self.panel.label_tensor(pairs, self.lines)

    def resistance_terms(self, pairs: np.ndarray, parts: list[Parts]) -> dict[str, Tensor]:
        """What teaches R and tau: the conditional likelihood of discordant pairs, and two terms on
        the environment.

        The residual's penalty makes the states explain R before the residual does.
        """
        labels = self.labels(pairs)
        usable = (labels.min(1).values == 0) & (labels.max(1).values == 1)
        resistance = self.resistance_of(parts)
        offset = self.model.resistance.line_offset[self.lines]
        residual = torch.stack([part.residual for part in parts])
        return {
            "conditional_likelihood": conditional_nll(resistance[usable], offset, labels[usable]),
            "residual_penalty": self.config.model.residual_penalty * residual.square().mean(),
            "line_contrast": self.config.objective.line_contrast * self._line_contrast(),
        }

    def potential_terms(
        self, pairs: np.ndarray, offset: Tensor, weights: np.ndarray
    ) -> tuple[dict[str, Tensor], Tensor]:
        """What teaches U, given the detached offset -R - tau (n, C); and z (n, d_z), encoded once
        for all lines.
        """
        z = gathered(self.model.potential.z(self.panel.windows(share(pairs))), len(pairs))
        potential = self.model.potential.of_z(z, self.panel.distance_tensor(pairs))
        labels = self.labels(pairs)
        task = task_nll(
            potential,
            offset - self.model.task_offset[self.lines],
            labels,
            self.panel.tensor(weights),
        )
        return {
            "task": task,
            "label_contrast": self.config.objective.label_contrast * contrast_over_lines(z, labels),
        }, z

    def _line_contrast(self) -> Tensor:
        loci = self._some_loci()
        prototypes = self.model.resistance.line_prototypes.prototypes[self.lines]
        return line_contrast(self._line_states(loci), prototypes)

    def _some_loci(self) -> Tensor:
        return torch.randperm(self.panel.n_reference, generator=self.generator)[:REFERENCE_BATCH]

    def _line_states(self, loci: Tensor) -> Tensor:
        signal = [self.panel.reference_tensor(line, loci.numpy()) for line in self.lines]
        return torch.stack([self.model.resistance.line_state(values, loci) for values in signal])

    @torch.no_grad()
    def follow_prototypes(self) -> None:
        """Let the prototypes of states and lines follow the encoder on a random set of reference
        loci.
        """
        loci = self._some_loci()
        e = torch.cat(
            [
                self.model.resistance.encoder(self.panel.reference_tensor(line, loci.numpy()))
                for line in self.lines
            ]
        )
        self.model.resistance.prototypes.follow(e, self.generator)
        self.model.resistance.line_prototypes.follow(self._line_states(loci), self.lines)

    @torch.no_grad()
    def refit_eraser(self) -> dict[str, float]:
        """Refit LEACE, where it is switched on, on z of the published training rows; what it left
        of the line.
        """
        if not self.config.model.leace:
            return {}
        pairs, columns = np.nonzero(self.panel.published[np.ix_(self.rows, self.lines)] >= 0)
        raw = embed_raw(self.model, self.panel, self.rows[pairs])
        return {
            "leace_residual": self.model.potential.eraser.refit(raw, self.panel.tensor(columns))
        }

    def validate_resistance(self) -> dict[str, float]:
        """Conditional likelihood and within-pair AUC of -R on validation chromosomes."""
        pairs = self.discordant
        resistance = score_resistance(self.model, self.panel, pairs, self.lines)
        offset = self.model.resistance.line_offset.detach()[self.lines]
        loss = conditional_nll(self.panel.tensor(resistance), offset, self.labels(pairs))
        auc = within_pair_auc(self.panel.labels[np.ix_(pairs, self.lines)], -resistance).mean()
        return {"validation_loss": float(loss), "validation_within_pair_auc": float(auc)}

    def aupr(self, pairs: np.ndarray, potential: np.ndarray) -> float:
        """Macro AUPR over the phase's lines of U (n,) - R of some pairs (n,)."""
        energy = potential[:, None] - score_resistance(self.model, self.panel, pairs, self.lines)
        return macro_aupr(self.panel.labels[np.ix_(pairs, self.lines)], energy)

    @torch.no_grad()
    def validate_potential(self) -> dict[str, float]:
        """Macro AUPR on validation chromosomes, and on some training pairs for the overfitting
        guard.
        """
        z = embed(self.model, self.panel, self.validation)
        self.trajectory.note(z)
        potential = (
            self.model.potential.of_z(z, self.panel.distance_tensor(self.validation)).cpu().numpy()
        )
        train = self.aupr(self.guarded, score_potential(self.model, self.panel, self.guarded))
        return {"validation_aupr": self.aupr(self.validation, potential), "train_aupr": train}

    def watch(self) -> dict[str, float]:
        """Whether z and e know the line and each other by now; nothing is decided by it while
        training.
        """
        return self.trajectory.look()

    @torch.no_grad()
    def sensitivity(self, step: MacroStep) -> dict[str, float]:
        """How the phase's own terms react: what must change with the labels, and what must not
        change with U.

        The label contrast must change when every label is turned over: it does not when it
        contrasts the line. The conditional likelihood must not change when any u_i is added to the
        energies of pair i in all lines.
        """
        changes = {}
        turned = copy.copy(self)
        shifted = copy.copy(self)
        turned.panel = dataclasses.replace(self.panel, labels=1 - self.panel.labels)
        added = torch.linspace(-2, 2, len(step.pairs), device=self.panel.device)[:, None]
        shifted.resistance_of = lambda parts: self.resistance_of(parts) - added
        terms = self.terms(step)
        if "label_contrast" in terms:
            change = turned.terms(step)["label_contrast"] - terms["label_contrast"]
            changes["label_contrast_change_when_labels_change"] = float(change.abs())
        if "conditional_likelihood" in terms:
            change = shifted.terms(step)["conditional_likelihood"] - terms["conditional_likelihood"]
            changes["conditional_likelihood_change_when_u_is_added"] = float(change.abs())
        return changes

    def start_epoch(self, epoch: int) -> None:
        """What a phase changes at the start of an epoch."""

    def after_epoch(self) -> dict[str, float]:
        """What a phase does once an epoch, before it is validated; evidence for the ledger."""
        return {}


class ResistancePhase(Phase):
    """R and tau by conditional likelihood on discordant pairs; U plays no part."""

    name, score = "resistance", "validation_loss"
    moves = ("environment", "resistance_head", "line_offset")
    exercises = Phase.exercises | {
        "conditional likelihood",
        "line contrast on g",
        "prototype codebook",
    }

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.fit = self.config.resistance
        labels = self.panel.labels[np.ix_(self.rows, self.lines)]
        self.train = self.rows[(labels.min(1) == 0) & (labels.max(1) == 1)]
        self.sampler = self.sampler_of(self.train, self.fit)

    def terms(self, step: MacroStep) -> dict[str, Tensor]:
        """Conditional likelihood, residual penalty, line contrast."""
        return self.resistance_terms(step.pairs, self.read(step))

    def after_step(self) -> None:
        """The prototypes follow."""
        self.follow_prototypes()

    def validate(self) -> dict[str, float]:
        """Figures of R."""
        return self.validate_resistance()


class PotentialPhase(Phase):
    """U by the task likelihood with offset -R - tau, which is computed once and carries no
    gradient.
    """

    name, score = "potential", "validation_aupr"
    moves = ("sequence", "potential_head", "task_offset")
    exercises = Phase.exercises | {
        "task likelihood",
        "label contrast on z",
        "overfitting guard",
        "concept erasure",
    }

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.fit = self.config.potential
        self.sampler = self.sampler_of(self.rows, self.fit)
        resistance = self.panel.tensor(
            score_resistance(self.model, self.panel, self.rows, self.lines)
        )
        self.offset = torch.full(
            (len(self.panel.enhancer), len(self.lines)), torch.nan, device=self.panel.device
        )
        self.offset[self.rows] = (
            -resistance - self.model.resistance.line_offset.detach()[self.lines]
        )

    def terms(self, step: MacroStep) -> dict[str, Tensor]:
        """Task likelihood and label contrast."""
        return self.potential_terms(step.pairs, self.offset[step.pairs], step.weights)[0]

    def after_step(self) -> None:
        """Nothing follows U."""

    def after_epoch(self) -> dict[str, float]:
        """Refit the eraser."""
        return self.refit_eraser()

    def validate(self) -> dict[str, float]:
        """Figures of U - R."""
        return self.validate_potential()


class FineTuningPhase(Phase):
    """Both energies together, each still by its own losses, and e pushed out of what z already
    says.
    """

    name, score = "fine_tuning", "validation_aupr"
    moves = (*ResistancePhase.moves, *PotentialPhase.moves)
    exercises = ResistancePhase.exercises | PotentialPhase.exercises | {"orthogonality of e to z"}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.fit = self.config.fine_tuning
        self.sampler = self.sampler_of(self.rows, self.fit)
        self.ramp = 1.0

    def start_epoch(self, epoch: int) -> None:
        """Contrast on g and orthogonality come in over `objective.ramp_epochs` epochs, while the
        environment thaws.
        """
        self.ramp = min(1.0, epoch / max(1, self.config.objective.ramp_epochs))

    def terms(self, step: MacroStep) -> dict[str, Tensor]:
        """All terms; the task reads R and tau detached."""
        parts = self.read(step)
        resistance = self.resistance_of(parts)
        offset = (-resistance - self.model.resistance.line_offset[self.lines]).detach()
        of_potential, z = self.potential_terms(step.pairs, offset, step.weights)
        terms = of_potential | self.resistance_terms(step.pairs, parts)
        penalty = torch.stack([orthogonality(z, part.e) for part in parts]).mean()
        terms["orthogonality"] = self.ramp * self.config.objective.orthogonality * penalty
        terms["line_contrast"] = self.ramp * terms["line_contrast"]
        return terms

    def after_step(self) -> None:
        """The prototypes follow."""
        self.follow_prototypes()

    def after_epoch(self) -> dict[str, float]:
        """Refit the eraser."""
        return self.refit_eraser()

    def validate(self) -> dict[str, float]:
        """Figures of both."""
        return self.validate_potential() | self.validate_resistance()


class Method(NamedTuple):
    """How a curriculum trains.

    exercises : components of the design that it works with; lacks : what it has not and no evidence
    could show
    run : trains a model (model, panel, lines, rows, config, ledger, checkpoint) and returns
    history, metrics, and how many phases kept another epoch than the best
    """

    exercises: frozenset[str]
    lacks: tuple[str, ...]
    run: Callable[..., tuple[pd.DataFrame, dict[str, Any], int]]


# The orders of the phases; `potential_first` is the original plan, in which R is frozen while U is
# learned.
CURRICULA: dict[str, tuple[type[Phase], ...]] = {
    "resistance_first": (ResistancePhase, PotentialPhase, FineTuningPhase),
    "potential_first": (PotentialPhase, FineTuningPhase),
}


def small_step(step: MacroStep, pairs: int) -> MacroStep:
    """The last pairs of a macro-step, which hold its positive ones, in the same lines."""
    batches = [
        dataclasses.replace(batch, pairs=batch.pairs[-pairs:], lines=batch.lines[-pairs:])
        for batch in step.micro_batches
    ]
    return MacroStep(step.pairs[-pairs:], batches, step.weights[-pairs:])

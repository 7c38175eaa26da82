"""The phases of training: which parameters each moves, by which loss terms, and how it is
validated.
"""

import copy
import dataclasses
import logging
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor, nn

from ..core.errors import InputError
from ..core.random_streams import Stream, rng_for
from ..core.sections.training import FitConfig
from ..data.labels import discordant
from ..data.panel import Panel
from ..data.sampler import CellBatchSampler, MacroStep
from ..data.splits import splits_of
from ..decoupling.trajectory import Trajectory
from ..model.energy import EnergyModel
from ..model.losses import conditional_nll, contrast_over_lines
from ..model.motif_encoder import MotifEncoder
from ..model.potential import DISTANCE_CENTRE
from ..model.scoring import embed, embed_raw, score_potential, score_resistance
from ..statistics.base_rate import offsets_of_rates
from ..statistics.ranking import macro_aupr, within_pair_auc
from .motif_screen import ScreenedMotif, ScreenedPairs, screen_motifs
from .plan import Plan
from .terms import LossTerms

log = logging.getLogger(__name__)

# A line without a loop, or with nothing else, among the discordant pairs has a finite tau.
LEAST_RATE = 1e-3
# The encoder where the screen finds no motif.
FALLBACK = "cnn"
# Training pairs on which the overfitting guard's AUPR is measured.
GUARD_PAIRS = 2000


class Phase(LossTerms, ABC):
    """A phase of training; its subclasses say which parameters move and by which loss terms.

    name : in the history and the ledger, and the section of the configuration with its settings
    score : the validation figure that decides which epoch is kept
    moves : groups of `EnergyModel.parameter_groups` that the optimiser moves
    exercises : components of the design that the phase puts to work
    fit : settings of the optimisation; sampler : draws the macro-steps
    """

    name: str
    score: str
    moves: tuple[str, ...]
    exercises: frozenset[str] = frozenset(
        {"homogeneous sampling", "curriculum", "validation and early stopping"}
    )
    fit: FitConfig
    sampler: CellBatchSampler

    def __init__(self, model: EnergyModel, panel: Panel, plan: Plan) -> None:
        super().__init__(model, panel, plan)
        seed = plan.config.seed
        self.splits = splits_of(plan.config)
        self.judged: dict[str, np.ndarray] = {}
        self.validation = panel.rows("validation")
        self.discordant_validation = panel.discordant_rows("validation", plan.lines)
        if "conditional likelihood" in self.exercises:
            self._check_discordant()
        self.trajectory = Trajectory(model, panel, plan.lines, seed)
        shuffled = rng_for(seed, Stream.GUARDED_PAIRS).permutation(plan.rows)
        self.guard_pairs = shuffled[:GUARD_PAIRS]

    def _check_discordant(self) -> None:
        """Raise `InputError` where R could not be learned, or no epoch of it be judged."""
        labels = self.panel.labels_of(self.rows, self.lines)
        counts = {
            "training": int(discordant(labels).sum()),
            "validation": len(self.discordant_validation),
        }
        names = ", ".join(self.panel.lines[line] for line in self.lines)
        for split in (name for name, count in counts.items() if not count):
            raise InputError(
                f"no {split} pair is label-discordant between {names}, and R is learned and judged"
                " on such pairs alone",
                "Choose other folds, more pairs or more cell lines (subset.pairs and subset.lines"
                " for the subset)",
                "config",
            )

    @abstractmethod
    def terms(self, step: MacroStep) -> dict[str, Tensor]:
        """Compute the loss terms of a macro-step, weights included; the loss is their sum."""

    @abstractmethod
    def after_step(self) -> None:
        """Update what no gradient reaches, after a step of the optimiser."""

    @abstractmethod
    def validate(self) -> dict[str, float]:
        """Compute the figures of an epoch on validation chromosomes, `score` among them."""

    def begin(self) -> dict[str, float]:
        """Do what a phase does once, before its optimiser is made; by default nothing.

        Returns metrics. A phase that goes on after a kill does not begin again.
        """
        return {}

    def start_epoch(self, epoch: int) -> None:
        """Set what depends on the number of the epoch; by default nothing does."""

    def after_epoch(self) -> dict[str, float]:
        """Update what changes once an epoch, before the validation; by default nothing.

        Returns evidence for the ledger.
        """
        return {}

    def watch(self) -> dict[str, float]:
        """Measure how much z and e tell of the line and of each other; decides nothing."""
        return self.trajectory.look()

    def parameters(self) -> list[nn.Parameter]:
        """Return the parameters that the optimiser moves."""
        groups = self.model.parameter_groups()
        return [parameter for name in self.moves for parameter in groups[name]]

    def sampler_of(self, pairs: np.ndarray, fit: FitConfig) -> CellBatchSampler:
        """Make a sampler of macro-steps over pairs (n,)."""
        positive = np.any(self.panel.labels_of(pairs, self.lines), axis=1)
        return CellBatchSampler(
            pairs, positive, self.lines, fit.batch_pairs, fit.positive_share, self.config.seed
        )

    @torch.no_grad()
    def refit_eraser(self) -> dict[str, float]:
        """Refit LEACE, where it is switched on, on z of the published training rows.

        Returns what it left of the line in z, as evidence for the ledger.
        """
        if not self.config.model.leace:
            return {}
        rows = self.eraser_pairs()
        pairs, columns = np.nonzero(self.panel.published[rows][:, self.lines] >= 0)
        raw = embed_raw(self.model, self.panel, rows[pairs])
        residual = self.model.potential.eraser.refit(raw, self.panel.tensor(columns))
        return {
            "leace_residual": residual,
            "eraser_pairs_elsewhere": self.panel.outside(rows, self.splits.train),
        }

    def eraser_pairs(self) -> np.ndarray:
        """The pairs on which concept erasure is fitted: those of the plan."""
        return self.rows

    def validate_resistance(self) -> dict[str, float]:
        """Compute conditional loss and within-pair AUC of -R on the discordant validation pairs."""
        pairs = self.discordant_validation
        self.judged["resistance"] = pairs
        resistance = score_resistance(self.model, self.panel, pairs, self.lines)
        offset = self.model.resistance.line_offset.detach()[self.lines]
        loss = conditional_nll(self.panel.tensor(resistance), offset, self.labels(pairs))
        auc = within_pair_auc(self.panel.labels_of(pairs, self.lines), -resistance).mean()
        return {"validation_loss": float(loss), "validation_within_pair_auc": float(auc)}

    @torch.no_grad()
    def validate_potential(self) -> dict[str, float]:
        """Compute the macro AUPR of U - R on the validation pairs, and on some training pairs for
        the overfitting guard.
        """
        self.judged["potential"] = self.validation
        z = embed(self.model, self.panel, self.validation)
        self.trajectory.note(z)
        potential = (
            self.model.potential.of_z(z, self.panel.distance_tensor(self.validation)).cpu().numpy()
        )
        train = self.aupr(
            self.guard_pairs, score_potential(self.model, self.panel, self.guard_pairs)
        )
        return {"validation_aupr": self.aupr(self.validation, potential), "train_aupr": train}

    def judged_evidence(self) -> dict[str, int]:
        """Whether the pairs that decided about the epoch are where they should be.

        validation_pairs_elsewhere : of them, those on other than validation chromosomes
        validation_pairs_by_other_labels : discordant pairs of the plan's lines that R was not
        judged on, and pairs that it was judged on and that are none
        """
        if not self.judged:
            return {}
        pairs = np.concatenate(list(self.judged.values()))
        evidence = {"validation_pairs_elsewhere": self.panel.outside(pairs, self.splits.validation)}
        if "resistance" in self.judged:
            there = np.isin(self.panel.chrom, self.splits.validation)
            due = np.flatnonzero(there & discordant(self.panel.labels[:, self.lines]))
            wrong = np.setxor1d(due, self.judged["resistance"])
            evidence["validation_pairs_by_other_labels"] = len(wrong)
        return evidence

    def aupr(self, pairs: np.ndarray, potential: np.ndarray) -> float:
        """Compute the macro AUPR of U - R over the lines, from pairs (n,) and their U (n,)."""
        energy = potential[:, None] - score_resistance(self.model, self.panel, pairs, self.lines)
        return macro_aupr(self.panel.labels_of(pairs, self.lines), energy)

    @torch.no_grad()
    def sensitivity(self, step: MacroStep) -> dict[str, float]:
        """Measure how much terms of a step change when their input is changed on purpose.

        Every label is turned over: the label contrast must change; one that contrasts the lines
        does not. Some u_i is added to U of pair i in all lines: the conditional likelihood must not
        change.
        """
        turned, shifted = copy.copy(self), copy.copy(self)
        turned.panel = dataclasses.replace(self.panel, labels=1 - self.panel.labels)
        u = torch.linspace(-2, 2, len(step.pairs), device=self.panel.device)
        shifted.added_potential = u[:, None]
        changes = {}
        terms = self.terms(step)
        if "label_contrast" in terms:
            change = turned.terms(step)["label_contrast"] - terms["label_contrast"]
            changes["label_contrast_change_when_labels_change"] = float(change.abs())
            error = self._label_contrast_of(step.pairs) - terms["label_contrast"]
            changes["label_contrast_error"] = float(error.abs())
        if "conditional_likelihood" in terms:
            change = shifted.terms(step)["conditional_likelihood"] - terms["conditional_likelihood"]
            changes["conditional_likelihood_change_when_u_is_added"] = float(change.abs())
        return changes

    def _label_contrast_of(self, pairs: np.ndarray) -> Tensor:
        """The label contrast anew, from the panel's own labels of the pairs (n,)."""
        z = self.model.potential.z(self.panel.windows(pairs))
        labels = self.panel.tensor(self.panel.labels[pairs][:, self.lines].astype(np.float32))
        return self.config.objective.label_contrast * contrast_over_lines(z, labels)


class ResistancePhase(Phase):
    """Trains R and tau by the conditional likelihood of discordant pairs; U plays no part.

    discordant_training : pairs (n,) of the plan whose labels differ between its lines
    """

    name, score = "resistance", "validation_loss"
    moves = ("environment", "resistance_head", "line_offset")
    exercises = Phase.exercises | {
        "conditional likelihood",
        "line contrast on g",
        "prototype codebook",
        "mark masking",
    }

    def __init__(self, model: EnergyModel, panel: Panel, plan: Plan) -> None:
        super().__init__(model, panel, plan)
        self.fit = plan.config.resistance
        labels = panel.labels_of(plan.rows, plan.lines)
        self.discordant_training = plan.rows[(labels.min(1) == 0) & (labels.max(1) == 1)]
        self.sampler = self.sampler_of(self.discordant_training, self.fit)

    def begin(self) -> dict[str, float]:
        """Start tau at the lines' base rates among the discordant pairs."""
        labels = self.panel.labels_of(self.discordant_training, self.lines)
        rates = labels.mean(0).clip(LEAST_RATE, 1 - LEAST_RATE)
        tau = self.panel.tensor(np.log((1 - rates) / rates).astype(np.float32))
        with torch.no_grad():
            self.model.resistance.line_offset[self.lines] = tau - tau.mean()
        return {}

    def after_epoch(self) -> dict[str, float]:
        """Report which marks were hidden, and what the prototypes followed."""
        return self.masking_evidence() | self.followed_evidence()

    def terms(self, step: MacroStep) -> dict[str, Tensor]:
        """Compute conditional likelihood, residual penalty and line contrast."""
        return self.resistance_terms(step.pairs, self.parts(step))

    def after_step(self) -> None:
        """Let the prototypes follow the encoder."""
        self.follow_prototypes()

    def validate(self) -> dict[str, float]:
        """Compute the figures of R."""
        return self.validate_resistance()


class PotentialPhase(Phase):
    """Trains U by the task likelihood and a contrast on z; R and tau stand still.

    offset : -R - tau, float32 (pairs of the panel, C), computed once and without gradient; NaN for
    pairs outside the plan
    """

    name, score = "potential", "validation_aupr"
    moves = ("sequence", "potential_head", "task_offset")
    exercises = Phase.exercises | {
        "task likelihood",
        "label contrast on z",
        "orthogonality of U to R",
        "overfitting guard",
        "concept erasure",
    }

    def __init__(self, model: EnergyModel, panel: Panel, plan: Plan) -> None:
        super().__init__(model, panel, plan)
        self.fit = plan.config.potential
        self.sampler = self.sampler_of(plan.rows, self.fit)
        resistance = panel.tensor(score_resistance(model, panel, plan.rows, plan.lines))
        shape = (len(panel.enhancer), len(plan.lines))
        self.offset = torch.full(shape, torch.nan, device=panel.device)
        self.offset[plan.rows] = -resistance - model.resistance.line_offset.detach()[plan.lines]

    def begin(self) -> dict[str, float]:
        """Start the task's tau at the lines' base rates, and the filters at motifs that a screen
        of the training pairs turns up, where the encoder counts motifs.

        Where the screen finds none, the encoder becomes the one that starts at random filters.
        """
        self._start_offset()
        potential = self.model.potential
        ends = (potential.encoder.enhancer, potential.encoder.promoter)
        counting = [end for end in ends if isinstance(end, MotifEncoder)]
        if not counting:
            return {}
        motifs = self._screened()
        for end in counting:
            end.start([motif.log_odds for motif in motifs])
        if not motifs:
            self._fall_back()
        return {"screened_motifs": len(motifs)}

    def _start_offset(self) -> None:
        """Solve for the tau of each line with which R alone expects as many loops as there are."""
        rates = self.panel.labels_of(self.rows, self.lines).mean(0)
        tau = offsets_of_rates(self.offset[self.rows].double().cpu().numpy(), rates)
        with torch.no_grad():
            self.model.task_offset[self.lines] = self.panel.tensor(tau.astype(np.float32))

    def _screened(self) -> list[ScreenedMotif]:
        """Screen the phase's own pairs, with the offset that U is trained with."""
        rows, size = self.rows, self.config.model
        far = self.panel.log_distance[rows].astype(float) - DISTANCE_CENTRE
        pairs = ScreenedPairs(
            self.panel.enhancer[rows],
            self.panel.promoter[rows],
            np.column_stack([far, far**2]),
            (self.offset[rows] - self.model.task_offset.detach()[self.lines])
            .cpu()
            .double()
            .numpy(),
            self.panel.labels_of(rows, self.lines).astype(float),
        )
        rng = rng_for(self.config.seed, Stream.SCREENED_PAIRS)
        motifs = screen_motifs(self.panel.codes, pairs, size.filters, size.filter_bp, rng)
        log.info("%d motifs by the screen: z %s", len(motifs), [round(m.z, 1) for m in motifs])
        return motifs

    def _fall_back(self) -> None:
        """Take the encoder that starts at random filters; every process draws the same ones."""
        log.warning("the screen finds no motif: U is learned by the encoder cnn instead")
        with torch.random.fork_rng():
            torch.manual_seed(self.config.seed)
            self.model.potential.use_encoder(FALLBACK)
        self.model.eval()

    def terms(self, step: MacroStep) -> dict[str, Tensor]:
        """Compute task likelihood and label contrast."""
        return self.potential_terms(step.pairs, self.offset[step.pairs], step.weights)[0]

    def after_step(self) -> None:
        """Do nothing: the prototypes read nothing that has moved."""

    def after_epoch(self) -> dict[str, float]:
        """Refit the eraser."""
        return self.refit_eraser()

    def validate(self) -> dict[str, float]:
        """Compute the figures of U - R."""
        return self.validate_potential()


class FineTuningPhase(Phase):
    """Trains both energies together, each still by its own terms, and makes e orthogonal to z.

    ramp : in 0 .. 1, the share of their weight that line contrast and orthogonality have
    """

    name, score = "fine_tuning", "validation_aupr"
    moves = (*ResistancePhase.moves, *PotentialPhase.moves)
    exercises = ResistancePhase.exercises | PotentialPhase.exercises | {"orthogonality of e to z"}

    def __init__(self, model: EnergyModel, panel: Panel, plan: Plan) -> None:
        super().__init__(model, panel, plan)
        self.fit = plan.config.fine_tuning
        self.sampler = self.sampler_of(plan.rows, self.fit)
        self.ramp = 1.0

    def start_epoch(self, epoch: int) -> None:
        """Raise the ramp: it reaches 1 in epoch `objective.ramp_epochs`."""
        self.ramp = min(1.0, epoch / max(1, self.config.objective.ramp_epochs))

    def terms(self, step: MacroStep) -> dict[str, Tensor]:
        """Compute the terms of both energies, and orthogonality.

        The task reads R and tau detached.
        """
        parts = self.parts(step)
        offset = -self.resistance(parts) - self.model.resistance.line_offset[self.lines]
        of_potential, z = self.potential_terms(step.pairs, offset.detach(), step.weights)
        terms = of_potential | self.resistance_terms(step.pairs, parts)
        if self.config.objective.orthogonality:
            weight = self.ramp * self.config.objective.orthogonality
            terms["orthogonality"] = weight * self.mean_orthogonality(z, parts)
        if "line_contrast" in terms:
            terms["line_contrast"] = self.ramp * terms["line_contrast"]
        return terms

    def after_step(self) -> None:
        """Let the prototypes follow the encoder."""
        self.follow_prototypes()

    def after_epoch(self) -> dict[str, float]:
        """Refit the eraser; report which marks were hidden, and what the prototypes followed."""
        return self.refit_eraser() | self.masking_evidence() | self.followed_evidence()

    def validate(self) -> dict[str, float]:
        """Compute the figures of U - R and of R."""
        return self.validate_potential() | self.validate_resistance()


# The phases of each curriculum in their order. `potential_first` is the original one, in which U is
# learned before R.
CURRICULA: dict[str, tuple[type[Phase], ...]] = {
    "resistance_first": (ResistancePhase, PotentialPhase),
    "fine_tuned": (ResistancePhase, PotentialPhase, FineTuningPhase),
    "potential_first": (PotentialPhase, FineTuningPhase),
}

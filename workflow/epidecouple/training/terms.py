"""The loss terms of a macro-step, and the prototypes that follow the encoder after it."""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..data.panel import Panel
from ..data.sampler import MacroStep, MicroBatch
from ..model.energy import EnergyModel
from ..model.losses import (
    conditional_nll,
    contrast_over_lines,
    line_contrast,
    orthogonality,
    potential_orthogonality,
    task_nll,
)
from ..model.prototypes import MOMENTUM
from ..model.resistance import Parts
from .plan import Plan
from .processes import gathered, share

# Two encoded loci nearer than this are one.
SAME_LOCUS = 1e-2
# Reference loci that are drawn for a line contrast, and for a move of the prototypes.
REFERENCE_BATCH = 256


class LossTerms:
    """Computes the loss terms of a macro-step: scalar tensors, weights included.

    Shapes: n pairs of the macro-step, C lines of the plan.
    lines, rows, config : those of the plan
    generator : draws reference loci, and the loci at which dead states are seeded again
    added_potential : (n, 1), what an audit adds to U of each pair; None in training
    """

    added_potential: Tensor | None = None

    def __init__(self, model: EnergyModel, panel: Panel, plan: Plan) -> None:
        self.model, self.panel = model, panel
        self.lines, self.rows, self.config = plan.lines, plan.rows, plan.config
        self.generator = torch.Generator().manual_seed(plan.config.seed)
        self.masking: list[Tensor] = []
        self.line_prototype_error = 0.0

    def labels(self, pairs: np.ndarray) -> Tensor:
        """Return the labels of pairs (n,), float32 (n, C)."""
        return self.panel.label_tensor(pairs, self.lines)

    def parts(self, step: MacroStep) -> list[Parts]:
        """Encode the signal of each line, in a forward pass of its own, into what R is made of."""
        return [self._parts_of_line(batch) for batch in step.micro_batches]

    def _parts_of_line(self, batch: MicroBatch) -> Parts:
        signal = self.panel.signal_tensor(share(batch.pairs), batch.line)
        if self.model.training:
            whole, signal = signal, self.augmented(signal)
            self.masking.append(_masking(whole, signal))
        own = self.model.resistance.parts(signal)
        return Parts(*(gathered(part, len(batch.pairs)) for part in own))

    def augmented(self, signal: Tensor) -> Tensor:
        """Hide some marks of each pair and add noise to the others, for a model in training.

        signal : (n, P, 2M). A mark is hidden at all positions, value and flag.
        """
        model, marks = self.config.model, signal.shape[2] // 2
        values, flags = signal.split(marks, dim=2)
        noise, way = model.mark_noise * torch.randn_like(values), self.model.resistance.way
        if way is not None:
            # Densities are not standardised before R reads them.
            noise[:, -len(way.sd) :] *= way.sd
        values = values + noise
        shown = torch.rand(len(signal), 1, marks, device=signal.device) >= model.mask_marks
        return torch.cat([values * flags * shown, flags * shown], dim=2)

    def masking_evidence(self) -> dict[str, float]:
        """Whether as many marks were hidden from R since the last call as should be, in sd of the
        chance, and what was left of them.
        """
        hidden, flags, left = torch.stack(self.masking).unbind(1)
        self.masking = []
        chance, draws = self.config.model.mask_marks, float(flags.sum())
        surplus = abs(float(hidden.sum()) - chance * draws)
        return {
            "masked_share_deviation": surplus / max(math.sqrt(chance * (1 - chance) * draws), 1.0),
            "masked_values_left": float(left.max()),
        }

    def resistance(self, parts: list[Parts]) -> Tensor:
        """Compute R (n, C) from the parts of each line."""
        resistance = torch.stack([self.model.resistance.of_parts(part) for part in parts], dim=1)
        # No U is read here, so u is taken off R: (U + u) - R = U - (R - u).
        return resistance if self.added_potential is None else resistance - self.added_potential

    def resistance_terms(self, pairs: np.ndarray, parts: list[Parts]) -> dict[str, Tensor]:
        """Compute the terms that teach R and tau, from pairs (n,) and the parts of each line.

        conditional_likelihood : of the discordant pairs among them
        residual_penalty : on the residual of R, so that the states explain R first
        line_contrast : draws each line's state to the line's own prototype
        """
        labels = self.labels(pairs)
        usable = (labels.min(1).values == 0) & (labels.max(1).values == 1)
        resistance = self.resistance(parts)
        offset = self.model.resistance.line_offset[self.lines]
        residual = torch.stack([part.residual for part in parts])
        terms = {
            "conditional_likelihood": self._likelihood(resistance[usable], offset, labels[usable]),
            "residual_penalty": self.config.model.residual_penalty * residual.square().mean(),
        }
        if self.config.objective.line_contrast:
            terms["line_contrast"] = self.config.objective.line_contrast * self._line_contrast()
        return terms

    def _likelihood(self, resistance: Tensor, offset: Tensor, labels: Tensor) -> Tensor:
        """The likelihood of labels (n, C) that R and tau are fitted by."""
        if self.config.objective.resistance_likelihood == "conditional":
            return conditional_nll(resistance, offset, labels)
        return binary_cross_entropy_with_logits(-resistance - offset, labels)

    def potential_terms(
        self, pairs: np.ndarray, offset: Tensor, weights: np.ndarray
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Compute the terms that teach U, and z (n, d_z), which all lines share.

        pairs : (n,); offset : -R - tau (n, C), detached
        weights : float32 (n,), weight of each pair in the task likelihood
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
        terms = {"task": task}
        if self.config.objective.label_contrast:
            contrast = contrast_over_lines(z, labels)
            terms["label_contrast"] = self.config.objective.label_contrast * contrast
        if self.config.objective.potential_orthogonality:
            penalty = potential_orthogonality(potential, -offset, self._listed(pairs))
            terms["potential_orthogonality"] = (
                self.config.objective.potential_orthogonality * penalty
            )
        return terms, z

    def _listed(self, pairs: np.ndarray) -> Tensor:
        """Which pairs (n,) each line's own table lists, bool (n, C)."""
        return self.panel.tensor(self.panel.published[pairs][:, self.lines] >= 0)

    def mean_orthogonality(self, z: Tensor, parts: list[Parts]) -> Tensor:
        """Average the orthogonality penalty of e to z (n, d_z) over the lines; without a weight."""
        return torch.stack([orthogonality(z, part.e) for part in parts]).mean()

    def _line_contrast(self) -> Tensor:
        loci = self._some_loci()
        prototypes = self.model.resistance.line_prototypes.prototypes[self.lines]
        return line_contrast(self._line_states(loci), prototypes)

    def _some_loci(self) -> Tensor:
        """Draw reference loci: indices (n_loci,), at most `REFERENCE_BATCH` of them."""
        return torch.randperm(self.panel.n_reference, generator=self.generator)[:REFERENCE_BATCH]

    def _line_states(self, loci: Tensor) -> Tensor:
        """Compute the state g of every line on some reference loci: (C, n_modules * K)."""
        signal = [self.panel.reference_tensor(line, loci.numpy()) for line in self.lines]
        return torch.stack([self.model.resistance.line_state(values, loci) for values in signal])

    @torch.no_grad()
    def follow_prototypes(self) -> None:
        """Move the prototypes of states and lines towards what the encoder now gives.

        It is measured on random reference loci.
        """
        loci = self._some_loci()
        e = torch.cat(
            [
                self.model.resistance.encoder(self.panel.reference_tensor(line, loci.numpy()))
                for line in self.lines
            ]
        )
        self.model.resistance.prototypes.follow(e, self.generator)
        self._follow_lines(self._line_states(loci))

    def _follow_lines(self, states: Tensor) -> None:
        """Move the lines' prototypes towards their states (C, D), and note how far they end up from
        where a moving average of each line's own state takes them.
        """
        line_prototypes = self.model.resistance.line_prototypes
        before = line_prototypes.prototypes[self.lines].clone()
        line_prototypes.follow(states, self.lines)
        moved = before.lerp(states, 1 - MOMENTUM)
        expected = torch.where(before.any(1, keepdim=True), moved, states)
        error = (line_prototypes.prototypes[self.lines] - expected).abs().max()
        self.line_prototype_error = max(self.line_prototype_error, float(error))

    @torch.no_grad()
    def followed_evidence(self) -> dict[str, float]:
        """How many of the loci that the states followed last are no reference locus of a line, and
        how far the lines' prototypes are from where their own states move them.
        """
        encoder = self.model.resistance.encoder
        followed = self.model.resistance.prototypes.followed
        if not len(followed):
            return {}
        e = torch.cat([encoder(self.panel.reference_tensor(line)) for line in self.lines])
        # By a matrix product, as cdist has it by default, a locus is up to 0.02 from itself.
        exact = "donot_use_mm_for_euclid_dist"
        nearest = torch.cdist(followed, e, compute_mode=exact).min(1).values
        error, self.line_prototype_error = self.line_prototype_error, 0.0
        return {
            "loci_followed_elsewhere": int((nearest > SAME_LOCUS).sum()),
            "line_prototype_error": error,
        }


def _masking(signal: Tensor, read: Tensor) -> Tensor:
    """Flags of pairs that are hidden in what R reads, flags that there are, and the largest value
    left where a flag is hidden: (3,).
    """
    marks = signal.shape[2] // 2
    flags, shown = signal[..., marks:], read[..., marks:]
    hidden = flags - shown
    left = (read[..., :marks] * hidden).abs().max()
    return torch.stack([hidden[:, 0].sum(), flags[:, 0].sum(), left]).detach()

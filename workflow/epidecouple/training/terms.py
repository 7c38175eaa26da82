"""The loss terms of a macro-step, and the prototypes that follow the encoder after it."""

import numpy as np
import torch
from torch import Tensor

from ..data.panel import Panel
from ..data.sampler import MacroStep, MicroBatch
from ..model.energy import EnergyModel
from ..model.losses import (
    conditional_nll,
    contrast_over_lines,
    line_contrast,
    orthogonality,
    task_nll,
)
from ..model.resistance import Parts
from .plan import Plan
from .processes import gathered, share

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

    def labels(self, pairs: np.ndarray) -> Tensor:
        """Return the labels of pairs (n,), float32 (n, C)."""
        return self.panel.label_tensor(pairs, self.lines)

    def parts(self, step: MacroStep) -> list[Parts]:
        """Encode the signal of each line, in a forward pass of its own, into what R is made of."""
        return [self._parts_of_line(batch) for batch in step.micro_batches]

    def _parts_of_line(self, batch: MicroBatch) -> Parts:
        own = self.model.resistance.parts(self.panel.signal_tensor(share(batch.pairs), batch.line))
        return Parts(*(gathered(part, len(batch.pairs)) for part in own))

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
        return {
            "conditional_likelihood": conditional_nll(resistance[usable], offset, labels[usable]),
            "residual_penalty": self.config.model.residual_penalty * residual.square().mean(),
            "line_contrast": self.config.objective.line_contrast * self._line_contrast(),
        }

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
        contrast = self.config.objective.label_contrast * contrast_over_lines(z, labels)
        return {"task": task, "label_contrast": contrast}, z

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
        self.model.resistance.line_prototypes.follow(self._line_states(loci), self.lines)

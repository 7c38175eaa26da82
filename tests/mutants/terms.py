"""Mutants of the terms: likelihoods, contrasts, penalties, masks, and their weights."""

import torch
from torch import nn

from epidecouple.training import phases, terms

from .registry import mutant


@mutant
def plain_likelihood_for_r(world, patch):
    """R is fitted by the unconditional likelihood"""

    def plain(resistance, line_offset, labels):
        return nn.functional.binary_cross_entropy_with_logits(-resistance - line_offset, labels)

    patch.setattr(terms, "conditional_nll", plain)


@mutant
def task_loss_moves_r(world, patch):
    """R is not detached in the task loss"""

    def live(phase, step):
        resistance = torch.stack(
            [phase.model.resistance.of_parts(part) for part in phase.parts(step)], dim=1
        )
        return phase.potential_terms(
            step.pairs, -resistance - phase.model.resistance.line_offset[phase.lines], step.weights
        )[0]

    patch.setattr(phases.PotentialPhase, "terms", live)


def _scaled(patch, term: str, factor: float) -> None:
    """Multiply a loss term where the phases use it."""
    plain = getattr(terms, term)
    patch.setattr(terms, term, lambda *arguments: factor * plain(*arguments))


@mutant
def label_contrast_weight_zero(world, patch):
    """the label contrast is multiplied by 0 in the code"""
    _scaled(patch, "contrast_over_lines", 0.0)


@mutant
def label_contrast_weight_negligible(world, patch):
    """the label contrast has the weight 1e-9 in the configuration"""
    world.reconfigure("objective", label_contrast=1e-9)


@mutant
def label_contrast_on_detached_z(world, patch):
    """the label contrast is computed on a detached z"""
    contrast = terms.contrast_over_lines
    patch.setattr(terms, "contrast_over_lines", lambda z, labels: contrast(z.detach(), labels))


@mutant
def contrast_with_line_as_label(world, patch):
    """the contrast on z takes the line as its label: one class in a homogeneous batch"""
    contrast = terms.contrast_over_lines
    patch.setattr(
        terms, "contrast_over_lines", lambda z, labels: contrast(z, torch.ones_like(labels))
    )


@mutant
def label_contrast_on_other_labels(world, patch):
    """the contrast on z has the labels of the next pairs"""
    contrast = terms.contrast_over_lines
    patch.setattr(terms, "contrast_over_lines", lambda z, labels: contrast(z, labels.roll(1, 0)))


@mutant
def line_contrast_weight_zero(world, patch):
    """the contrast on g is multiplied by 0 in the code"""
    _scaled(patch, "line_contrast", 0.0)


@mutant
def line_contrast_weight_negligible(world, patch):
    """the contrast on g has the weight 1e-9 in the configuration"""
    world.reconfigure("objective", line_contrast=1e-9)


@mutant
def line_contrast_on_detached_e(world, patch):
    """the contrast on g is computed on a detached environment"""
    contrast = terms.line_contrast
    patch.setattr(
        terms, "line_contrast", lambda states, prototypes: contrast(states.detach(), prototypes)
    )


@mutant
def orthogonality_weight_zero(world, patch):
    """the orthogonality penalty is multiplied by 0 in the code"""
    _scaled(patch, "orthogonality", 0.0)


@mutant
def orthogonality_weight_negligible(world, patch):
    """the orthogonality penalty has the weight 1e-9 in the configuration"""
    world.reconfigure("objective", orthogonality=1e-9)


@mutant
def orthogonality_on_detached_e(world, patch):
    """the orthogonality penalty is computed on a detached e"""
    penalty = terms.orthogonality
    patch.setattr(terms, "orthogonality", lambda z, e: penalty(z, e.detach()))


@mutant
def orthogonality_moves_z(world, patch):
    """the orthogonality penalty sends its gradient to z as well"""
    patch.setattr(terms, "orthogonality", lambda z, e: (z.T @ e / len(z)).square().mean())


@mutant
def potential_orthogonality_weight_zero(world, patch):
    """the penalty on the correlation of U with R is multiplied by 0 in the code"""
    _scaled(patch, "potential_orthogonality", 0.0)


@mutant
def potential_orthogonality_weight_negligible(world, patch):
    """the penalty on the correlation of U with R has the weight 1e-9 in the configuration"""
    world.reconfigure("objective", potential_orthogonality=1e-9)


@mutant
def potential_orthogonality_moves_r(world, patch):
    """the penalty on the correlation of U with R sends its gradient to R as well"""
    plain = terms.potential_orthogonality

    def live(potential, resistance, listed):
        current = world.model.resistance.level + resistance
        return plain(potential, resistance, listed) + 0.01 * current.square().mean()

    patch.setattr(terms, "potential_orthogonality", live)


@mutant
def marks_never_masked(world, patch):
    """no mark is ever hidden from R"""
    patch.setattr(terms.LossTerms, "augmented", lambda phase, signal: signal)


@mutant
def values_masked_without_flags(world, patch):
    """the flag of a mark is hidden, its value stays"""
    augmented = terms.LossTerms.augmented

    def flags_alone(phase, signal):
        marks = signal.shape[2] // 2
        return torch.cat([signal[..., :marks], augmented(phase, signal)[..., marks:]], dim=2)

    patch.setattr(terms.LossTerms, "augmented", flags_alone)

"""Each exact assertion is met by the model and broken by the one mutant that breaks its
guarantee.
"""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.record22 import AnnotatedPotential, LinearResistance
from epidecouple.model.scoring import energies, score_potential
from epidecouple.training.phases import PotentialPhase
from epidecouple.training.trainer import full_plan, task_gradient_on_resistance
from epidecouple.verification import assertions
from epidecouple.verification.assertions import (
    environment_nonlinearity,
    exact_assertions,
    normalisation_error,
    start_evidence,
    swapped_states,
)
from toy_panel import toy_config, toy_panel

CONFIG = toy_config()
BOUNDS = {
    "gradient_of_potential_on_signal": 0,
    "gradient_of_resistance_on_dna": 0,
    "potential_change_when_signal_changes": 0,
    "potential_change_when_annotation_changes": 0,
    "resistance_change_when_dna_changes": 0,
    "potential_difference_between_lines": 1e-6,
    "interaction_contrast": 1e-4,
    "z_difference_alone_or_in_batch": 1e-5,
    "conditional_nll_shift_by_potential": 1e-5,
    "prototype_parameters": 0,
    "batch_norm_modules": 0,
}


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model(panel):
    made = start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG).eval()
    with torch.no_grad():
        made.resistance.state_resistance.normal_()
    return made


def signal_at_ends(panel, pairs, line=0):
    return panel.signal_tensor(pairs, line)[:, :2, 2].mean(1)


def changed_energies(patch, change):
    """Replace the energies that training reads: change(U, R, panel, pairs, line) gives others."""
    plain = assertions.energies
    patch(
        assertions,
        "energies",
        lambda m, which, pairs, line: change(*plain(m, which, pairs, line), which, pairs, line),
    )


def g_content(panel, pairs):
    return torch.from_numpy((panel.codes[panel.enhancer[pairs]] == 2).mean(1)).float()


def potential_reads_signal_past_the_encoder(model, panel, patch):
    changed_energies(patch, lambda u, r, which, pairs, line: (u + signal_at_ends(which, pairs), r))


def scored_potential_reads_signal(model, panel, patch):
    plain = assertions.score_potential
    patch(
        assertions,
        "score_potential",
        lambda m, which, pairs: plain(m, which, pairs) + signal_at_ends(which, pairs).numpy(),
    )


def potential_reads_reference_loci(model, panel, patch):
    changed_energies(
        patch, lambda u, r, which, pairs, line: (u + which.reference_tensor(0).square().mean(), r)
    )


def potential_reads_presence_of_marks(model, panel, patch):
    changed_energies(patch, lambda u, r, which, pairs, line: (u + float(which.present.mean()), r))


def potential_reads_annotated_lengths(model, panel, patch):
    model.potential = AnnotatedPotential(CONFIG.model).eval()


def potential_shares_a_parameter_with_resistance(model, panel, patch):
    changed_energies(patch, lambda u, r, which, pairs, line: (u + model.resistance.level, r))


def potential_reads_signal_by_the_encoder(model, panel, patch):
    changed_energies(
        patch,
        lambda u, r, which, pairs, line: (u + model.resistance(which.signal_tensor(pairs, 0)), r),
    )


def resistance_shares_a_parameter_with_potential(model, panel, patch):
    plain = model.resistance.forward
    patch(
        model.resistance,
        "forward",
        lambda signal: plain(signal) + model.potential.head.bend[0].bias.sum(),
    )


def resistance_is_scaled_by_dna(model, panel, patch):
    changed_energies(patch, lambda u, r, which, pairs, line: (u, r * (1 + g_content(which, pairs))))


def resistance_is_scaled_by_distance_when_scored(model, panel, patch):
    plain = assertions.score_resistance
    patch(
        assertions,
        "score_resistance",
        lambda m, which, pairs, lines: (
            plain(m, which, pairs, lines) * which.log_distance[pairs, None]
        ),
    )


def resistance_is_shifted_by_dna(model, panel, patch):
    changed_energies(patch, lambda u, r, which, pairs, line: (u, r + g_content(which, pairs)))


def potential_knows_the_line(model, panel, patch):
    changed_energies(patch, lambda u, r, which, pairs, line: (u + 0.01 * line, r))


def potential_knows_the_line_in_training_mode(model, panel, patch):
    changed_energies(patch, lambda u, r, which, pairs, line: (u + 0.01 * line * model.training, r))


def potential_times_line(model, panel, patch):
    changed_energies(patch, lambda u, r, which, pairs, line: (u * (1 + line), r))


def z_is_centred_over_the_batch(model, panel, patch):
    plain = model.potential.encoder.combine

    def centred(*parts):
        z = plain(*parts)
        return z - z.mean(0)

    patch(model.potential.encoder, "combine", centred)


def batch_norm_in_the_join(model, panel, patch):
    model.potential.encoder.join.network.append(nn.BatchNorm1d(CONFIG.model.z_size))


def frozen_batch_norm_in_the_join(model, panel, patch):
    norm = nn.BatchNorm1d(CONFIG.model.z_size).eval()
    patch(norm, "train", lambda mode=True: norm)
    model.potential.encoder.join.network.append(norm)


def plain_likelihood(model, panel, patch):
    def bce(resistance, offset, labels):
        return nn.functional.binary_cross_entropy_with_logits(-resistance - offset, labels)

    patch(assertions, "conditional_nll", bce)


def codebook_as_parameter(model, panel, patch):
    codebook = model.resistance.prototypes.codebook
    del model.resistance.prototypes.codebook
    model.resistance.prototypes.codebook = nn.Parameter(codebook)


def parameter_over_part_of_the_codebook(model, panel, patch):
    model.resistance.prototypes.tied = nn.Parameter(model.resistance.prototypes.codebook[1:])


MUTANTS = {
    potential_reads_signal_past_the_encoder: {"potential_change_when_signal_changes"},
    scored_potential_reads_signal: {"potential_change_when_signal_changes"},
    potential_reads_reference_loci: {"potential_change_when_signal_changes"},
    potential_reads_presence_of_marks: {"potential_change_when_signal_changes"},
    potential_reads_annotated_lengths: {"potential_change_when_annotation_changes"},
    potential_shares_a_parameter_with_resistance: {"gradient_of_potential_on_signal"},
    potential_reads_signal_by_the_encoder: {
        "gradient_of_potential_on_signal",
        "potential_change_when_signal_changes",
    },
    resistance_shares_a_parameter_with_potential: {"gradient_of_resistance_on_dna"},
    resistance_is_scaled_by_dna: {"resistance_change_when_dna_changes", "interaction_contrast"},
    resistance_is_scaled_by_distance_when_scored: {"resistance_change_when_dna_changes"},
    resistance_is_shifted_by_dna: {"resistance_change_when_dna_changes"},
    potential_knows_the_line: {"potential_difference_between_lines"},
    potential_knows_the_line_in_training_mode: {"potential_difference_between_lines"},
    potential_times_line: {"potential_difference_between_lines", "interaction_contrast"},
    z_is_centred_over_the_batch: {"z_difference_alone_or_in_batch"},
    batch_norm_in_the_join: {"z_difference_alone_or_in_batch", "batch_norm_modules"},
    frozen_batch_norm_in_the_join: {"batch_norm_modules"},
    plain_likelihood: {"conditional_nll_shift_by_potential"},
    codebook_as_parameter: {"prototype_parameters"},
    parameter_over_part_of_the_codebook: {"prototype_parameters"},
}


def broken(model, panel):
    figures = exact_assertions(model, panel, panel.rows("train"))
    assert set(figures) == set(BOUNDS)
    return {name for name, value in figures.items() if not value <= BOUNDS[name]}


def test_the_model_meets_every_assertion(model, panel):
    assert broken(model, panel) == set()


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_a_mutant_breaks_what_it_should_and_nothing_else(model, panel, monkeypatch, mutate):
    mutate(model, panel, monkeypatch.setattr)
    assert broken(model, panel) == MUTANTS[mutate]


def test_every_assertion_has_a_mutant():
    assert set.union(*MUTANTS.values()) == set(BOUNDS)


def test_the_energies_do_depend_on_what_they_may_see(model, panel):
    """Otherwise a constant would meet every assertion."""
    pairs = panel.rows("train")
    reads_dna = dataclasses.replace(panel, codes=np.zeros_like(panel.codes))
    assert (
        np.abs(
            score_potential(model, panel, pairs) - score_potential(model, reads_dna, pairs)
        ).max()
        > 1e-3
    )
    assert (
        energies(model, panel, pairs, 0)[1] - energies(model, panel, pairs, 2)[1]
    ).abs().max() > 1e-3


def test_modes_and_weights_of_the_model_are_left_as_they_were(model, panel):
    model.potential.encoder.train()
    modes = {name: module.training for name, module in model.named_modules()}
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    exact_assertions(model, panel, panel.rows("train"))
    assert {name: module.training for name, module in model.named_modules()} == modes
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


class LiveResistancePhase(PotentialPhase):
    """A potential phase whose task loss reaches R."""

    def terms(self, step):
        self.offset = self.offset.clone()
        for column, line in enumerate(self.lines):
            self.offset[step.pairs, column] = -self.model.resistance(
                self.panel.signal_tensor(step.pairs, line)
            )
        return super().terms(step)


class LiveOffsetPhase(PotentialPhase):
    """A potential phase whose task loss reaches tau."""

    def terms(self, step):
        terms = super().terms(step)
        return terms | {"task": terms["task"] + self.model.resistance.line_offset.sum()}


@pytest.mark.parametrize(
    ("kind", "reached"),
    [(PotentialPhase, False), (LiveResistancePhase, True), (LiveOffsetPhase, True)],
)
def test_task_loss_reaches_the_resistance_only_in_a_mutant(model, panel, kind, reached):
    phase = kind(model, panel, full_plan(panel, CONFIG))
    assert (task_gradient_on_resistance(phase) > 0) == reached


def test_evidence_at_the_start_is_assertions_panel_and_marks(model, panel):
    evidence = start_evidence(model, panel, panel.rows("train"))
    assert set(evidence) == set(BOUNDS) | {
        "panel_labels_missing",
        "environment_nonlinearity",
        "reference_mean_error",
        "reference_sd_error",
    }
    assert evidence["panel_labels_missing"] == 0
    labels = panel.labels.copy()
    labels[3, 1] = labels[5, 0] = -1
    assert (
        start_evidence(model, dataclasses.replace(panel, labels=labels), panel.rows("train"))[
            "panel_labels_missing"
        ]
        == 2
    )


def with_reference(panel, line, values):
    shards = list(panel.shards)
    shards[line] = dataclasses.replace(shards[line], reference=values)
    return dataclasses.replace(panel, shards=shards)


def test_normalisation_error_is_the_worst_over_lines_and_present_marks(panel):
    assert max(normalisation_error(panel).values()) < 1e-3
    reference = panel.shards[2].reference.astype(np.float64)
    shifted = normalisation_error(with_reference(panel, 2, reference + [0, 0.5, 0, 0]))
    assert (
        shifted["reference_mean_error"] == pytest.approx(0.5, abs=1e-3)
        and shifted["reference_sd_error"] < 1e-3
    )
    scaled = normalisation_error(with_reference(panel, 2, reference * [1, 1, 1.3, 1]))
    assert (
        scaled["reference_sd_error"] == pytest.approx(0.3, abs=1e-3)
        and scaled["reference_mean_error"] < 1e-3
    )
    missing = np.array(panel.shards[1].reference)
    missing[:, 3] = 7
    assert max(normalisation_error(with_reference(panel, 1, missing)).values()) < 1e-3


def test_a_linear_environment_is_told_from_one_that_is_not(model, panel):
    assert environment_nonlinearity(model, panel) > 1e-2
    model.resistance = LinearResistance(CONFIG, panel.n_reference)
    assert environment_nonlinearity(model, panel) < 1e-5


def test_swapping_states_changes_r_and_puts_them_back(model, panel):
    codebook, pairs = model.resistance.prototypes.codebook.clone(), panel.rows("train")
    assert swapped_states(model, panel, pairs)["resistance_change_when_states_are_swapped"] > 1e-3
    assert torch.equal(model.resistance.prototypes.codebook, codebook)
    with torch.no_grad():
        model.resistance.state_resistance.zero_()
    assert swapped_states(model, panel, pairs) == {"resistance_change_when_states_are_swapped": 0}


def test_the_stream_of_random_numbers_is_left_as_it_was(model, panel):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    exact_assertions(model, panel, panel.rows("train"))
    assert torch.equal(torch.rand(4), expected)

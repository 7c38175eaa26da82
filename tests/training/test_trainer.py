import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from epidecouple.core.errors import DesignViolation
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.model.losses import (
    contrast_over_lines,
    line_contrast,
    orthogonality,
    potential_orthogonality,
)
from epidecouple.model.scoring import energies, score_resistance
from epidecouple.statistics.ranking import within_pair_auc
from epidecouple.training import terms as training_terms
from epidecouple.training.loop import fit, small_step
from epidecouple.training.phases import (
    CURRICULA,
    FineTuningPhase,
    PotentialPhase,
    ResistancePhase,
)
from epidecouple.training.plan import Plan
from epidecouple.training.record22 import RECORD22
from epidecouple.training.trainer import (
    full_plan,
    measure,
    method_of,
    missing_components,
    optional_components,
    subset_plan,
    train,
)
from epidecouple.verification.design import ENERGIES, load_design, of_model
from epidecouple.verification.ledger import Ledger
from mutants.energies import EVERY_TERM
from toy_panel import N_REFERENCE, digest, toy_config, toy_panel

CONFIG = toy_config(curriculum="fine_tuned", objective=EVERY_TERM)
# With more epochs R learns something of so few pairs, which the ledger asks for.
LONG = {"epochs": 20}
FINE_TUNED = toy_config(curriculum="fine_tuned", objective=EVERY_TERM, resistance=LONG)
DEFAULT = toy_config(resistance=LONG)
PHASES = (ResistancePhase, PotentialPhase, FineTuningPhase)


@pytest.fixture
def panel():
    return toy_panel()


def ready(panel, config=CONFIG):
    return start_prototypes(new_model(config, panel), panel, panel.training, config)


def made(kind, model, panel, config=CONFIG):
    return kind(model, panel, full_plan(panel, config))


def watched(model, phase):
    """A ledger that stops training at the first violation."""
    return Ledger(model, optional_components(phase.config), "enforce", [phase.name])


def moved(phase, model):
    before = digest(model.state_dict())
    history, *_ = fit(model, phase, watched(model, phase), CONFIG.thresholds)
    after = digest(model.state_dict())
    return {name for name in before if before[name] != after[name]}, history


def always_better(phase):
    """The phase with a validation figure that grows, so that its last epoch is kept."""
    values, plain = iter(range(100)), phase.validate
    sign = -1 if phase.score.endswith("_loss") else 1
    phase.validate = lambda: plain() | {phase.score: sign * next(values)}
    return phase


PROTOTYPES = {
    f"resistance.{name}"
    for name in ("prototypes.codebook", "prototypes.usage", "line_prototypes.prototypes")
}


def parameters_of(model, *prefixes):
    return {name for name, _ in model.named_parameters() if name.startswith(prefixes)}


def test_the_resistance_phase_moves_the_resistance_only(panel):
    model = ready(panel)
    names, _ = moved(always_better(made(ResistancePhase, model, panel)), model)
    assert names == parameters_of(model, "resistance.") | PROTOTYPES


def test_the_potential_phase_moves_the_potential_and_the_task_offset_only(panel):
    model = ready(panel)
    names, _ = moved(always_better(made(PotentialPhase, model, panel)), model)
    assert names == parameters_of(model, "potential.", "task_offset")


def test_fine_tuning_moves_both_energies_and_the_prototypes(panel):
    model = ready(panel)
    names, _ = moved(always_better(made(FineTuningPhase, model, panel)), model)
    assert names == {name for name, _ in model.named_parameters()} | PROTOTYPES


def test_the_potential_phase_moves_the_eraser_where_it_is_switched_on(panel):
    config = CONFIG.model_copy(update={"model": CONFIG.model.model_copy(update={"leace": True})})
    model = ready(panel, config)
    names, _ = moved(always_better(made(PotentialPhase, model, panel, config)), model)
    eraser = {"potential.eraser.projection", "potential.eraser.centre"}
    assert names == parameters_of(model, "potential.", "task_offset") | eraser


def test_each_phase_hands_its_own_parameters_to_the_optimiser(panel):
    model, moved_ids = ready(panel), []
    for make_phase in PHASES:
        moved_ids.append(
            [id(parameter) for parameter in made(make_phase, model, panel).parameters()]
        )
    assert all(len(ids) == len(set(ids)) for ids in moved_ids)
    assert set(moved_ids[0]) == {id(parameter) for parameter in model.resistance.parameters()}
    assert set(moved_ids[1]) == {
        id(parameter) for parameter in [*model.potential.parameters(), model.task_offset]
    }
    assert set(moved_ids[2]) == {id(parameter) for parameter in model.parameters()}


def test_the_resistance_phase_takes_discordant_training_pairs_of_its_lines(panel):
    lines = [0, 2]
    phase = ResistancePhase(ready(panel), panel, Plan(lines, panel.rows("train"), CONFIG))
    labels = panel.labels[:, lines]
    expected = [
        i for i in range(len(labels)) if panel.split[i] == "train" and labels[i, 0] != labels[i, 1]
    ]
    assert phase.discordant_training.tolist() == expected
    step = next(iter(phase.sampler.epoch(1)))
    assert set(step.pairs) <= set(expected)
    assert [batch.line for batch in step.micro_batches] == lines


def test_the_resistance_phase_does_not_see_dna_or_the_potential(panel):
    model = ready(panel).eval()
    phase = made(ResistancePhase, model, panel)
    step = next(iter(phase.sampler.epoch(1)))

    def terms():
        phase.generator.manual_seed(0)
        return phase.terms(step)

    before = terms()
    assert set(before) == {"conditional_likelihood", "residual_penalty", "line_contrast"}
    prototypes = model.resistance.line_prototypes.prototypes
    phase.generator.manual_seed(0)
    contrast = line_contrast(phase._line_states(phase._some_loci()), prototypes)
    torch.testing.assert_close(before["line_contrast"], EVERY_TERM["line_contrast"] * contrast)
    for parameter in model.potential.parameters():
        nn.init.constant_(parameter, torch.nan)
    for name, value in terms().items():
        assert torch.equal(value, before[name]) and torch.isfinite(value)


def test_the_potential_phase_weights_its_strata_and_offsets_by_resistance(panel):
    model = ready(panel).eval()
    with torch.no_grad():
        model.task_offset.copy_(torch.tensor([0.1, -0.2, 0.3]))
        model.resistance.line_offset.copy_(torch.tensor([1.0, 2.0, 3.0]))
    phase = made(PotentialPhase, model, panel)
    step = next(iter(phase.sampler.epoch(1)))
    total = 0.0
    for line in panel.training:
        u, r = energies(model, panel, step.pairs, line)
        logit = u - r - model.resistance.line_offset[line] - model.task_offset[line]
        nll = nn.functional.binary_cross_entropy_with_logits(
            logit, panel.label_tensor(step.pairs, [line])[:, 0], reduction="none"
        )
        total += (nll * torch.from_numpy(step.weights)).mean() / 3
    terms = phase.terms(step)
    torch.testing.assert_close(terms.pop("task"), total)
    labels = panel.label_tensor(step.pairs, panel.training)
    contrast = contrast_over_lines(model.potential.z(panel.windows(step.pairs)), labels)
    torch.testing.assert_close(terms.pop("label_contrast"), EVERY_TERM["label_contrast"] * contrast)
    assert set(terms) == {"potential_orthogonality"}


def test_a_term_with_weight_0_is_not_computed(panel, monkeypatch):
    for name in (
        "contrast_over_lines",
        "line_contrast",
        "orthogonality",
        "potential_orthogonality",
    ):
        monkeypatch.delattr(training_terms, name)
    model = ready(panel, DEFAULT).eval()
    of_resistance = {"conditional_likelihood", "residual_penalty"}
    expected = (of_resistance, {"task"}, of_resistance | {"task"})
    for kind, names in zip(PHASES, expected, strict=True):
        phase = made(kind, model, panel, DEFAULT)
        assert set(phase.terms(next(iter(phase.sampler.epoch(1))))) == names


def fine_tuning_terms(panel, config, epoch=1):
    """The terms of a fine-tuning phase on one macro-step, their model and the step; the model is in
    evaluation mode.
    """
    model = ready(panel, config).eval()
    with torch.no_grad():
        model.resistance.state_resistance.normal_()
    phase = made(FineTuningPhase, model, panel, config)
    phase.start_epoch(epoch)
    step = next(iter(phase.sampler.epoch(1)))
    return phase.terms(step), model, step


def test_fine_tuning_has_the_terms_of_both_phases_and_the_orthogonality_of_each_line(panel):
    terms, model, step = fine_tuning_terms(panel, CONFIG)
    assert set(terms) == {
        "task",
        "label_contrast",
        "conditional_likelihood",
        "residual_penalty",
        "line_contrast",
        "orthogonality",
        "potential_orthogonality",
    }
    z = model.potential.z(panel.windows(step.pairs))
    by_line = [
        orthogonality(z, model.resistance.parts(panel.signal_tensor(step.pairs, line)).e)
        for line in panel.training
    ]
    torch.testing.assert_close(
        terms["orthogonality"], CONFIG.objective.orthogonality * torch.stack(by_line).mean()
    )
    signals = [panel.signal_tensor(step.pairs, line) for line in panel.training]
    resistance = torch.stack([model.resistance(signal) for signal in signals], dim=1)
    potential = model.potential.of_z(z, panel.distance_tensor(step.pairs))
    listed = torch.from_numpy(panel.published[step.pairs][:, panel.training] >= 0)
    torch.testing.assert_close(
        terms["potential_orthogonality"], potential_orthogonality(potential, resistance, listed)
    )


def test_terms_on_the_environment_come_in_over_the_ramp_and_no_other_does(panel):
    config = toy_config(objective=EVERY_TERM | {"ramp_epochs": 4})
    first, full, after = (fine_tuning_terms(panel, config, epoch)[0] for epoch in (1, 4, 5))
    for name, value in full.items():
        share = 0.25 if name in ("line_contrast", "orthogonality") else 1
        torch.testing.assert_close(first[name], share * value)
        torch.testing.assert_close(after[name], value)


def test_a_small_step_keeps_positive_pairs_and_every_line(panel):
    phase = made(PotentialPhase, ready(panel), panel)
    step = next(iter(phase.sampler.epoch(1)))
    small = small_step(step, 6)
    np.testing.assert_array_equal(small.pairs, step.pairs[-6:])
    assert panel.labels[np.ix_(small.pairs, panel.training)].any(1).all()
    assert [batch.line for batch in small.micro_batches] == panel.training
    for batch in small.micro_batches:
        np.testing.assert_array_equal(batch.pairs, small.pairs)
        assert len(batch.lines) == len(small.weights) == 6


def test_labels_of_validation_and_test_pairs_do_not_reach_the_weights(panel):
    """Two runs that differ in those labels take the same steps; early stop is out of play."""
    unseen, weights = panel.split != "train", []
    flipped = dataclasses.replace(
        panel, labels=np.where(unseen[:, None], 1 - panel.labels, panel.labels)
    )
    for which in (panel, flipped):
        model = ready(which)
        for make_phase in PHASES:
            phase = always_better(made(make_phase, model, which))
            fit(model, phase, watched(model, phase), CONFIG.thresholds)
        weights.append(digest(model.state_dict()))
    assert weights[0] == weights[1]


def test_the_same_seed_gives_the_same_bits_and_another_does_not(panel):
    def trained(seed):
        config = CONFIG.model_copy(update={"seed": seed, "verification": "observe"})
        model = new_model(config, panel)
        history = train(model, panel, full_plan(panel, config)).history
        return digest(model.state_dict()), history

    (first, history), (again, history_again), (other, _) = trained(1), trained(1), trained(2)
    assert first == again
    pd.testing.assert_frame_equal(history, history_again)
    assert first["potential.head.bend.0.weight"] != other["potential.head.bend.0.weight"]
    assert (
        first["resistance.encoder.network.0.weight"] != other["resistance.encoder.network.0.weight"]
    )


def test_training_learns_a_tiny_panel(panel):
    long = {"epochs": 60, "patience": 60, "learning_rate": 0.02}
    sizes = {"dropout": 0, "filters": 16, "hidden": 16}
    config = toy_config(
        model=sizes,
        resistance=long | {"batch_pairs": 24},
        potential=long,
        fine_tuning={"epochs": 5},
    )
    model, plan = new_model(config, panel), full_plan(panel, config)
    start_prototypes(model, panel, panel.training, config)
    untrained = measure(model.eval(), panel, plan)
    for make_phase in PHASES:
        phase = make_phase(model, panel, plan)
        fit(model, always_better(phase), watched(model, phase), CONFIG.thresholds)
    trained = measure(model, panel, plan)
    assert trained["train_aupr"] > 0.8 > untrained["train_aupr"] + 0.1
    assert (
        trained["train_minus_validation_aupr"] == trained["train_aupr"] - trained["validation_aupr"]
    )
    assert trained["within_pair_sd_resistance"] > 0.2
    rows = np.concatenate(
        [panel.discordant_rows(split, panel.training) for split in ("validation", "test")]
    )
    auc = within_pair_auc(
        panel.labels[np.ix_(rows, panel.training)],
        -score_resistance(model, panel, rows, panel.training),
    )
    assert auc.mean() > 0.65


@pytest.mark.parametrize("config", [DEFAULT, FINE_TUNED], ids=["default", "fine_tuned"])
def test_train_runs_resistance_first_and_reports_what_the_gates_read(panel, config):
    phases = [phase.name for phase in CURRICULA[config.curriculum]]
    model = new_model(config, panel)
    trained = train(model, panel, full_plan(panel, config))
    history, metrics, record = trained.history, trained.metrics, trained.record
    assert history.phase.drop_duplicates().tolist() == phases
    assert phases[:2] == ["resistance", "potential"]
    assert (
        metrics["task_gradient_on_resistance"] == metrics["early_stop_consultations_missing"] == 0
    )
    assert [row["epoch"] for row in record["epochs"] if row["phase"] == "potential"] == history[
        history.phase == "potential"
    ].epoch.tolist()[1:]
    for row in record["epochs"]:
        moved = {name for name in model.parameter_groups() if row[f"gradient_norm.{name}"] > 0}
        assert moved == set(row["moved_groups"].split())
    for phase, part in history.groupby("phase"):
        assert metrics[f"{phase}_guard_fired"] in ("none", "memorised", "gap")
        assert metrics[f"{phase}_best_epoch"] in part.epoch.tolist()
        assert record["kept_epochs"][phase] == metrics[f"{phase}_best_epoch"] > 0
    after_epoch_0 = history[history.epoch > 0].set_index("epoch")
    for phase in phases[1:]:
        of_phase = after_epoch_0[after_epoch_0.phase == phase]
        assert metrics[f"{phase}_best_epoch"] == of_phase.validation_aupr.idxmax()
    resistance = after_epoch_0[after_epoch_0.phase == "resistance"]
    assert metrics["resistance_best_epoch"] == resistance.validation_loss.idxmin()
    assert metrics["design_violations"] == metrics["design_unchecked"] == 0
    assert metrics["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert record["missing"] == record["violations"] == record["unchecked"] == []
    rows = panel.rows("validation")
    spread = score_resistance(model, panel, rows, panel.training).std(1).mean()
    assert metrics["within_pair_sd_resistance"] == pytest.approx(spread)


def test_the_original_order_learns_the_potential_on_an_environment_that_stands_still(panel):
    config = toy_config(curriculum="potential_first", verification="observe", objective=EVERY_TERM)
    model = new_model(config, panel)
    trained = train(model, panel, full_plan(panel, config))
    history, metrics, record = trained.history, trained.metrics, trained.record
    assert history.phase.drop_duplicates().tolist() == ["potential", "fine_tuning"]
    assert "resistance_best_epoch" not in metrics
    assert not [
        violation for violation in record["violations"] if violation.startswith("curriculum")
    ]
    assert record["unchecked"] == record["missing"] == []


OF_A_SWITCH = {each.optional: each.name for each in of_model(load_design(), ENERGIES)}
SWITCHES = {switch for switch in OF_A_SWITCH if switch}


def test_curricula_that_fine_tune_bring_every_component_to_work_and_record_22_brings_none():
    for curriculum in ("fine_tuned", "potential_first"):
        assert missing_components(method_of(curriculum), SWITCHES) == []
    due = {
        "conditional likelihood",
        "task likelihood",
        "homogeneous sampling",
        "prototype codebook",
        "curriculum",
        "validation and early stopping",
        "overfitting guard",
    }
    assert method_of("record22") is RECORD22
    assert set(missing_components(RECORD22, set())) == due | set(RECORD22.lacks)
    of_the_end = {"windows.way", "model.encoder=motifs"}
    for switch in SWITCHES - of_the_end:
        missing = set(missing_components(RECORD22, {switch}))
        assert missing == due | {OF_A_SWITCH[switch]} | set(RECORD22.lacks)


def test_the_default_curriculum_lacks_what_only_fine_tuning_brings_to_work(panel):
    method, switch = method_of("resistance_first"), "objective.orthogonality"
    assert missing_components(method, SWITCHES - {switch}) == []
    assert missing_components(method, SWITCHES) == [OF_A_SWITCH[switch]]
    config = toy_config(objective={"orthogonality": 1})
    with pytest.raises(DesignViolation, match="resistance_first lacks: orthogonality of e to z "):
        train(new_model(config, panel), panel, full_plan(panel, config))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"model.mask_marks"}),
        ({"model": {"mask_marks": 0}}, set()),
        ({"model": {"mask_marks": 0, "leace": True}}, {"model.leace"}),
        (
            {"model": {"mask_marks": 0}, "objective": {"label_contrast": 1e-9}},
            {"objective.label_contrast"},
        ),
        (
            {"model": {"leace": True}, "objective": EVERY_TERM},
            {"model.mask_marks", "model.leace", *(f"objective.{term}" for term in EVERY_TERM)},
        ),
    ],
)
def test_what_the_configuration_switches_on_is_designed(changes, expected):
    assert expected <= SWITCHES
    assert optional_components(toy_config(**changes)) == expected


def test_a_term_that_is_no_number_ends_a_training_that_is_only_observed(panel, monkeypatch):
    """A model whose weights are no numbers is not worth observing."""
    contrast, calls = training_terms.contrast_over_lines, []

    def second_is_nan(z, labels):
        calls.append(len(z))
        return contrast(z, labels) * (torch.nan if len(calls) == 2 else 1)

    monkeypatch.setattr(training_terms, "contrast_over_lines", second_is_nan)
    config = CONFIG.model_copy(update={"verification": "observe"})
    model = new_model(config, panel)
    with pytest.raises(DesignViolation, match="loss term label_contrast is nan") as error:
        train(model, panel, full_plan(panel, config))
    assert all(parameter.isfinite().all() for parameter in model.parameters())
    assert {row["phase"] for row in error.value.record["epochs"]} >= {"resistance"}


def test_locus_modules_are_made_from_training_lines_only(panel):
    altered = toy_panel()
    altered.shards[3].reference[:] = np.random.default_rng(5).normal(
        0, 9, altered.shards[3].reference.shape
    )
    modules = new_model(CONFIG, panel).resistance.locus_modules
    assert torch.equal(modules, new_model(CONFIG, altered).resistance.locus_modules)
    altered.shards[0].reference[:] = altered.shards[3].reference
    assert not torch.equal(modules, new_model(CONFIG, altered).resistance.locus_modules)
    assert 1 < len(modules.unique()) <= CONFIG.reference.modules


def test_the_subset_takes_some_training_pairs_and_lines(panel):
    plan = subset_plan(panel, CONFIG)
    short = plan.config
    assert plan.lines == [0, 1]
    assert len(np.unique(plan.rows)) == 30
    assert (panel.split[plan.rows] == "train").all()
    assert short.potential.epochs == CONFIG.subset.epochs
    assert short.fine_tuning.epochs == 1
    assert short == CONFIG.model_copy(
        update={"potential": short.potential, "fine_tuning": short.fine_tuning}
    )
    np.testing.assert_array_equal(subset_plan(panel, CONFIG).rows, plan.rows)


def test_a_subset_trains_with_fewer_lines_than_the_model_has(panel):
    plan = subset_plan(panel, FINE_TUNED)
    model = new_model(plan.config, panel)
    history = train(model, panel, plan).history
    assert history[["validation_loss", "validation_aupr"]].notna().any(axis=1).all()
    assert model.resistance.line_offset[2] == 0 and model.task_offset[2] == 0
    assert not model.resistance.line_prototypes.prototypes[2].any()


def test_prototypes_start_at_the_states_of_the_lines(panel):
    model = ready(panel)
    for line in panel.training:
        state = model.resistance.line_state(panel.reference_tensor(line), torch.arange(N_REFERENCE))
        assert torch.equal(model.resistance.line_prototypes.prototypes[line], state)

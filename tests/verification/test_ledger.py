import dataclasses

import numpy as np
import pytest
import torch

from epidecouple.core.errors import DesignViolation
from epidecouple.data.sampler import MacroStep, MicroBatch
from epidecouple.model.initialise import new_model, start_prototypes
from epidecouple.training.loop import fit, small_step
from epidecouple.training.phases import (
    CURRICULA,
    FineTuningPhase,
    PotentialPhase,
    ResistancePhase,
)
from epidecouple.training.trainer import full_plan, optional_components, train
from epidecouple.verification.assertions import start_evidence
from epidecouple.verification.design import ENERGIES, load_design, of_model
from epidecouple.verification.ledger import Ledger
from mutants.energies import EVERY_TERM
from toy_panel import digest, toy_config, toy_panel

CONFIG = toy_config(curriculum="fine_tuned", objective=EVERY_TERM)
SWITCHED_ON = optional_components(CONFIG)
PLANNED = ["resistance", "potential", "fine_tuning"]
# The toy has no densities of the way, and its DNA no motifs.
NOT_IN_THE_TOY = ["densities of the way", "motif screen"]
DESIGN = {component.name: component for component in of_model(load_design(), ENERGIES)}


@pytest.fixture
def panel():
    return toy_panel()


@pytest.fixture
def model(panel):
    return start_prototypes(new_model(CONFIG, panel), panel, panel.training, CONFIG)


@pytest.fixture(scope="module")
def clean_run():
    """A run of the whole curriculum that must not be stopped: panel, history, metrics, record."""
    panel = toy_panel()
    config = toy_config(
        curriculum="fine_tuned",
        objective=EVERY_TERM,
        model={"leace": True},
        resistance={"epochs": 20},
    )
    trained = train(new_model(config, panel), panel, full_plan(panel, config))
    return panel, trained.history, trained.metrics, trained.record


def evidence_of(record, component):
    row = next(row for row in record["components"] if row["name"] == component)
    return {(e["evidence"], e["when"]): e for e in row["evidence"]}


def test_a_clean_run_violates_nothing_and_leaves_nothing_unchecked(clean_run):
    _, history, metrics, record = clean_run
    assert record["mode"] == "enforce"
    assert record["violations"] == record["unchecked"] == record["missing"] == []
    assert metrics["design_violations"] == metrics["design_unchecked"] == 0
    assert all(row["passed"] and row["implemented"] for row in record["components"])
    assert history.phase.drop_duplicates().tolist() == PLANNED


def test_the_summary_holds_every_component_and_requirement(clean_run):
    record = clean_run[-1]
    assert [row["name"] for row in record["switched_off"]] == NOT_IN_THE_TOY
    names = [name for name in DESIGN if name not in NOT_IN_THE_TOY]
    assert [row["name"] for row in record["components"]] == names
    for row in record["components"]:
        component = DESIGN[row["name"]]
        assert (row["kind"], row["mechanism"], tuple(row["lives_in"])) == (
            component.kind,
            component.mechanism,
            component.lives_in,
        )
        rows = [(e["evidence"], e["when"], e["need"]) for e in row["evidence"]]
        assert rows == [(rule.evidence, rule.when, rule.expectation) for rule in component.requires]
        for shown, rule in zip(row["evidence"], component.requires, strict=True):
            assert rule.met(shown["observed"]) and shown["checks"] > 0 and shown["violation"] == ""


def test_requirements_are_checked_once_per_epoch_of_their_phases_and_once_at_either_end(clean_run):
    _, history, _, record = clean_run
    epochs = history[history.epoch > 0].groupby("phase").size()
    contrast = evidence_of(record, "label contrast on z")["calls.label_contrast", "epoch"]
    assert contrast["checks"] == epochs["potential"] + epochs["fine_tuning"]
    assert (
        evidence_of(record, "homogeneous sampling")["lines_left_out", "epoch"]["checks"]
        == epochs.sum()
    )
    architecture = evidence_of(record, "architecture")
    assert {architecture["interaction_contrast", when]["checks"] for when in ("start", "end")} == {
        1
    }


def test_the_share_of_time_is_measured(clean_run):
    assert 0 < clean_run[-1]["overhead_share"] < 1
    made = Ledger(new_model(CONFIG, clean_run[0]), set(), "observe", PLANNED)
    assert made.summary(10.0)["overhead_share"] == 0
    made.start_epoch()
    assert (
        made.summary(10.0)["overhead_share"] == pytest.approx(made.seconds / 10)
        and made.seconds > 0
    )


def test_an_optional_component_is_asked_for_when_it_is_switched_on(model):
    off, on = (Ledger(model, switches, "observe", PLANNED) for switches in (set(), {"model.leace"}))
    assert {c.name for c in on.components} - {c.name for c in off.components} == {"concept erasure"}


def test_requirements_on_phases_that_are_not_planned_are_not_due(model):
    made = Ledger(model, set(), "observe", ["potential", "fine_tuning"])
    due = {(entry.requirement.evidence, entry.requirement.phases) for entry in made.entries}
    assert ("moved_groups", ("resistance",)) not in due and ("moved_groups", ("potential",)) in due
    assert "phases_run" not in {evidence for evidence, _ in due}


def run_phase(kind, model, panel, mode="enforce", change=lambda phase: None, config=CONFIG):
    phase = kind(model, panel, full_plan(panel, config))
    change(phase)
    ledger = Ledger(model, optional_components(config), mode, [kind.name])
    fit(model, phase, ledger, config.thresholds)
    return ledger


def silence_the_label_contrast(phase):
    plain = phase.terms
    phase.terms = lambda step: {
        name: 0 * value if name == "label_contrast" else value
        for name, value in plain(step).items()
    }


def test_enforce_stops_and_names_component_expectation_observation_and_epoch(model, panel):
    with pytest.raises(DesignViolation) as error:
        run_phase(PotentialPhase, model, panel, change=silence_the_label_contrast)
    assert (
        str(error.value)
        == "label contrast on z: smallest.label_contrast must be > 0, observed 0.0 (potential,"
        " epoch 1)"
    )


def test_observe_writes_the_same_down_and_goes_on(model, panel):
    ledger = run_phase(PotentialPhase, model, panel, "observe", silence_the_label_contrast)
    record = ledger.summary(1.0)
    violations = [text for text in record["violations"] if "smallest" in text]
    assert violations == [
        "label contrast on z: smallest.label_contrast must be > 0, observed 0.0 (potential,"
        " epoch 1)"
    ]
    shown = evidence_of(record, "label contrast on z")["smallest.label_contrast", "epoch"]
    assert shown["checks"] == CONFIG.potential.epochs and shown["violation"] == violations[0]
    failed = {
        row["name"] for row in record["components"] if any(e["violation"] for e in row["evidence"])
    }
    assert failed == {"label contrast on z"}
    assert not next(row for row in record["components"] if row["name"] == "label contrast on z")[
        "passed"
    ]


@pytest.mark.parametrize(
    ("term", "kind"),
    [
        ("label_contrast", PotentialPhase),
        ("potential_orthogonality", PotentialPhase),
        ("line_contrast", ResistancePhase),
        ("orthogonality", FineTuningPhase),
    ],
)
def test_a_soft_term_of_negligible_weight_is_refused(model, panel, term, kind):
    with torch.no_grad():
        model.resistance.state_resistance.normal_()
    changed = toy_config(objective=EVERY_TERM | {term: 1e-9 * EVERY_TERM[term]})
    with pytest.raises(DesignViolation, match=rf"gradient_share.{term} must be >= 0.001") as error:
        run_phase(kind, model, panel, config=changed)
    assert str(error.value).endswith(f"({kind.name}, epoch 1)")


def test_evidence_that_is_not_there_violates(model, panel):
    evidence = start_evidence(model.eval(), panel, panel.rows("train"))
    evidence["training_pairs_elsewhere"] = 0
    Ledger(model, set(), "enforce", PLANNED).start(evidence)
    del evidence["panel_labels_missing"]
    with pytest.raises(DesignViolation) as error:
        Ledger(model, set(), "enforce", PLANNED).start(evidence)
    assert (
        str(error.value)
        == "crossed panel: panel_labels_missing must be = 0, observed nothing (before the first"
        " step)"
    )


def test_what_was_never_checked_is_told(model):
    made = Ledger(model, set(), "observe", PLANNED)
    record = made.summary(1.0)
    assert len(record["unchecked"]) == len(made.entries)
    assert "overfitting guard: guard_consultations_missing was never checked" in record["unchecked"]
    assert record["violations"] == [] and not any(row["passed"] for row in record["components"])


def test_a_phase_that_was_skipped_is_found_at_the_end(model):
    made = Ledger(model, set(), "observe", PLANNED)
    made.start_phase("resistance")
    made.start_phase("fine_tuning")
    made.finish({})
    violation = next(text for text in made.summary(1.0)["violations"] if "phases_left_out" in text)
    assert "must be = 0, observed 1 (after training)" in violation


@pytest.mark.parametrize(
    "kind", [ResistancePhase, PotentialPhase, FineTuningPhase], ids=lambda kind: kind.name
)
def test_gradient_routes_are_exactly_those_of_the_design(kind, model, panel):
    """Terms that no component asks for are audited too; they must not leave the phase's own
    groups.
    """
    with torch.no_grad():
        model.resistance.state_resistance.normal_()
    phase = kind(model, panel, full_plan(panel, CONFIG))
    phase.start_epoch(1)
    ledger = Ledger(model, SWITCHED_ON, "observe", PLANNED)
    model.eval()
    ledger.audit(phase, small_step(next(iter(phase.sampler.epoch(1))), 24))
    routes = {
        name.split(".")[1]: value
        for name, value in ledger.audited.items()
        if name.startswith("gradient_groups.")
    }
    designed = {
        rule.evidence.split(".")[1]: rule.value
        for component in DESIGN.values()
        for rule in component.requires
        if rule.evidence.startswith("gradient_groups.") and kind.name in rule.phases
    }
    extra = set(routes) - set(designed)
    assert {name: routes[name] for name in designed} == designed
    assert extra <= {"residual_penalty"}
    for name in extra:
        assert set(routes[name].split()) == {"environment", "resistance_head"}
    for name in designed:
        assert set(routes[name].split()) <= set(phase.moves)


class Terms:
    """A phase with the terms that it is given; nothing changes them."""

    def __init__(self, **terms):
        self.given = terms

    def terms(self, step):
        return self.given

    def sensitivity(self, step):
        return {}


def shares_of(model, **terms):
    ledger = Ledger(model, set(), "observe", PLANNED)
    ledger.audit(Terms(**terms), None)
    prefix = "gradient_share."
    return {
        name.removeprefix(prefix): value
        for name, value in ledger.audited.items()
        if name.startswith(prefix)
    }


def test_gradient_shares_of_terms_that_reach_the_same_groups_add_up_to_1(model):
    """Norms of the gradients: 1, 2 and 5 in the line offsets; 12 in one offset of the task."""
    offset, task = model.resistance.line_offset, model.task_offset
    shares = shares_of(
        model,
        one=offset[0],
        two=2 * offset[1],
        five=-3 * offset[0] + 4 * offset[2],
        task=12 * task[0],
    )
    assert shares == pytest.approx({"one": 1 / 8, "two": 2 / 8, "five": 5 / 8, "task": 1})


def test_a_gradient_share_is_taken_where_the_term_arrives(model):
    """A term that arrives in two groups counts, against one in a group, with its part there."""
    offset, task = model.resistance.line_offset, model.task_offset
    shares = shares_of(
        model, both=3 * offset[0] + 4 * task[0], one=6 * offset[0], nowhere=torch.tensor(1.0)
    )
    assert shares == pytest.approx({"both": 5 / 11, "one": 6 / 9, "nowhere": 0})


def test_gradient_shares_of_a_phase_are_those_of_its_terms(model, panel):
    phase = PotentialPhase(model.eval(), panel, full_plan(panel, CONFIG))
    step = next(iter(phase.sampler.epoch(1)))
    ledger = Ledger(model, SWITCHED_ON, "observe", PLANNED)
    ledger.audit(phase, step)
    parameters, norms = list(model.potential.encoder.parameters()), {}
    for name, term in phase.terms(step).items():
        gradients = torch.autograd.grad(term, parameters, retain_graph=True)
        norms[name] = float(torch.cat([gradient.flatten() for gradient in gradients]).norm())
    assert set(norms) == {"task", "label_contrast", "potential_orthogonality"}
    assert ledger.audited["gradient_share.label_contrast"] == pytest.approx(
        norms["label_contrast"] / sum(norms.values()), rel=1e-4
    )


def test_an_audit_leaves_weights_and_gradients_alone(model, panel):
    phase = PotentialPhase(model.eval(), panel, full_plan(panel, CONFIG))
    before = digest(model.state_dict())
    Ledger(model, set(), "observe", PLANNED).audit(phase, next(iter(phase.sampler.epoch(1))))
    assert digest(model.state_dict()) == before
    assert all(parameter.grad is None for parameter in model.parameters())


def a_step(*batches, pairs=(1, 2, 3)):
    return MacroStep(
        np.array(pairs),
        [MicroBatch(np.array(rows), np.array(lines)) for rows, lines in batches],
        np.ones(len(pairs)),
    )


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (a_step(([1, 2, 3], [0, 0, 0]), ([1, 2, 3], [1, 1, 1])), (1, 0, 0)),
        (a_step(([1, 2, 3], [0, 1, 0]), ([1, 2, 3], [1, 1, 1])), (2, 0, 0)),
        (a_step(([1, 2, 3], [0, 0, 0])), (1, 1, 0)),
        (a_step(([1, 2, 3], [0, 0, 0]), ([1, 2, 4], [1, 1, 1])), (1, 0, 1)),
        (a_step(([1, 2, 3], [0, 0, 0]), ([1, 2], [1, 1])), (1, 0, 1)),
    ],
)
def test_batches_are_counted_by_line_and_pairs(model, step, expected):
    made = Ledger(model, set(), "observe", PLANNED)
    made.start_epoch()
    made.step(step, {"task": torch.tensor(1.0)}, [0, 1])
    notes = made.epoch.notes
    assert (
        notes["lines_per_micro_batch"],
        notes["lines_left_out"],
        notes["micro_batches_on_other_pairs"],
    ) == expected


def epoch_violations(made, evidence=None):
    made.end_epoch("potential", 1, evidence or {})
    return {entry.requirement.evidence for entry in made.entries if entry.violation}


def test_calls_and_smallest_values_are_over_the_steps_of_the_epoch(model):
    made, step = Ledger(model, SWITCHED_ON, "observe", PLANNED), a_step(([1, 2, 3], [0, 0, 0]))
    made.start_epoch()
    made.step(step, {"task": torch.tensor(1.0), "label_contrast": torch.tensor(0.5)}, [0])
    made.step(step, {"task": torch.tensor(2.0)}, [0])
    assert {"calls.label_contrast"} <= epoch_violations(
        made
    ) and "calls.task" not in epoch_violations(made)
    observed = {entry.requirement.evidence: entry.observed for entry in made.entries}
    assert observed["calls.label_contrast"] == 0.5 and observed["smallest.label_contrast"] == 0.5
    made.start_epoch()
    made.step(step, {"label_contrast": torch.tensor(0.5)}, [0])
    made.step(step, {"label_contrast": torch.tensor(float("nan"))}, [0])
    assert "smallest.label_contrast" in epoch_violations(made)


def test_movement_is_told_by_group_and_by_prototype(model):
    made = Ledger(model, set(), "observe", PLANNED)
    made.start_epoch()
    with torch.no_grad():
        model.task_offset[0] += 1e-6
        model.resistance.level += 1
        model.resistance.prototypes.codebook[1] += 3
    made.step(a_step(([1, 2, 3], [0, 0, 0])), {"task": torch.tensor(1.0)}, [0])
    made.end_epoch("potential", 1, {})
    entry = next(
        e
        for e in made.entries
        if e.requirement.evidence == "moved_groups" and e.requirement.phases == ("potential",)
    )
    assert entry.observed == "resistance_head task_offset"
    made.end_epoch("resistance", 1, {})
    observed = {entry.requirement.evidence: entry.observed for entry in made.entries}
    expected = 3 * CONFIG.model.locus_size**0.5 / CONFIG.model.states
    assert observed["codebook_drift"] == pytest.approx(expected, rel=1e-4)
    assert observed["line_prototype_drift"] == 0


def test_a_codebook_that_moves_in_the_optimiser_is_noticed(model):
    made = Ledger(model, set(), "observe", PLANNED)
    made.start_epoch()
    with made.optimiser_step():
        pass
    assert made.epoch.notes["codebook_moved_by_optimiser"] == 0
    with made.optimiser_step():
        model.resistance.prototypes.codebook[0, 0] += 1
    assert made.epoch.notes["codebook_moved_by_optimiser"] == 1


def test_a_mark_that_is_not_normalised_is_refused_before_the_first_step(model, panel):
    shards = [dataclasses.replace(shard, reference=shard.reference + 1) for shard in panel.shards]
    shifted, before = (
        dataclasses.replace(panel, shards=shards),
        digest(dict(model.named_parameters())),
    )
    with pytest.raises(DesignViolation, match="mark normalisation: reference_mean_error"):
        train(model, shifted, full_plan(panel, CONFIG))
    assert digest(dict(model.named_parameters())) == before


def test_planned_phases_are_those_of_a_curriculum():
    assert [phase.name for phase in CURRICULA["fine_tuned"]] == PLANNED


def an_epoch(made, phase, epoch, *steps):
    """Let a ledger see an epoch of some steps, each the names of its loss terms."""
    made.start_epoch()
    for names in steps:
        terms = {name: torch.tensor(1.0) for name in names}
        made.step(a_step(([1, 2, 3], [0, 0, 0])), terms, [0])
    made.end_epoch(phase, epoch, {})


def observed_at_the_end(made):
    made.finish({})
    return {
        entry.requirement.evidence: entry.observed
        for entry in made.entries
        if entry.requirement.when == "end"
    }


def test_steps_are_kept_up_to_the_kept_epoch_of_each_phase(model):
    made = Ledger(model, SWITCHED_ON, "observe", PLANNED)
    for phase, kept in (("resistance", 1), ("potential", 2), ("fine_tuning", 3)):
        made.start_phase(phase)
        for epoch in (1, 2, 3, 4):
            if phase == "resistance":
                an_epoch(made, phase, epoch, ["conditional_likelihood"], ["conditional_likelihood"])
            else:
                an_epoch(made, phase, epoch, ["task", "label_contrast"], ["task"], ["task"])
        made.end_phase(phase, kept)
    observed = observed_at_the_end(made)
    assert observed["steps_kept.conditional_likelihood"] == 1 * 2
    assert observed["steps_kept.task"] == (2 + 3) * 3
    assert observed["steps_kept.label_contrast"] == pytest.approx(2 + 3)
    assert observed["steps_kept.line_contrast"] is None
    assert observed["phases_not_in_the_kept_model"] == observed["phases_left_out_or_added"] == 0
    record = made.summary(1.0)
    assert record["kept_epochs"] == {"resistance": 1, "potential": 2, "fine_tuning": 3}
    steps = {row["name"]: row["steps"] for row in record["components"]}
    assert (steps["task likelihood"], steps["line contrast on g"], steps["architecture"]) == (
        15,
        0,
        None,
    )


def test_a_phase_that_was_thrown_away_has_kept_no_steps(model):
    """Its model is that of epoch 0, or it was broken off before it kept one."""
    made = Ledger(model, set(), "observe", ["resistance", "potential"])
    made.start_phase("resistance")
    an_epoch(made, "resistance", 1, ["conditional_likelihood"])
    made.end_phase("resistance", 0)
    made.start_phase("potential")
    an_epoch(made, "potential", 1, ["task"])
    observed = observed_at_the_end(made)
    assert observed["phases_not_in_the_kept_model"] == 2
    assert not observed["steps_kept.conditional_likelihood"] and not observed["steps_kept.task"]
    violated = " ".join(made.summary(1.0)["violations"])
    for name in ("steps_kept.conditional_likelihood", "steps_kept.task", "phases_not_in_the_kept"):
        assert name in violated


def test_a_run_says_how_much_of_each_term_is_in_the_kept_model(clean_run):
    record = clean_run[-1]
    rows = {row["name"]: row for row in record["components"]}
    for name, term, phases in (
        ("conditional likelihood", "conditional_likelihood", ("resistance", "fine_tuning")),
        ("task likelihood", "task", ("potential", "fine_tuning")),
        ("orthogonality of e to z", "orthogonality", ("fine_tuning",)),
    ):
        expected = sum(
            row["steps"]
            for row in record["epochs"]
            if row["phase"] in phases and row["epoch"] <= record["kept_epochs"][row["phase"]]
        )
        assert rows[name]["steps"] == pytest.approx(expected) and expected > 0
        audited = [row for row in record["epochs"] if f"gradient_share.{term}" in row]
        assert rows[name]["share"] == audited[-1][f"gradient_share.{term}"]
    assert [row["name"] for row in record["switched_off"]] == NOT_IN_THE_TOY


def test_what_is_kept_survives_a_restart(model):
    made = Ledger(model, set(), "observe", PLANNED)
    made.start_phase("potential")
    an_epoch(made, "potential", 1, ["task"], ["task"])
    made.end_phase("potential", 1)
    other = Ledger(model, set(), "observe", PLANNED)
    other.resume(made.snapshot())
    assert observed_at_the_end(other)["steps_kept.task"] == 2


def test_duplicates_among_the_states_are_counted(model):
    made = Ledger(model, set(), "observe", PLANNED)
    codebook = model.resistance.prototypes.codebook
    codebook.copy_(torch.eye(*codebook.shape))

    def duplicates():
        an_epoch(made, "resistance", 1, [])
        return made.series[-1]["duplicate_states"]

    assert duplicates() == 0
    codebook[1] = 3 * codebook[0]
    codebook[3] = -codebook[2]
    assert duplicates() == 1 / len(codebook)
    codebook[:] = codebook[0]
    assert duplicates() == 1 - 1 / len(codebook)

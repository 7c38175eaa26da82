import dataclasses
import math
import re

import pytest
import yaml

from epidecouple.core.config import Config, validated
from epidecouple.core.errors import DesignViolation
from epidecouple.core.gates import COMPARISONS, load_rows
from epidecouple.core.paths import ROOT
from epidecouple.training.phases import CURRICULA, Phase
from epidecouple.training.record22 import RECORD22
from epidecouple.training.trainer import optional_components
from epidecouple.verification.design import (
    ENERGIES,
    LOOPS,
    MOMENTS,
    PATH,
    REGULATION,
    Component,
    Requirement,
    design_digest,
    implemented,
    load_design,
    of_model,
    planned_phases,
    require,
)

DESIGN = load_design()
RULES = [rule for component in DESIGN for rule in component.requires]
GROUPS = {
    "sequence",
    "potential_head",
    "task_offset",
    "environment",
    "resistance_head",
    "line_offset",
}
PLANNED = {phase.name for phases in CURRICULA.values() for phase in phases}


def requirement(must_be, value, when="epoch", phases=()):
    return Requirement("evidence", must_be, value, when, phases)


def test_every_component_of_the_plan_is_there_once():
    names = [component.name for component in DESIGN]
    assert len(names) == len(set(names))
    assert {
        "architecture",
        "crossed panel",
        "mark normalisation",
        "conditional likelihood",
        "homogeneous sampling",
        "label contrast on z",
        "line contrast on g",
        "orthogonality of e to z",
        "prototype codebook",
        "concept erasure",
        "mark masking",
        "orthogonality of U to R",
        "curriculum",
        "validation and early stopping",
        "overfitting guard",
    } <= set(names)


@pytest.mark.parametrize("component", DESIGN, ids=lambda component: component.name)
def test_a_component_lives_somewhere_asks_for_something_and_has_a_mutant(component):
    assert component.lives_in and component.requires and component.mutants and component.mechanism
    assert component.kind in ("hard", "soft")
    assert implemented(component)


def test_mutants_are_named_once():
    names = [mutant for component in DESIGN for mutant in component.mutants]
    assert len(names) == len(set(names))


def test_requirements_are_well_formed():
    for rule in RULES:
        assert rule.must_be in {*COMPARISONS, "is"}
        assert rule.when in MOMENTS
        assert (rule.must_be == "is") == isinstance(rule.value, str)
        assert rule.expectation
    for component in DESIGN:
        due = [
            (rule.evidence, rule.when, phase)
            for rule in component.requires
            for phase in rule.phases or ("",)
        ]
        assert len(due) == len(set(due))


def test_phases_and_groups_of_the_design_exist():
    assert {phase for rule in RULES for phase in rule.phases} <= PLANNED
    routes = [
        rule
        for rule in RULES
        if rule.evidence == "moved_groups" or rule.evidence.startswith("gradient_groups.")
    ]
    assert routes
    for rule in routes:
        groups = rule.value.split()
        assert set(groups) <= GROUPS and groups == sorted(groups)


def test_moved_groups_are_those_the_phases_move():
    phases = {phase.name: phase for kinds in CURRICULA.values() for phase in kinds}
    moved = {rule.phases: rule.value for rule in RULES if rule.evidence == "moved_groups"}
    assert moved == {(name,): " ".join(sorted(phase.moves)) for name, phase in phases.items()}


def test_what_a_phase_exercises_is_a_component():
    names = {component.name for component in DESIGN}
    for phase in (
        Phase,
        RECORD22,
        *(kind for kinds in CURRICULA.values() for kind in kinds),
    ):
        assert phase.exercises <= names


def test_optional_components_name_a_switch_of_the_configuration():
    """By default marks are masked, filters are screened and R reads the way; the rest are arms."""
    designed = of_model(DESIGN, ENERGIES)
    optional = [component.optional for component in designed if component.optional]
    assert len(optional) == len(set(optional))
    default = Config.from_dict(validated(yaml.safe_load((ROOT / "config/config.yaml").read_text())))
    on = {"model.mask_marks", "model.encoder=motifs", "windows.way"}
    assert optional_components(default) == on
    assert set(optional) - on == {
        "model.leace",
        "objective.label_contrast",
        "objective.line_contrast",
        "objective.orthogonality",
        "objective.potential_orthogonality",
    }


def test_every_loss_term_of_the_design_must_be_there_reach_something_and_be_kept():
    """By the names of its evidence: on every step, with a share of the gradient, and on steps that
    led to the model that is kept.
    """
    terms = {rule.evidence.split(".")[1] for rule in RULES if rule.evidence.startswith("calls.")}
    assert terms == {
        "conditional_likelihood",
        "task",
        "label_contrast",
        "line_contrast",
        "orthogonality",
        "potential_orthogonality",
    }
    for term in terms:
        asked = {rule.evidence.split(".")[0] for rule in RULES if rule.evidence.endswith(term)}
        assert asked >= {"calls", "gradient_groups", "gradient_share", "steps_kept"}


def test_the_curricula_of_the_design_are_those_of_the_code():
    for curriculum, phases in CURRICULA.items():
        assert planned_phases(curriculum) == [phase.name for phase in phases]


@pytest.mark.parametrize(
    ("must_be", "value", "meets", "fails"),
    [
        ("le", 0.5, [0.5, 0.4, -1, 0], [0.51, 1]),
        ("ge", 0.5, [0.5, 0.6, 7], [0.49, 0, -1]),
        ("gt", 0, [1e-12, 1], [0, 0.0, -1]),
        ("eq", 0, [0, 0.0, False], [1e-12, 1, -1]),
        ("eq", 1, [1, 1.0, True], [0.999, 2, 0]),
        ("is", "a b", ["a b"], ["b a", "a", "", "a b c", 1]),
    ],
)
def test_a_requirement_is_met_on_its_own_side_only(must_be, value, meets, fails):
    rule = requirement(must_be, value)
    assert all(rule.met(observed) for observed in meets)
    assert not any(rule.met(observed) for observed in fails)


@pytest.mark.parametrize(
    ("must_be", "value"), [("le", 1.0), ("ge", 0.0), ("gt", 0.0), ("eq", 0), ("is", "x")]
)
def test_what_is_missing_or_no_number_is_not_met(must_be, value):
    for observed in (None, math.nan, math.inf, -math.inf, "0", [0]):
        assert not requirement(must_be, value).met(observed)


def test_a_requirement_applies_at_its_moment_and_in_its_phases():
    start, every, some = (
        requirement("eq", 0, "start"),
        requirement("eq", 0),
        requirement("eq", 0, phases=("potential",)),
    )
    assert start.applies("start", "") and not start.applies("epoch", "potential")
    assert (
        every.applies("epoch", "resistance")
        and every.applies("epoch", "potential")
        and not every.applies("end", "")
    )
    assert some.applies("epoch", "potential") and not some.applies("epoch", "resistance")
    assert requirement("is", "x", "end", ("resistance",)).applies("end", "")


def test_models_without_a_ledger_have_components_whose_worth_a_gate_asks_for():
    """Their evidence is taken at one moment, and never in a phase of a training."""
    gates = {f"{row['gate']}.{row['metric']}" for row in load_rows()}
    for model, when in ((REGULATION, "scored"), (LOOPS, "end")):
        components = of_model(DESIGN, model)
        assert len(components) >= 4
        assert {row for component in components for row in component.gate} <= gates
        rules = [rule for component in components for rule in component.requires]
        assert {rule.when for rule in rules} == {when} and not any(rule.phases for rule in rules)
        assert len({rule.evidence for rule in rules}) == len(rules)
    assert all(component.gate for component in of_model(DESIGN, REGULATION))


def test_evidence_that_is_missing_stops_a_model_without_a_ledger():
    met = {"eq": lambda x: x, "le": lambda x: x, "ge": lambda x: x, "gt": lambda x: x + 1}
    rules = [rule for component in of_model(DESIGN, LOOPS) for rule in component.requires]
    evidence = {rule.evidence: met[rule.must_be](rule.value) for rule in rules}
    require(LOOPS, evidence)
    for name in evidence:
        for wrong in ({name: float("nan")}, {name: None}):
            with pytest.raises(DesignViolation, match=name):
                require(LOOPS, evidence | wrong)


def test_expectations_are_told_in_words():
    assert requirement("le", 1e-6).expectation == "<= 1e-06"
    assert requirement("eq", 0).expectation == "= 0"
    assert requirement("is", "sequence").expectation == "is sequence"


def test_the_digest_of_the_design_is_blind_to_words_and_effects_alone(tmp_path):
    file = tmp_path / "design.toml"

    def digest_of(text):
        file.write_text(text)
        return design_digest(file)

    text = PATH.read_text()
    assert digest_of(text.replace("R first, then U", "First R, then U")) == design_digest()
    assert digest_of(re.sub("^effect = .*\n", "", text, flags=re.MULTILINE)) == design_digest()
    for old, new in (
        ('must_be = "ge", value = 0.05', 'must_be = "ge", value = 0.06'),
        ("model.leace", "x"),
    ):
        assert old in text and digest_of(text.replace(old, new)) != design_digest()


@pytest.mark.parametrize("symbol", ["model.losses.nothing", "model.resistance.Resistance.nothing"])
def test_a_symbol_that_is_gone_is_not_implemented(symbol):
    gone = dataclasses.replace(DESIGN[0], lives_in=(*DESIGN[0].lives_in, symbol))
    assert not implemented(gone)


def test_a_file_of_components_is_read_in_its_order(tmp_path):
    file = tmp_path / "design.toml"
    row = (
        '[[component]]\nname = "{}"\nlives_in = ["a.b"]\nkind = "soft"\nmechanism = "m"\nmutants ='
        ' ["x"]\nrequires = [{}]\n'
    )
    rule = '{ evidence = "e", must_be = "is", value = "v", when = "epoch", phases = ["s"] }'
    file.write_text(row.format("second", "") + row.format("first", rule))
    expected = (Requirement("e", "is", "v", "epoch", ("s",)),)
    assert load_design(file) == [
        Component("second", ("a.b",), "soft", "m", ("x",), ()),
        Component("first", ("a.b",), "soft", "m", ("x",), expected),
    ]

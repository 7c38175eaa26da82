import pytest

from epidecouple.verification.design import load_design
from mutants.energies import new_world, run
from mutants.judging import killed_by, killer
from mutants.registry import MUTANTS
from mutants_page import PAGE

DESIGN = {name: component for component in load_design() for name in component.mutants}


def test_the_healthy_world_meets_every_requirement():
    run(new_world())


def test_every_component_has_a_mutant_and_every_mutant_a_component():
    assert set(DESIGN) == set(MUTANTS)
    assert all(component.mutants for component in load_design())


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_every_mutant_is_killed_by_its_own_component_and_the_page_says_so(name):
    message = killer(name)
    assert message, f"{name} survived"
    by, moment = killed_by(message)
    assert by.startswith(f"{DESIGN[name].name}: "), f"evidence of another component: {message}"
    row = f"| {DESIGN[name].name} | `{name}` | {MUTANTS[name].__doc__} | {by} | {moment} |"
    assert row in PAGE.read_text(), (
        f"docs/tables/mutants.md is out of date: run `make docs`; now killed by {message}"
    )


def test_a_mutant_that_does_nothing_survives(monkeypatch):
    monkeypatch.setitem(MUTANTS, "nothing", lambda world, patch: None)
    assert killer("nothing") == ""

"""The page about adding a component: its row and its mutant, put to work in a toy training."""

import re

import pytest

from epidecouple.core.errors import DesignViolation
from epidecouple.core.paths import ROOT
from epidecouple.training import trainer
from epidecouple.training.phases import ResistancePhase
from epidecouple.verification import ledger
from epidecouple.verification.design import PATH, implemented, load_design
from mutants.energies import new_world, run
from mutants.judging import killed_by

PAGE = (ROOT / "docs" / "changing.md").read_text()
NAME = "residual penalty"


def block(kind: str) -> str:
    return re.search(rf"^```{kind}\n(.*?)^```$", PAGE, re.M | re.S)[1]


@pytest.fixture
def added(monkeypatch, tmp_path):
    """The design with the page's row, exercised as the page says."""
    path = tmp_path / "design.toml"
    path.write_text(PATH.read_text() + "\n" + block("toml"))
    for module in (ledger, trainer):
        monkeypatch.setattr(module, "load_design", lambda: load_design(path))
    monkeypatch.setattr(ResistancePhase, "exercises", ResistancePhase.exercises | {NAME})
    return next(component for component in load_design(path) if component.name == NAME)


def test_the_healthy_world_meets_the_new_row(added):
    assert implemented(added)
    run(new_world())


def test_the_mutant_of_the_page_is_killed_by_the_evidence_of_its_component(added, monkeypatch):
    found = {}
    exec(
        block("python"), {"mutant": lambda function: found.setdefault(function.__name__, function)}
    )
    assert list(found) == list(added.mutants)
    world = new_world()
    found[added.mutants[0]](world, monkeypatch)
    with pytest.raises(DesignViolation) as violation:
        run(world)
    by, _ = killed_by(str(violation.value))
    assert by == f"{NAME}: `smallest.residual_penalty`"


def test_a_curriculum_that_nobody_told_is_refused(added, monkeypatch):
    monkeypatch.setattr(ResistancePhase, "exercises", ResistancePhase.exercises - {NAME})
    with pytest.raises(DesignViolation, match=f"lacks: {NAME} "):
        run(new_world())

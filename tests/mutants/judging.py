"""Who kills a mutant: its world put to work, and the message that stopped it."""

import re

import pytest

from epidecouple.core.errors import DesignViolation
from epidecouple.verification.design import ENERGIES, LOOPS, REGULATION, load_design

from .energies import new_world, run
from .loops import fit, new_loop_world
from .registry import MUTANTS
from .regulation import new_score_world, score

MESSAGE = re.compile(
    r"(?P<component>.+?): (?P<evidence>\S+) must be .+, observed .+ \((?P<moment>.+)\)"
)


# By the model that a component is part of: its healthy world, and how it is put to work.
WORLDS = {
    ENERGIES: (new_world, run),
    REGULATION: (new_score_world, score),
    LOOPS: (new_loop_world, fit),
}


def killer(name: str) -> str:
    """Put the world of a mutant's component to work and return the message that stopped it; empty
    when it survived.
    """
    models = {each: component.model for component in load_design() for each in component.mutants}
    make, work = WORLDS[models.get(name, ENERGIES)]
    with pytest.MonkeyPatch.context() as patch:
        world = make()
        MUTANTS[name](world, patch)
        try:
            work(world)
        except DesignViolation as violation:
            return str(violation)
    return ""


def killed_by(message: str) -> tuple[str, str]:
    """Component and evidence that a message names, and the moment."""
    match = MESSAGE.fullmatch(message)
    return (
        (f"{match['component']}: `{match['evidence']}`", match["moment"])
        if match
        else (message.split(" (")[0], "before the first step")
    )

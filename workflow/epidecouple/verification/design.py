"""The design as data: components and what a run must record about each; read from `design.toml`."""

import hashlib
import json
import logging
import math
import tomllib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ..core.errors import DesignViolation
from ..core.gates import COMPARISONS, SIGNS

log = logging.getLogger(__name__)

PATH = Path(__file__).parent / "design.toml"
# What a component is part of: the model of two energies, whose ledger is kept while it is trained;
# the regulation score; R of loops.
ENERGIES, REGULATION, LOOPS = "energies", "regulation", "loops"
# When evidence is recorded, in words.
MOMENTS = {
    "start": "before the first step",
    "epoch": "every epoch",
    "audit": "audited epochs",
    "end": "after training",
    "scored": "when pairs are scored",
}


@dataclass(frozen=True)
class Requirement:
    """One piece of evidence a run must record; `when` is a key of `MOMENTS`, `phases` empty for
    every phase.
    """

    evidence: str
    must_be: str
    value: float | str
    when: str
    phases: tuple[str, ...] = ()

    @property
    def expectation(self) -> str:
        """The requirement in words."""
        shown = self.value if isinstance(self.value, str) else format(self.value, "g")
        return f"{SIGNS.get(self.must_be, self.must_be)} {shown}"

    def applies(self, when: str, phase: str) -> bool:
        """Whether it is due at this moment."""
        return self.when == when and (
            when not in ("epoch", "audit") or not self.phases or phase in self.phases
        )

    def met(self, observed: Any) -> bool:
        """Whether the observation satisfies it; what is missing or not a number does not."""
        if isinstance(self.value, str):
            return observed == self.value
        usable = isinstance(observed, int | float) and math.isfinite(observed)
        return usable and COMPARISONS[self.must_be](observed, self.value)


@dataclass(frozen=True)
class Component:
    """A row of the design: name, symbols it lives in, hard or soft, mechanism, requirements and the
    mutants that break it.

    `optional` names the configuration switch of a component that need not be on, with `=` and a
    value where it takes that one; `effect` what was
    measured of it: arm, world and metric of `resources/effects.tsv`; `model` what it is part of;
    `gate` the rows of a gate that ask for its effect on real data, <gate>.<metric>.
    """

    name: str
    lives_in: tuple[str, ...]
    kind: str
    mechanism: str
    mutants: tuple[str, ...]
    requires: tuple[Requirement, ...]
    optional: str = ""
    effect: tuple[str, str, str] | None = None
    model: str = ENERGIES
    gate: tuple[str, ...] = ()


def load_design(path: Path = PATH) -> list[Component]:
    """Read the components in their order."""
    rows = tomllib.loads(path.read_text())["component"]
    return [_component(row) for row in rows]


def of_model(components: list[Component], model: str) -> list[Component]:
    """The components that are part of a model."""
    return [component for component in components if component.model == model]


def require(model: str, evidence: dict[str, Any], path: Path = PATH) -> None:
    """Hold evidence against everything that a model without a ledger must show, and log it.

    Raises `DesignViolation` at the first requirement that is not met.
    """
    log.info("evidence of the design, %s: %s", model, json.dumps(evidence))
    for component in of_model(load_design(path), model):
        for rule in component.requires:
            observed = evidence.get(rule.evidence)
            if not rule.met(observed):
                shown = "nothing" if observed in (None, "") else observed
                raise DesignViolation(
                    f"{component.name}: {rule.evidence} must be {rule.expectation}, observed"
                    f" {shown} ({MOMENTS[rule.when]})"
                )


def planned_phases(curriculum: str, path: Path = PATH) -> list[str]:
    """The phases a curriculum of the configuration must run, in order."""
    return tomllib.loads(path.read_text())["curricula"][curriculum]


def design_digest(path: Path = PATH) -> str:
    """Digest of what the design requires of a training of two energies, blind to how it is worded
    (16 hexadecimal digits).
    """
    content = tomllib.loads(path.read_text())
    requirements = [
        (row["name"], row.get("optional"), row["requires"])
        for row in content["component"]
        if row.get("model", ENERGIES) == ENERGIES
    ]
    text = json.dumps([requirements, content["curricula"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _component(row: dict[str, Any]) -> Component:
    requires = tuple(
        Requirement(**{**rule, "phases": tuple(rule.get("phases", ()))}) for rule in row["requires"]
    )
    return Component(
        **{
            **row,
            "requires": requires,
            "lives_in": tuple(row["lives_in"]),
            "mutants": tuple(row["mutants"]),
            "gate": tuple(row.get("gate", ())),
            "effect": tuple(row["effect"]) if "effect" in row else None,
        }
    )


def implemented(component: Component) -> bool:
    """Whether every symbol the component lives in exists in this package."""
    return all(_exists(symbol) for symbol in component.lives_in)


def _exists(symbol: str) -> bool:
    room, module, *names = symbol.split(".")
    thing: object = import_module(f"epidecouple.{room}.{module}")
    for name in names:
        thing = getattr(thing, name, None)
    return thing is not None

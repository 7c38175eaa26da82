"""Worlds and arms of the ablation (`resources/ablation.yaml`) and the configuration of each."""

import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import yaml

from ..core.config import validated
from ..core.errors import InputError
from ..core.gates import GUARD, values_of
from ..core.paths import ABLATION, ROOT

DESIGN = "design"
How = Literal["curriculum", "joint", "rival", "control"]


@dataclass(frozen=True)
class Arm:
    """One way to predict loops.

    name : in tables; text : what it is, for pages
    how : trained by a curriculum of the configuration, by both energies jointly (`joint`), a rival
    that has no energies, or a control, which is the design on data without what it needs
    changes : of the configuration; joint : fields of `JointConfig`; what : of a rival or control
    component : the arm lacks or adds a component of the design, and runs under more seeds
    """

    name: str
    text: str
    how: How = "curriculum"
    changes: dict[str, Any] = field(default_factory=dict)
    joint: dict[str, Any] = field(default_factory=dict)
    what: str = ""
    component: bool = False

    @property
    def file(self) -> str:
        """The name as it stands in paths."""
        return in_path(self.name)


@dataclass(frozen=True)
class World:
    """A simulated world.

    preset : of `config/presets`, and changes : of the configuration on top of it
    discordant_pairs : trainings see so many at most; 0 for all pairs
    """

    name: str
    preset: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    discordant_pairs: int = 0

    @property
    def overlay(self) -> dict[str, Any]:
        """What the world changes in the default configuration."""
        path = ROOT / "config" / "presets" / f"{self.preset}.yaml"
        return merged(yaml.safe_load(path.read_text()) if self.preset else {}, self.changes)

    @property
    def file(self) -> str:
        """The name as it stands in paths."""
        return in_path(self.name)


@cache
def _table() -> dict[str, Any]:
    return yaml.safe_load(ABLATION.read_text())


@cache
def all_arms() -> dict[str, Arm]:
    """All arms by name, in the order of the table."""
    return {row["name"]: Arm(**row) for row in _table()["arms"]}


def quick_arms() -> list[str]:
    """The names of the arms of the quick ablation."""
    return list(_table()["quick"])


def all_worlds() -> dict[str, World]:
    """All worlds by name, in the order of the table."""
    return {row["name"]: World(**row) for row in _table()["worlds"]}


def world_of(name: str) -> World:
    """A world by its name; raises `InputError` for one that the table lacks."""
    if name not in all_worlds():
        raise InputError(
            f"there is no world {name}",
            f"Choose from: {', '.join(all_worlds())}",
            "ablation.worlds",
        )
    return all_worlds()[name]


def world_values(world: World, seed: int) -> dict[str, Any]:
    """The configuration of a world: the default one, smaller, as a validated mapping."""
    values = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    values = merged(merged(merged(values, world.overlay), _table()["size"]), {"seed": seed})
    known = {*values["cell_lines"], *values["held_out_lines"]}
    missing = values["dataset"].get("missing", {})
    values["dataset"]["missing"] = {line: missing[line] for line in missing if line in known}
    guard = values_of(GUARD, {}).items()
    values["thresholds"] = {check: row | {"why": "as the gate has it"} for check, row in guard}
    return validated(values)


def arm_values(values: dict[str, Any], arm: Arm) -> dict[str, Any]:
    """The configuration of an arm in a world, as a validated mapping."""
    return validated(merged(values, arm.changes))


def merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A configuration with changes inside its sections."""
    result = copy.deepcopy(values)
    for name, change in changes.items():
        inside = isinstance(change, dict) and isinstance(result.get(name), dict)
        result[name] = merged(result[name], change) if inside else copy.deepcopy(change)
    return result


def jobs(
    worlds: list[str], seeds: list[int], component_seeds: list[int], arms: list[str]
) -> list[tuple[str, int, str]]:
    """World, seed and arm of every training; an empty choice is all arms.

    component_seeds : those of the design and of arms that lack or add a component
    Raises `InputError` for an arm that the table lacks.
    """
    known = all_arms()
    unknown = sorted(set(arms) - set(known))
    if unknown:
        raise InputError(
            f"there is no arm {unknown[0]}", f"Choose from: {', '.join(known)}", "ablation.arms"
        )
    return [
        (world_of(world).name, seed, arm.name)
        for world in worlds
        for arm in known.values()
        if not arms or arm.name in arms
        for seed in (component_seeds if arm.component or arm.name == DESIGN else seeds)
    ]


def in_path(name: str) -> str:
    """A name with every sign that is no letter or digit replaced by `_`."""
    return "".join(sign if sign.isalnum() else "_" for sign in name)

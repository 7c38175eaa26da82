"""The ledger: what each component did while a model was trained, held against the design after
every epoch.

A requirement that is not met raises `DesignViolation` (mode `enforce`) or is written down (mode
`observe`).
"""

import hashlib
import math
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ..core.errors import DesignViolation
from ..data.sampler import MacroStep
from ..model.energy import EnergyModel
from .design import ENERGIES, Component, Requirement, implemented, load_design, of_model

AUDIT_PAIRS = 48
# Cosine distance below which two states are one.
SAME_DIRECTION = 0.01


@dataclass
class Entry:
    """A requirement's history: how often it was checked, the last observation, and the first
    violation.
    """

    component: str
    requirement: Requirement
    checks: int = 0
    observed: Any = None
    violation: str = ""


@dataclass
class _Epoch:
    """What one epoch has recorded so far."""

    steps: int = 0
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    smallest: dict[str, Tensor] = field(default_factory=dict)
    total: dict[str, Tensor] = field(default_factory=dict)
    notes: dict[str, float] = field(default_factory=lambda: defaultdict(float))


class Audited(Protocol):
    """What the ledger asks of a phase of training."""

    def terms(self, step: MacroStep) -> dict[str, Tensor]:
        """The loss terms of a step."""
        ...

    def sensitivity(self, step: MacroStep) -> dict[str, float]:
        """How terms react to a change of their inputs."""
        ...


class Ledger:
    """Collects evidence and checks it against the components of the design that this configuration
    has switched on.

    planned : the phases that the curriculum should run; a requirement on other phases only is not
    due.
    """

    def __init__(
        self, model: EnergyModel, switched_on: set[str], mode: str, planned: list[str]
    ) -> None:
        self.model, self.mode, self.planned = model, mode, planned
        designed = of_model(load_design(), ENERGIES)
        self.components = [
            component
            for component in designed
            if not component.optional or component.optional in switched_on
        ]
        self.switched_off = [each for each in designed if each not in self.components]
        self.entries = [
            Entry(component.name, rule)
            for component in self.components
            for rule in component.requires
            if not rule.phases or set(rule.phases) & set(planned)
        ]
        self.phases_run: list[str] = []
        self.kept: dict[str, int] = {}
        self.audited: dict[str, Any] = {}
        self.series: list[dict[str, Any]] = []
        self.seconds = 0.0
        self.made = time.perf_counter()
        self.epoch = _Epoch()

    @property
    def age(self) -> float:
        """Seconds since the training began, without those between a kill and a restart."""
        return time.perf_counter() - self.made

    @contextmanager
    def on_the_clock(self) -> Iterator[None]:
        """Count what is done inside as the ledger's own time."""
        started = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - started

    def start(self, evidence: dict[str, Any]) -> None:
        """Check what must hold before the first step."""
        self._check("start", "", evidence, "before the first step")

    def unmet_at_start(self, evidence: dict[str, Any]) -> list[str]:
        """Components whose requirements before the first step this evidence does not meet; nothing
        is recorded.
        """
        due = [entry for entry in self.entries if entry.requirement.when == "start"]
        return sorted(
            {
                entry.component
                for entry in due
                if not entry.requirement.met(evidence.get(entry.requirement.evidence))
            }
        )

    def start_phase(self, name: str) -> None:
        """A phase of the curriculum begins."""
        self.phases_run.append(name)

    def start_epoch(self) -> None:
        """Remember where the parameters and prototypes stand."""
        with self.on_the_clock():
            self.epoch = _Epoch()
            self.before = {
                name: _digest(group) for name, group in self.model.parameter_groups().items()
            }
            self.prototypes_before = self._prototypes()

    def step(self, step: MacroStep, terms: dict[str, Tensor], lines: list[int]) -> None:
        """Note one macro-step: its batches and the value of every loss term."""
        with self.on_the_clock():
            epoch = self.epoch
            epoch.steps += 1
            for name, value in terms.items():
                epoch.calls[name] += 1
                value = value.detach()
                epoch.total[name] = epoch.total.get(name, 0) + value
                epoch.smallest[name] = torch.minimum(epoch.smallest.get(name, value), value)
            batch_lines = [set(batch.lines.tolist()) for batch in step.micro_batches]
            epoch.notes["lines_per_micro_batch"] = max(
                epoch.notes["lines_per_micro_batch"], *map(len, batch_lines)
            )
            epoch.notes["lines_left_out"] += len(set(lines) - set().union(*batch_lines))
            epoch.notes["lines_out_of_order"] += [
                batch.line for batch in step.micro_batches
            ] != lines
            epoch.notes["micro_batches_on_other_pairs"] += sum(
                not _same(batch.pairs, step.pairs) for batch in step.micro_batches
            )

    @contextmanager
    def optimiser_step(self) -> Iterator[None]:
        """Around the optimiser's step: the codebook must not move in it."""
        with self.on_the_clock():
            codebook = self.model.resistance.prototypes.codebook.clone()
        yield
        with self.on_the_clock():
            moved = not torch.equal(codebook, self.model.resistance.prototypes.codebook)
            self.epoch.notes["codebook_moved_by_optimiser"] += moved

    def audit(self, phase: Audited, step: MacroStep) -> None:
        """Where the gradient of each term of a small step goes, and what the terms react to; the
        model is in evaluation mode.
        """
        with self.on_the_clock():
            groups = self.model.parameter_groups()
            norms = {
                name: _norms_by_group(term, groups) for name, term in phase.terms(step).items()
            }
            routes = {
                f"gradient_groups.{name}": " ".join(sorted(_reached(of_term)))
                for name, of_term in norms.items()
            }
            shares = {f"gradient_share.{name}": _share(name, norms) for name in norms}
            self.audited = routes | shares | phase.sensitivity(step)

    def end_epoch(self, phase: str, epoch: int, evidence: dict[str, Any]) -> None:
        """Check the epoch: what was recorded here, and what the loop adds (validation, early stop,
        guard).
        """
        with self.on_the_clock():
            recorded = self._recorded() | {"steps": self.epoch.steps} | evidence
        self.series.append({"phase": phase, "epoch": epoch, **recorded, **self.audited})
        self._check("epoch", phase, recorded, f"{phase}, epoch {epoch}")
        if self.audited:
            self._check("audit", phase, self.audited, f"{phase}, epoch {epoch}")
        self.audited = {}

    def end_phase(self, name: str, epoch: int) -> None:
        """A phase ended, and the model of this epoch was kept."""
        self.kept[name] = epoch

    def finish(self, evidence: dict[str, Any]) -> None:
        """Check what must hold after training."""
        of_phases = {
            "phases_left_out_or_added": int(self.phases_run != self.planned),
            "phases_not_in_the_kept_model": sum(not self.kept.get(name) for name in self.planned),
        }
        self._check("end", "", evidence | of_phases | self._steps_kept(), "after training")

    def _steps_kept(self) -> dict[str, float]:
        """How many steps of each loss term led to the model that was kept: `steps_kept.<term>`."""
        kept: dict[str, float] = defaultdict(float)
        for row in self.series:
            if row["epoch"] <= self.kept.get(row["phase"], 0):
                for name, share in row.items():
                    if name.startswith("calls."):
                        kept[f"steps_kept.{name.removeprefix('calls.')}"] += row["steps"] * share
        return kept

    def _recorded(self) -> dict[str, Any]:
        epoch = self.epoch
        states, line_prototypes = self._prototypes()
        groups = self.model.parameter_groups()
        moved = sorted(
            name for name, group in groups.items() if _digest(group) != self.before[name]
        )
        return {
            **{f"calls.{name}": count / epoch.steps for name, count in epoch.calls.items()},
            **{f"smallest.{name}": float(value) for name, value in epoch.smallest.items()},
            **epoch.notes,
            **{f"gradient_norm.{name}": _gradient_norm(group) for name, group in groups.items()},
            **{f"mean.{name}": float(value) / epoch.steps for name, value in epoch.total.items()},
            "moved_groups": " ".join(moved),
            "codebook_drift": float((states - self.prototypes_before[0]).norm(dim=1).mean()),
            "line_prototype_drift": float(
                (line_prototypes - self.prototypes_before[1]).norm(dim=1).mean()
            ),
            "usage_entropy_share": self.model.resistance.prototypes.usage_entropy_share(),
            "duplicate_states": _duplicates(states) / len(states),
        }

    def _prototypes(self) -> tuple[Tensor, Tensor]:
        resistance = self.model.resistance
        return resistance.prototypes.codebook.clone(), resistance.line_prototypes.prototypes.clone()

    def _check(self, when: str, phase: str, evidence: dict[str, Any], moment: str) -> None:
        for entry in self.entries:
            rule = entry.requirement
            if rule.applies(when, phase):
                entry.checks += 1
                entry.observed = evidence.get(rule.evidence)
                if not rule.met(entry.observed):
                    self._violated(entry, moment)

    def _violated(self, entry: Entry, moment: str) -> None:
        shown = "nothing" if entry.observed in (None, "") else entry.observed
        sentence = (
            f"{entry.component}: {entry.requirement.evidence} must be"
            f" {entry.requirement.expectation}, observed {shown} ({moment})"
        )
        entry.violation = entry.violation or sentence
        if self.mode == "enforce":
            raise DesignViolation(sentence)

    def snapshot(self) -> dict[str, Any]:
        """What has been recorded up to the end of an epoch."""
        entries = [(entry.checks, entry.observed, entry.violation) for entry in self.entries]
        return {
            "entries": entries,
            "phases": self.phases_run,
            "kept": self.kept,
            "series": self.series,
            "seconds": self.seconds,
            "age": self.age,
        }

    def resume(self, taken: dict[str, Any]) -> None:
        """Go on from a snapshot of a ledger of the same design."""
        for entry, kept in zip(self.entries, taken["entries"], strict=True):
            entry.checks, entry.observed, entry.violation = kept
        self.phases_run, self.kept, self.series, self.seconds = (
            taken["phases"],
            taken["kept"],
            taken["series"],
            taken["seconds"],
        )
        self.made = time.perf_counter() - taken["age"]

    def summary(self, training_seconds: float) -> dict[str, Any]:
        """What `verification.json` holds: per component designed, implemented, observed; and what
        the ledger cost.
        """
        rows = [
            _summary(
                component,
                [e for e in self.entries if e.component == component.name],
                self._steps_kept(),
            )
            for component in self.components
        ]
        violations = [entry.violation for entry in self.entries if entry.violation]
        never = [
            f"{e.component}: {e.requirement.evidence} was never checked"
            for e in self.entries
            if not e.checks
        ]
        share = self.seconds / training_seconds if training_seconds else 0.0
        return {
            "mode": self.mode,
            "components": rows,
            "violations": violations,
            "unchecked": never,
            "overhead_share": share,
            "epochs": self.series,
            "kept_epochs": self.kept,
            "switched_off": [_described(component) for component in self.switched_off],
        }


def _described(component: Component) -> dict[str, Any]:
    return {
        "name": component.name,
        "kind": component.kind,
        "mechanism": component.mechanism,
        "effect": component.effect,
    }


def _summary(
    component: Component, entries: list[Entry], steps_kept: dict[str, float]
) -> dict[str, Any]:
    """What stands of a component in the record.

    steps : that led to the model that is kept and had its loss term, None where it has no term
    share : of its term in the gradient where the term arrives, when it was last looked at
    """
    observed = {e.requirement.evidence: e.observed for e in entries}
    terms = [name for name in observed if name.startswith("steps_kept.")]
    shares = [value for name, value in observed.items() if name.startswith("gradient_share.")]
    return _described(component) | {
        "lives_in": list(component.lives_in),
        "implemented": implemented(component),
        "passed": all(entry.checks and not entry.violation for entry in entries),
        "steps": sum(steps_kept.get(name, 0.0) for name in terms) if terms else None,
        "share": shares[0] if shares else None,
        "evidence": [
            {
                "evidence": entry.requirement.evidence,
                "when": entry.requirement.when,
                "need": entry.requirement.expectation,
                "observed": entry.observed,
                "checks": entry.checks,
                "violation": entry.violation,
            }
            for entry in entries
        ],
    }


def _norms_by_group(term: Tensor, groups: dict[str, list[nn.Parameter]]) -> dict[str, float]:
    """Norm of the gradient of a term in each parameter group; 0 where it does not arrive."""
    if not term.requires_grad:
        return dict.fromkeys(groups, 0.0)
    parameters = [parameter for group in groups.values() for parameter in group]
    gradients = iter(torch.autograd.grad(term, parameters, allow_unused=True, retain_graph=True))
    by_group = {name: [next(gradients) for _ in group] for name, group in groups.items()}
    return {name: _norm(gradients) for name, gradients in by_group.items()}


def _norm(gradients: Sequence[Tensor | None]) -> float:
    """Norm of gradients together, those that are missing left out."""
    squares = [gradient.double().square().sum() for gradient in gradients if gradient is not None]
    return float(torch.stack(squares).sum().sqrt()) if squares else 0.0


def _reached(norms: dict[str, float]) -> list[str]:
    """The groups at which a gradient arrives."""
    return [group for group, norm in norms.items() if norm]


def _share(name: str, norms: dict[str, dict[str, float]]) -> float:
    """Norm of a term's gradient over the sum of all terms' norms, in the groups that it reaches."""
    reached = _reached(norms[name])
    of_term = {
        term: math.hypot(*(by_group[group] for group in reached))
        for term, by_group in norms.items()
    }
    return of_term[name] / sum(of_term.values()) if reached else 0.0


def _gradient_norm(parameters: list[nn.Parameter]) -> float:
    """Norm of what the last step of an epoch left in a group's gradients, after clipping; 0 where
    nothing arrived.
    """
    return _norm([parameter.grad for parameter in parameters])


def _digest(parameters: list[nn.Parameter]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for parameter in parameters:
        digest.update(parameter.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _same(a: Any, b: Any) -> bool:
    return len(a) == len(b) and bool((a == b).all())


def _duplicates(states: Tensor) -> int:
    """How many states (K, d) point in the direction of an earlier one."""
    unit = torch.nn.functional.normalize(states, dim=1)
    return int((unit @ unit.T > 1 - SAME_DIRECTION).tril(-1).any(1).sum())

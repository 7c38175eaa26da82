"""Gates: thresholds as data, verdicts as data. Judging never fails; `enforce` turns a failing
verdict into exit status 1.
"""

import math
import operator
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config

# Before Python 3.12 pydantic cannot use the TypedDict of the standard library.
from typing_extensions import TypedDict

from .errors import GATE_FAILED, GATE_REFUSED, InputError, read_own_yaml
from .key_types import NAME, Gate, Number, Reason
from .metrics import find_metric
from .paths import ROOT

ROWS = ROOT / "config" / "gates.yaml"
COMPARISONS = {"le": operator.le, "ge": operator.ge, "gt": operator.gt, "eq": operator.eq}
SIGNS = {"le": "<=", "ge": ">=", "gt": ">", "eq": "="}
PASSED, FAILED, NOTED, NOT_APPLICABLE = "passed", "failed", "noted", "not applicable"
# Checks that the overfitting guard reads while a model is trained.
GUARD = ("fit.train_aupr", "fit.train_minus_validation_aupr")
# The check by which the report says whether the chromatin states explain R.
RESIDUAL = "biology.residual_share"
# The check whose threshold says from which null on an arm of the loop panel recognises lines.
LINE_BLIND = "loops.loop_null"


@with_config(ConfigDict(extra="forbid"))
class Condition(TypedDict):
    """What must hold of a metric for a row to apply."""

    metric: str
    must_be: Literal["le", "ge", "eq"]
    value: Number


@with_config(ConfigDict(extra="forbid"))
class Row(TypedDict):
    """One row of `config/gates.yaml`."""

    gate: Gate
    metric: Annotated[str, Field(pattern=NAME)]
    must_be: Literal["le", "ge", "gt", "eq"]
    value: Number
    applies_when: NotRequired[list[Condition]]
    on_failure: NotRequired[Literal["note", "stop"]]
    why: Reason
    remedy: Reason


ROWS_OF_A_FILE = TypeAdapter(Annotated[list[Row], Field(min_length=1)])


@dataclass(frozen=True)
class Check:
    """One row of `config/gates.yaml` with the measured value.

    outcome : passed, failed, noted (not met, but the row never stops a run) or not applicable
    """

    gate: str
    metric: str
    need: str
    value: float | None
    outcome: str
    why: str
    remedy: str


@cache
def load_rows(path: Path = ROWS) -> list[Row]:
    """Read the thresholds, once per file; raises `InputError` when a row lacks keys of `Row`."""
    try:
        return ROWS_OF_A_FILE.validate_python(read_own_yaml(path))
    except ValidationError as error:
        mistake = error.errors()[0]
    problem = f"row {list(mistake['loc'])}: {mistake['msg']}"
    raise InputError(problem, "See the head of the file for its columns", path)


def rows_of(
    gate: str, thresholds: dict[str, dict[str, Any]], path: Path = ROWS
) -> list[dict[str, Any]]:
    """The rows of one gate with a run's own thresholds ("gate.metric" -> value, why) in place.

    Raises `InputError` when a run replaces a threshold that does not exist.
    """
    rows = load_rows(path)
    known = {f"{row['gate']}.{row['metric']}" for row in rows}
    for name in thresholds:
        if name not in known:
            raise InputError(
                f"thresholds names '{name}', which no gate has",
                f"Known: {', '.join(sorted(known))}",
                "config",
            )
    return [
        row | thresholds.get(f"{gate}.{row['metric']}", {}) for row in rows if row["gate"] == gate
    ]


def values_of(
    checks: Iterable[str], thresholds: dict[str, dict[str, Any]], path: Path = ROWS
) -> dict[str, dict[str, float]]:
    """The values of some checks ("gate.metric"), a run's own in place.

    A rule hands them to a stage that acts on a threshold itself, so that another threshold does not
    make the stage run again.
    """
    gates = {check.partition(".")[0] for check in checks}
    rows = [row for gate in gates for row in rows_of(gate, thresholds, path)]
    values = {f"{row['gate']}.{row['metric']}": row["value"] for row in rows}
    return {check: {"value": values[check]} for check in checks}


def judge(rows: list[dict[str, Any]], metrics: dict[str, Any]) -> list[Check]:
    """Compare metrics with the rows of a gate; a metric that is missing or not a number fails."""
    return [_check(row, metrics) for row in rows]


def _check(row: dict[str, Any], metrics: dict[str, Any]) -> Check:
    value = metrics.get(row["metric"])
    if not all(_holds(condition, metrics) for condition in row.get("applies_when", [])):
        outcome = NOT_APPLICABLE
    else:
        missed = NOTED if row.get("on_failure") == "note" else FAILED
        outcome = PASSED if _holds(row, metrics) else missed
    need = f"{SIGNS[row['must_be']]} {row['value']:g}"
    return Check(row["gate"], row["metric"], need, value, outcome, row["why"], row["remedy"])


def _holds(row: dict[str, Any], metrics: dict[str, Any]) -> bool:
    value = metrics.get(row["metric"])
    if not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return COMPARISONS[row["must_be"]](value, row["value"])


def verdict(gate: str, checks: list[Check], waived: bool) -> dict[str, Any]:
    """What a gate's verdict file holds; a waived gate passes with `waived: true` beside its
    failures.
    """
    failed = [check for check in checks if check.outcome == FAILED]
    return {
        "gate": gate,
        "passed": waived or not failed,
        "waived": waived,
        "checks": [asdict(check) for check in checks],
    }


def sentences(judged: dict[str, Any]) -> list[str]:
    """One sentence per failed check of a verdict: label and metric, value, threshold, remedy."""
    return [
        f"{GATE_REFUSED}{judged['gate']}{GATE_FAILED}{_named(check['metric'])} is"
        f" {_shown(check['value'])}, need {check['need']}. {_sentence(check['remedy'])}"
        for check in judged["checks"]
        if check["outcome"] == FAILED
    ]


def _named(metric: str) -> str:
    """A metric by label and name; by its name where the registry does not have it."""
    known = find_metric(metric)
    return f"{known.label} ({metric})" if known else metric


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _shown(value: float | None) -> str:
    return "missing" if value is None else f"{value:.4g}"

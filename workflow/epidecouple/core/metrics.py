"""What every metric means: `resources/metrics.yaml`, read once."""

import dataclasses
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from .errors import read_own_yaml
from .paths import METRICS

PLACEHOLDER = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Metric:
    """One row of the registry; see the head of the file for the columns."""

    name: str
    stages: list[str]
    unit: str
    better: str
    label: str
    definition: str
    short: str = ""
    only: str = ""

    def with_values(self, values: dict[str, str]) -> "Metric":
        """The row with its placeholders replaced."""
        return dataclasses.replace(
            self, label=_filled(self.label, values), short=_filled(self.short, values)
        )

    def part(self, suffix: dict[str, str]) -> "Metric":
        """A part of the metric, such as the lower end of its interval."""
        better = self.better if suffix["better"] == "same" else suffix["better"]
        label = f"{self.label}, {suffix['label']}"
        return dataclasses.replace(self, better=better, label=label, short=suffix["label"])


@cache
def registry() -> dict[str, Any]:
    """The file as it is: placeholders, suffixes and metrics."""
    return read_own_yaml(METRICS)


@cache
def rows() -> tuple[Metric, ...]:
    """All rows in their order."""
    return tuple(Metric(**row) for row in registry()["metrics"])


@cache
def patterns() -> tuple[tuple[re.Pattern[str], Metric], ...]:
    """Every row behind the pattern of its name, those without placeholders first."""
    ordered = sorted(rows(), key=lambda row: "<" in row.name)
    return tuple((re.compile(pattern(row.name)), row) for row in ordered)


@cache
def find_metric(name: str) -> Metric | None:
    """What a key of a metrics.json means; None when the registry does not have it.

    A row of exactly this name counts before one with placeholders, a whole name before a suffix.
    """
    for named, row in patterns():
        match = named.fullmatch(name)
        if match:
            return row.with_values(match.groupdict())
    base, _, ending = name.rpartition("_")
    suffix = registry()["suffixes"].get(ending)
    metric = find_metric(base) if suffix else None
    return metric and metric.part(suffix)


def pattern(name: str) -> str:
    """The regular expression of a row's name."""
    parts = PLACEHOLDER.split(name)
    kinds = registry()["placeholders"]
    fixed, named = parts[::2], [f"(?P<{kind}>{kinds[kind]})" for kind in parts[1::2]]
    return "".join(re.escape(text) + kind for text, kind in zip(fixed, [*named, ""], strict=True))


def label(name: str) -> str:
    """How pages call a metric; the name itself where the registry has none, as in old verdicts."""
    metric = find_metric(name)
    return metric.label if metric else name


def short_label(name: str) -> str:
    """How pages call a metric in the column of reference values."""
    metric = find_metric(name)
    return (metric.short or metric.label) if metric else name


def _filled(text: str, values: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: values[match[1]], text)

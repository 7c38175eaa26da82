"""The table of information: each representation's bits about the line or the label, beside an
untrained floor and a null.

Nothing here knows the model. The only module that uses joblib: tasks are shared out over processes
of one thread each, and every permutation has its own random stream, so that the numbers do not
depend on how they were shared out.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, parallel_config

from ..core.progress import tracked
from ..core.random_streams import Stream, rng_for
from ..core.sections.analysis import DiagnoseConfig
from ..statistics.jackknife import weights_without_each
from ..statistics.permutation import Exchangeable, p_value, permuted
from ..statistics.probes import (
    ConditionallyValidated,
    CrossValidated,
    Information,
    LinearProbe,
    boosting_probe,
)

LINEAR = "linear"
BOOSTED = "boosted"
# Columns of the table and what they are called in metrics.json, after the name of the answer.
PARTS = {"fraction": "", "floor": "_floor", "change": "_change"}


@dataclass(frozen=True)
class Topic:
    """What a question is about, in words: the first columns of the table.

    probe : `LINEAR` or `BOOSTED`; about : line or label; condition : line, label or nothing
    """

    representation: str
    table: str
    probe: str
    about: str
    condition: str = ""


@dataclass(frozen=True)
class Question:
    """A probe of `x` (n, d) about the classes `c` (n,), within values of `condition` (n,) if there
    is one.

    name : key of the answer in metrics.json
    floor : the same representation of an untrained encoder (n, d), or None; groups : what folds and
    intervals keep whole (n,)
    permutations : size of the null; resampled : whether groups are many enough for an interval
    """

    name: str
    topic: Topic
    x: np.ndarray
    floor: np.ndarray | None
    c: np.ndarray
    groups: np.ndarray
    units: Exchangeable
    condition: np.ndarray | None = None
    permutations: int = 0
    resampled: bool = True


@dataclass(frozen=True)
class Answer:
    """Information in the representation and in that of the untrained encoder (None without one),
    and the fractions of the null.
    """

    question: Question
    observed: Information
    floor: Information | None
    null: list[float]


def start_probes(
    questions: list[Question], config: DiagnoseConfig, seed: int
) -> Callable[[], list[Answer]]:
    """Start the probes of all questions on `config.processes` processes; the function that is
    returned waits for the answers, so that the caller can compute beside them.
    """
    tasks = [_tasks(question, config, seed) for question in questions]
    flat = list(chain(*tasks))
    with parallel_config("loky", n_jobs=config.processes, inner_max_num_threads=1):
        results = Parallel(return_as="generator")(flat)

    def answers() -> list[Answer]:
        left = iter(list(tracked(results, "probes", len(flat))))
        return [
            _answer(question, list(islice(left, len(own))))
            for question, own in zip(questions, tasks, strict=True)
        ]

    return answers


def _answer(question: Question, results: list[Any]) -> Answer:
    observed, floor, *null = results
    return Answer(question, observed, floor, list(chain(*null)))


def _tasks(question: Question, config: DiagnoseConfig, seed: int) -> list[Any]:
    """Calls for joblib."""
    numbers = np.arange(question.permutations)
    shares = [part for part in np.array_split(numbers, config.processes) if len(part)]
    observed = [delayed(_observed)(question, x, config) for x in (question.x, question.floor)]
    return observed + [delayed(_null)(question, part, config, seed) for part in shares]


def _observed(
    question: Question, x: np.ndarray | None, config: DiagnoseConfig
) -> Information | None:
    return None if x is None else _validated(question, x, config).information(question.c)


def _null(
    question: Question, numbers: np.ndarray, config: DiagnoseConfig, seed: int
) -> list[float]:
    return null_fractions(
        _validated(question, question.x, config).information,
        question.c,
        question.units,
        numbers,
        seed,
    )


def _validated(
    question: Question, x: np.ndarray, config: DiagnoseConfig
) -> CrossValidated | ConditionallyValidated:
    if question.condition is not None:
        return ConditionallyValidated(x, question.condition, question.groups, config.folds)
    boosted = question.topic.probe == BOOSTED
    probe = boosting_probe(config.boosting_rounds) if boosted else LinearProbe
    return CrossValidated(x, question.groups, probe, config.folds)


def information_table(answered: list[Answer], config: DiagnoseConfig, seed: int) -> pd.DataFrame:
    """One row per answer: bits, fraction of H(c) with its interval, p against the null, floor and
    change with theirs; and how many units the intervals leave out.
    """
    return pd.DataFrame([_row(answer, config, seed) for answer in answered])


def _row(answer: Answer, config: DiagnoseConfig, seed: int) -> dict[str, Any]:
    question = answer.question
    change = None if answer.floor is None else answer.observed.minus(answer.floor)
    row: dict[str, Any] = {"name": question.name, **asdict(question.topic)}
    row |= {
        "rows": len(question.c),
        "features": question.x.shape[1],
        "bits": answer.observed.bits,
        "entropy": answer.observed.entropy,
    }
    without = weights_without_each(question.groups)
    for name, part in (("fraction", answer.observed), ("floor", answer.floor), ("change", change)):
        row |= _fraction(name, part, question, without)
    row["units"] = without.shape[1] if question.resampled else np.nan
    row["p"] = p_value(answer.observed.fraction, answer.null)
    row["permutations"] = len(answer.null)
    if answer.null:
        row |= {"null_mean": np.mean(answer.null), "null_largest": max(answer.null)}
    return row


def _fraction(
    name: str, part: Information | None, question: Question, without: np.ndarray
) -> dict[str, float]:
    """A fraction of the entropy and its interval, NaN for what was not measured.

    without : (G, G), how often each group stays when each is left out
    """
    lower, upper = np.nan, np.nan
    if part and question.resampled:
        lower, upper = part.fraction_interval(question.groups, without)
    fraction = part.fraction if part else np.nan
    return {name: fraction, f"{name}_lower": lower, f"{name}_upper": upper}


def table_metrics(table: pd.DataFrame) -> dict[str, float]:
    """The table as metrics: <name>, <name>_lower, _upper, _floor, _change (with theirs) and _p;
    what was not measured is left out.
    """
    suffixes = {
        f"{part}{bound}": f"{suffix}{bound}"
        for part, suffix in PARTS.items()
        for bound in ("", "_lower", "_upper")
    } | {"p": "_p"}
    values = {
        row["name"] + suffix: row[column]
        for _, row in table.iterrows()
        for column, suffix in suffixes.items()
    }
    return {name: float(value) for name, value in values.items() if np.isfinite(value)}


def null_fractions(
    informed: Callable[[np.ndarray], Information],
    c: np.ndarray,
    units: Exchangeable,
    numbers: Iterable[int],
    seed: int,
) -> list[float]:
    """Fractions of the entropy that a probe reads about permutations of c (n,).

    Each permutation has a number, and with it a random stream of its own.
    """
    return [
        informed(permuted(c, units, rng_for(seed, Stream.PERMUTED_LABELS, number))).fraction
        for number in numbers
    ]

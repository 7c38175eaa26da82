"""The table of information: each representation's bits about the line or the label, beside an
untrained floor and a null.

Nothing here knows the model. The only module that uses joblib: tasks are shared out over processes
of one thread each, and every permutation has its own random stream, so that the numbers do not
depend on how they were shared out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, parallel_config

from ..core.config import DiagnoseConfig
from ..core.progress import tracked
from ..core.random_streams import Stream, rng_for
from ..statistics.permutation import Exchangeable, p_value, permuted
from ..statistics.probes import (
    ConditionallyValidated,
    CrossValidated,
    Information,
    boosting_probe,
    linear_probe,
)

# Columns of the table and what they are called in metrics.json, after the name of the answer.
PARTS = {"fraction": "", "floor": "_floor", "change": "_change"}


@dataclass(frozen=True)
class Question:
    """What a probe is asked: `x` (n, d) about the classes `c` (n,), within values of `given` (n,)
    where there are any.

    name : key of the answer in metrics.json; label : how the answer is called in the table,
    (representation, table, probe, about, given)
    floor : the same representation of an untrained encoder (n, d), or None; groups : what folds and
    bootstrap keep whole (n,)
    permutations : size of the null; resampled : whether groups are many enough for an interval
    """

    name: str
    label: tuple[str, str, str, str, str]
    x: np.ndarray
    floor: np.ndarray | None
    c: np.ndarray
    groups: np.ndarray
    units: Exchangeable
    given: np.ndarray | None = None
    permutations: int = 0
    resampled: bool = True


@dataclass(frozen=True)
class Answer:
    """What a probe found in the representation and in that of the untrained encoder (None without
    one), and its null.
    """

    question: Question
    found: Information
    floor: Information | None
    null: list[float]


def answers(
    questions: list[Question], config: DiagnoseConfig, seed: int, threads: int
) -> list[Answer]:
    """Ask all questions, on `threads` processes."""
    tasks = [task for question in questions for task in _tasks(question, config, seed, threads)]
    with parallel_config("loky", n_jobs=threads, inner_max_num_threads=1):
        done = list(tracked(Parallel(return_as="generator")(tasks), "probes", len(tasks)))
    found, per_question = (
        [],
        [len(_tasks(question, config, seed, threads)) for question in questions],
    )
    for question, results in zip(
        questions, np.split(np.arange(len(done)), np.cumsum(per_question)[:-1]), strict=True
    ):
        observed, floor, *null = (done[k] for k in results)
        found.append(Answer(question, observed, floor, [value for part in null for value in part]))
    return found


def _tasks(question: Question, config: DiagnoseConfig, seed: int, threads: int) -> list:
    shares = [
        part for part in np.array_split(np.arange(question.permutations), threads) if len(part)
    ]
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
    if question.given is not None:
        return ConditionallyValidated(x, question.given, question.groups, config.folds)
    probe = (
        boosting_probe(config.boosting_rounds) if question.label[2] == "boosted" else linear_probe
    )
    return CrossValidated(x, question.groups, probe, config.folds)


def information_table(found: list[Answer], config: DiagnoseConfig, seed: int) -> pd.DataFrame:
    """One row per answer: bits, fraction of H(c) with its interval, p against the null, floor and
    change with theirs.
    """
    return pd.DataFrame([_row(answer, config, seed) for answer in found])


def _row(answer: Answer, config: DiagnoseConfig, seed: int) -> dict:
    question = answer.question
    change = None if answer.floor is None else answer.found.minus(answer.floor)
    row = dict(
        zip(
            ("name", "representation", "table", "probe", "about", "given"),
            (question.name, *question.label),
            strict=True,
        )
    )
    row |= {
        "rows": len(question.c),
        "features": question.x.shape[1],
        "bits": answer.found.bits,
        "entropy": answer.found.entropy,
    }
    for name, part in (("fraction", answer.found), ("floor", answer.floor), ("change", change)):
        row[name] = part.fraction if part else np.nan
        bounds = (
            part.fraction_interval(question.groups, config.bootstrap, seed)
            if part and question.resampled
            else (np.nan, np.nan)
        )
        row[f"{name}_lower"], row[f"{name}_upper"] = bounds
    null = (
        {"null_mean": np.mean(answer.null), "null_largest": max(answer.null)} if answer.null else {}
    )
    return row | {
        "p": p_value(answer.found.fraction, answer.null),
        "permutations": len(answer.null),
        **null,
    }


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
    ask: Callable[[np.ndarray], Information],
    c: np.ndarray,
    units: Exchangeable,
    numbers: range,
    seed: int,
) -> list[float]:
    """Fractions of the entropy that a probe finds on permutations of c; each has a number, and with
    it its own random stream.
    """
    return [
        ask(permuted(c, units, rng_for(seed, Stream.PERMUTED_LABELS, number))).fraction
        for number in numbers
    ]

"""Scores of the arms of a comparison, and the file that a fold leaves them in."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from ..core.integrity import intact, seal

ALL_LINES = "all lines"


class Kind(StrEnum):
    """An arm is R or a variant of it, a rival that learns from labels, one that does not, or a
    null, which shows what is reached without the marks of the locus.
    """

    OF_R = "R or a variant"
    TRAINED = "trained rival"
    UNTRAINED = "untrained rival"
    NULL = "null model"


@dataclass(frozen=True)
class Arm:
    """One competitor.

    setting : `ALL_LINES`, or the cell line whose labels the arm never saw
    """

    setting: str
    name: str
    kind: Kind


R = "R"
Scores = dict[Arm, np.ndarray]


def arms_of(setting: str, kind: Kind, by_name: dict[str, np.ndarray]) -> Scores:
    """Name -> score (n, C) of one setting and kind as arm -> score."""
    return {Arm(setting, name, kind): score for name, score in by_name.items()}


def in_setting(scores: Scores, setting: str) -> Scores:
    """The scores of one setting."""
    return {arm: score for arm, score in scores.items() if arm.setting == setting}


def save_scores(path: Path, pairs: np.ndarray, scores: Scores) -> None:
    """Write an npz: pairs (n,), scores (A, n, C) or (A, n, C, seeds), and setting, name and kind
    (A,) of each arm.
    """
    np.savez_compressed(
        path,
        pairs=pairs,
        scores=np.stack(list(scores.values())),
        setting=[arm.setting for arm in scores],
        name=[arm.name for arm in scores],
        kind=[arm.kind.value for arm in scores],
    )
    seal(path)


def read_scores(path: Path) -> tuple[np.ndarray, Scores]:
    """Pairs (n,) and the scores (n, C) of every arm."""
    with np.load(intact(path)) as file:
        columns = zip(file["setting"], file["name"], file["kind"], strict=True)
        arms = [Arm(str(setting), str(name), Kind(kind)) for setting, name, kind in columns]
        return file["pairs"], dict(zip(arms, file["scores"], strict=True))


def pooled_scores(folds: list[Path], rows: np.ndarray) -> Scores:
    """Scores (n, C, ...) of every arm on all discordant pairs, in the order of `rows` (n,).

    Each pair's scores come from the fold that tested it; an arm that a fold lacks, as one that
    leaves a line out in some folds only, has NaN there.
    """
    pairs, by_fold = zip(*map(read_scores, folds), strict=True)
    order = np.argsort(np.concatenate(pairs))
    if not np.array_equal(np.concatenate(pairs)[order], rows):
        raise ValueError("the folds do not hold every discordant pair once")
    empty = [np.full_like(next(iter(scores.values())), np.nan) for scores in by_fold]
    arms = dict.fromkeys(arm for scores in by_fold for arm in scores)
    return {
        arm: np.concatenate(
            [scores.get(arm, none) for scores, none in zip(by_fold, empty, strict=True)]
        )[order]
        for arm in arms
    }

"""How well R says in which line a locus of the loop panel loops: balanced AUC with intervals,
beside rivals and nulls, and where it is better and worse.

Whoever can recognise a line is right more often than a coin, without knowing the locus: deep maps
have more loops of some kinds. So every arm that is fitted stands beside its null, the same model on
marks of another locus, and one whose null is above the gate's limit is marked.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..core.config import Config
from ..data.loop_loci import ANCHORS, nearest_loops
from ..statistics.jackknife import ANYTHING, SHARE, interval
from ..statistics.ranking import balanced_auc, comparisons, mean_of_couples, without_levels
from .baselines import ACTIVITY, BOOSTING
from .loop_arms import IDENTITY, null_of
from .resistance_benchmark import BOUNDS, involving
from .scores import ALL_LINES, Arm, Kind, R, Scores, in_setting

UNSEEN = "a line never seen, mean"
# Decimals of scores without levels; scores are of order 1.
ROUNDED = 9
H3K27AC = f"{ACTIVITY[0]} at both ends"
COLUMNS = [
    "setting",
    "arm",
    "kind",
    "auc",
    "lower",
    "upper",
    "centred",
    "centred_lower",
    "centred_upper",
    "gain",
    "gain_lower",
    "gain_upper",
    "lowest_fold",
    "highest_fold",
    "lowest_seed",
    "highest_seed",
    "null",
    "null_upper",
    "null_centred",
    "null_centred_upper",
    "recognises_lines",
]


class Auc(NamedTuple):
    """A balanced AUC, or a difference of two: its value, the values (G,) without each chromosome,
    NaN for one that it does not rest on, and the bounds it lies within.
    """

    value: float
    left_out: np.ndarray
    within: tuple[float, float] = SHARE

    def minus(self, other: "Auc") -> "Auc":
        """The difference, chromosome by chromosome."""
        return Auc(self.value - other.value, self.left_out - other.left_out, ANYTHING)

    @property
    def summary(self) -> tuple[float, float, float]:
        """Value and 95 % interval."""
        return self.value, *interval(self.value, self.left_out, self.within)


class LoopRanking:
    """Balanced AUCs of all arms on the same loci, with intervals over chromosomes."""

    def __init__(self, labels: np.ndarray, chrom: np.ndarray, config: Config) -> None:
        self.labels = labels
        self.folds = [np.isin(chrom, fold) for fold in config.splits.folds]
        self.members = [np.flatnonzero(chrom == name) for name in np.unique(chrom)]

    def auc(
        self, scores: np.ndarray, counted: np.ndarray | None = None, both_ways: bool = True
    ) -> Auc:
        """Balanced AUC of scores (n, C, seeds) over the comparisons that count, mean over seeds.

        counted, both_ways : as `statistics.ranking` takes them
        """
        seeds = range(scores.shape[2])
        return mean_of([self._of_seed(scores[:, :, seed], counted, both_ways) for seed in seeds])

    def _of_seed(self, scores: np.ndarray, counted: np.ndarray | None, both_ways: bool) -> Auc:
        """Balanced AUC of scores (n, C)."""
        wins, compared = (
            np.stack([each[rows].sum(0) for rows in self.members])
            for each in comparisons(self.labels, scores, counted)
        )
        value = float(mean_of_couples(wins.sum(0), compared.sum(0), both_ways))
        rest = mean_of_couples(wins.sum(0) - wins, compared.sum(0) - compared, both_ways)
        return Auc(value, np.where(compared.any((1, 2)), rest, np.nan))

    def levelled(self, scores: np.ndarray) -> np.ndarray:
        """Scores (n, C, seeds) minus each line's mean in the fold, whose networks gave them.

        They are rounded, so that a score of the line alone leaves ties and no rounding errors.
        """
        made = scores.copy()
        for rows in self.folds:
            made[rows] = without_levels(scores[rows]) if rows.any() else made[rows]
        return made.round(ROUNDED)

    def spread(self, scores: np.ndarray) -> tuple[float, float, float, float]:
        """Lowest and highest balanced AUC of a fold, of all seeds, and of a seed, in all folds."""
        seeds = range(scores.shape[2])
        of_seeds = [balanced_auc(self.labels, scores[:, :, seed]) for seed in seeds]
        of_folds = [
            np.mean([balanced_auc(self.labels[rows], scores[rows, :, seed]) for seed in seeds])
            for rows in self.folds
            if rows.any()
        ]
        return (
            float(np.nanmin(of_folds)),
            float(np.nanmax(of_folds)),
            float(np.min(of_seeds)),
            float(np.max(of_seeds)),
        )


def mean_of(aucs: list[Auc]) -> Auc:
    """The mean of some AUCs; one that does not rest on a chromosome stays as it is without it."""
    left_out = np.stack([auc.left_out for auc in aucs])
    values = np.array([auc.value for auc in aucs])
    rest = np.where(np.isnan(left_out), values[:, None], left_out).mean(0)
    used = np.isfinite(left_out).any(0)
    return Auc(float(values.mean()), np.where(used, rest, np.nan))


class LoopFigures(NamedTuple):
    """What is measured of the arms.

    plain : balanced AUC of every arm in its setting, and its mean over the lines left out, under
    the setting `UNSEEN`; centred : with each line's mean score removed, in all lines; spread : of
    `LoopRanking.spread`, in all lines
    """

    plain: dict[Arm, Auc]
    centred: dict[Arm, Auc]
    spread: dict[Arm, tuple[float, float, float, float]]


def loop_figures(ranking: LoopRanking, scores: Scores, lines: list[str]) -> LoopFigures:
    """Measure every arm in all lines, and without each line on the loci where it was left out.

    An untrained rival never sees labels, so that its scores serve every setting.
    """
    own = in_setting(scores, ALL_LINES)
    plain = {arm: ranking.auc(score) for arm, score in own.items()}
    unseen = [_without(line, c, ranking, scores) for c, line in enumerate(lines)]
    names = {(arm.name, arm.kind) for of_line in unseen for arm in of_line}
    for name, kind in sorted(names):
        aucs = [of_line[Arm(line, name, kind)] for line, of_line in zip(lines, unseen, strict=True)]
        plain[Arm(UNSEEN, name, kind)] = mean_of(aucs)
    for of_line in unseen:
        plain |= of_line
    centred = {arm: ranking.auc(ranking.levelled(score)) for arm, score in own.items()}
    return LoopFigures(plain, centred, {arm: ranking.spread(score) for arm, score in own.items()})


def _without(line: str, number: int, ranking: LoopRanking, scores: Scores) -> dict[Arm, Auc]:
    """Balanced AUC of every arm that never saw a line, over comparisons with it."""
    own = in_setting(scores, line)
    tested = np.isfinite(own[Arm(line, R, Kind.OF_R)][:, :1, :1])
    counted = involving(number, ranking.labels.shape[1]) & tested
    own |= {
        Arm(line, arm.name, arm.kind): score
        for arm, score in in_setting(scores, ALL_LINES).items()
        if arm.kind is Kind.UNTRAINED
    }
    return {arm: ranking.auc(score, counted) for arm, score in own.items()}


def loop_arms_table(figures: LoopFigures, limit: float) -> pd.DataFrame:
    """One row per arm: `COLUMNS`, those of a kind together. Gain: AUC of R in the setting minus
    that of the arm.

    limit : the largest null of an arm that does not recognise lines, as it is and with each line's
    mean score removed
    """
    settings = list(dict.fromkeys(arm.setting for arm in figures.plain))
    kinds = list(Kind)
    arms = sorted(
        figures.plain, key=lambda arm: (settings.index(arm.setting), kinds.index(arm.kind))
    )
    return pd.DataFrame([_row(arm, figures, limit) for arm in arms], columns=COLUMNS)


def _row(arm: Arm, figures: LoopFigures, limit: float) -> tuple[Any, ...]:
    auc = figures.plain[arm]
    gain = figures.plain[Arm(arm.setting, R, Kind.OF_R)].minus(auc)
    in_all_lines = arm in figures.centred
    centred = figures.centred[arm].summary if in_all_lines else (np.nan,) * 3
    spread = figures.spread.get(arm, (np.nan,) * 4)
    nulls = _nulls(arm, figures) if in_all_lines else [np.nan] * 4
    recognises = "" if np.isnan(nulls).all() else "yes" if max(nulls[::2]) > limit else "no"
    named = (arm.setting, arm.name, arm.kind.value)
    return *named, *auc.summary, *centred, *gain.summary, *spread, *nulls, recognises


def _nulls(arm: Arm, figures: LoopFigures) -> list[float]:
    """Value and upper end of an arm's null, as it is and centred; NaN for an arm without one."""
    null = Arm(ALL_LINES, null_of(arm.name), Kind.NULL)
    if null not in figures.plain:
        return [np.nan] * 4
    both = figures.plain[null], figures.centred[null]
    return [end for auc in both for end in auc.summary[::2]]


def strata(
    loci: pd.DataFrame, labels: np.ndarray, config: Config
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Stratum, group, and the comparisons (n, C, C) or what broadcasts to them of every group."""
    lines, panel = config.all_lines, config.loop_panel
    distance = (loci[ANCHORS[1]] - loci[ANCHORS[0]]).to_numpy()
    edges = [0, *panel.distances_bp, np.inf]
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (distance >= low) & (distance < high)
        yield "distance of the anchors", _span(low, high), inside[:, None, None]
    looping = labels.sum(1)
    yield "lines that loop", "one", (looping == 1)[:, None, None]
    yield "lines that loop", "several", (looping > 1)[:, None, None]
    for c in np.argsort(-labels.sum(0)):
        negative = np.arange(len(lines)) == c
        group = f"{lines[c]} ({labels[:, c].sum()} of the loci)"
        yield "line without the loop", group, negative[None, None]
    nearest = nearest_loops(loci, lines)
    for bp in panel.near_bp:
        yield "near misses left out", f"up to {bp // 1000} kb", (nearest > bp)[:, None]
    if panel.laboratories:
        names = np.array([panel.laboratories.get(line, line) for line in lines])
        same = (names[:, None] == names)[None]
        yield "marks of both lines", "of one laboratory", same
        yield "marks of both lines", "of two laboratories", ~same


def _span(low: float, high: float) -> str:
    if np.isinf(high):
        return f"{low / 1000:.0f} kb and more"
    return f"{low / 1000:.0f} to {high / 1000:.0f} kb"


def strata_table(
    ranking: LoopRanking, scores: Scores, loci: pd.DataFrame, config: Config
) -> pd.DataFrame:
    """stratum, group, comparisons, arm, auc, lower, upper, of R and its closest rivals."""
    shown = [arm for arm in in_setting(scores, ALL_LINES) if arm.name in (R, BOOSTING, H3K27AC)]
    columns = ["stratum", "group", "comparisons", "arm", "auc", "lower", "upper"]
    rows = []
    for stratum, group, counted in strata(loci, ranking.labels, config):
        count = comparisons(ranking.labels, ranking.labels, counted)[1].sum()
        for arm in shown if count else []:
            summary = ranking.auc(scores[arm], counted, both_ways=False).summary
            rows.append((stratum, group, int(count), arm.name, *summary))
    return pd.DataFrame(rows, columns=columns)


def near_share(loci: pd.DataFrame, labels: np.ndarray, config: Config) -> dict[str, float]:
    """Share of the negative labels with an own loop nearby, by distance."""
    nearest = nearest_loops(loci, config.all_lines)[labels == 0]
    return {
        f"loop_near_{bp // 1000}kb_share": float((nearest <= bp).mean())
        for bp in config.loop_panel.near_bp
    }


def loop_metrics(figures: LoopFigures) -> dict[str, float]:
    """The figures of R, of its nulls and of every rival, in all lines and in a line never seen."""
    plain = {(arm.setting, arm.name): auc for arm, auc in figures.plain.items()}
    r = plain[ALL_LINES, R]
    named = {
        "loop_auc": r,
        "loop_auc_centred": figures.centred[Arm(ALL_LINES, R, Kind.OF_R)],
        "loop_auc_unseen": plain[UNSEEN, R],
        "loop_null": plain[ALL_LINES, null_of(R)],
        "loop_null_centred": figures.centred[Arm(ALL_LINES, null_of(R), Kind.NULL)],
        "loop_identity_null": plain[ALL_LINES, IDENTITY],
        "loop_gain_over_boosting": r.minus(plain[ALL_LINES, BOOSTING]),
    }
    if (ALL_LINES, H3K27AC) in plain:
        named["loop_gain_over_h3k27ac"] = r.minus(plain[ALL_LINES, H3K27AC])
    metrics: dict[str, float] = {}
    for name, auc in named.items():
        metrics |= {f"{name}{end}": x for end, x in zip(BOUNDS, auc.summary, strict=True)}
    titles = {ALL_LINES: "loops", UNSEEN: "loops, unseen line"}
    return metrics | {
        f"{titles[setting]}: {name}": auc.value
        for (setting, name), auc in plain.items()
        if setting in titles and name != R
    }

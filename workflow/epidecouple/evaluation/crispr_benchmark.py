"""How well scores tell which elements regulate a gene, as the field measures it.

Area below the precision-recall curve with the rows weighted by how likely a negative effect is
direct, precision where 70 % of the regulated pairs are found, intervals over rows and over
chromosomes. All scores are compared on the same rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..regulation.head import LOGIT
from ..regulation.score import PARTS, WAY
from ..statistics.operating_points import RECALL
from ..statistics.precision_recall import Curve, Ranking, interval, row_counts
from .crispr_rivals import DISTANCE_ALONE, SHARE
from .crispr_scores import ABC, BOOSTING, HEAD, ZERO_SHOT, Kind, Score

# Shown as curves and in every stratum.
SHOWN = (ZERO_SHOT, SHARE, DISTANCE_ALONE, HEAD)
# Recalls of a drawn curve.
GRID = np.round(np.arange(0.02, 1.001, 0.02), 2)
# Upper edges of the distance strata in bp.
DISTANCE_EDGES = {"< 10 kb": 1e4, "10 to 100 kb": 1e5, "100 to 250 kb": 2.5e5, "> 250 kb": np.inf}
# A stratum with fewer regulated pairs, or no other, says nothing.
FEWEST_REGULATED = 5
FIGURES = ("ap", "auprc", "precision")
# Both forms of ours, and the rivals that the headlines compare each with.
OURS = {"zero_shot": ZERO_SHOT, "head": HEAD}
HEADLINE_RIVALS = {
    "zero_shot": {"share": SHARE, "distance": DISTANCE_ALONE},
    "head": {"zero_shot": ZERO_SHOT, "boosting": BOOSTING},
}
# Ends of the names of a figure and of its interval.
BOUNDS = ("", "_lower", "_upper")


@dataclass(frozen=True)
class Compared:
    """Rows that scores are compared on: labels, weights, chromosomes, each (n,)."""

    labels: np.ndarray
    weights: np.ndarray
    chrom: np.ndarray

    def of(self, rows: np.ndarray) -> "Compared":
        """Some of the rows."""
        return Compared(self.labels[rows], self.weights[rows], self.chrom[rows])

    def groups(self, unit: str) -> np.ndarray:
        """What a bootstrap draws as a whole: `rows` or `chromosomes`."""
        return np.arange(len(self.labels)) if unit == "rows" else self.chrom


def compared_rows(pairs: pd.DataFrame) -> Compared:
    """The rows of a table of pairs."""
    return Compared(
        pairs.regulated.to_numpy(dtype=float),
        pairs.weight.to_numpy(dtype=float),
        pairs.chrom.to_numpy(dtype=str),
    )


def figures(ranking: Ranking, counts: np.ndarray, weights: np.ndarray) -> tuple[float, ...]:
    """`FIGURES` where each row is there `counts` times: average precision without weights, area and
    precision at 70 % recall with them.
    """
    weighted = ranking.curve(counts * weights)
    plain = ranking.curve(counts).average_precision
    return plain, weighted.trimmed_area, weighted.precision_at(RECALL)


def measured(tested: Compared, scores: list[Score]) -> np.ndarray:
    """`FIGURES` of each score on all rows: (scores, figures)."""
    ones = np.ones(len(tested.labels))
    return np.array(
        [figures(Ranking(tested.labels, s.values), ones, tested.weights) for s in scores]
    )


def drawn(tested: Compared, scores: list[Score], unit: str, draws: int, seed: int) -> np.ndarray:
    """`FIGURES` of each score on bootstrap samples of the same rows: (draws, scores, figures)."""
    rankings = [Ranking(tested.labels, score.values) for score in scores]
    return np.array(
        [
            [figures(ranking, counts, tested.weights) for ranking in rankings]
            for counts in row_counts(tested.groups(unit), draws, seed)
        ]
    )


def score_table(tested: Compared, scores: list[Score], draws: int, seed: int) -> pd.DataFrame:
    """One row per score: its figures, their intervals over rows and over chromosomes, and by how
    much the area of each of `OURS` is larger, with its interval over chromosomes.
    """
    values = measured(tested, scores)
    samples = {unit: drawn(tested, scores, unit, draws, seed) for unit in ("rows", "chromosomes")}
    names = [score.name for score in scores]
    area = FIGURES.index("auprc")
    rows = []
    for k, score in enumerate(scores):
        row: dict[str, object] = {"score": score.name, "kind": score.kind.value}
        for f, figure in enumerate(FIGURES):
            row |= {figure: values[k, f]} | _intervals(figure, samples, k, f)
        for form, ours in OURS.items():
            if ours in names:
                own = names.index(ours)
                by_chromosome = samples["chromosomes"][:, :, area]
                ends = interval(by_chromosome[:, own] - by_chromosome[:, k])
                gain = (values[own, area] - values[k, area], *ends)
                row |= {f"{form}_gain{end}": x for end, x in zip(BOUNDS, gain, strict=True)}
        rows.append(row)
    return pd.DataFrame(rows)


def _intervals(figure: str, samples: dict[str, np.ndarray], k: int, f: int) -> dict[str, float]:
    """Ends of a figure's intervals, by rows and by chromosomes."""
    ends: dict[str, float] = {}
    for unit, values in samples.items():
        lower, upper = interval(values[:, k, f])
        ends |= {f"{figure}_{unit}_lower": lower, f"{figure}_{unit}_upper": upper}
    return ends


def part_gains(pairs: pd.DataFrame, draws: int, seed: int) -> dict[str, float]:
    """By how much the weighted area of the zero-shot score falls without each of its parts but
    R_way, of which the share tells: `zero_shot_gain_of_<part>`, with intervals over chromosomes.
    """
    tested = compared_rows(pairs)
    without = {
        part: pairs[LOGIT] - sign * pairs[part] for part, sign in PARTS.items() if part != WAY
    }
    scores = [
        Score(name, Kind.ZERO_SHOT, values.to_numpy())
        for name, values in {ZERO_SHOT: pairs[LOGIT], **without}.items()
    ]
    area = FIGURES.index("auprc")
    values = measured(tested, scores)[:, area]
    samples = drawn(tested, scores, "chromosomes", draws, seed)[:, :, area]
    metrics: dict[str, float] = {}
    for k, part in enumerate(without, start=1):
        gain = (values[0] - values[k], *interval(samples[:, 0] - samples[:, k]))
        metrics |= {
            f"zero_shot_gain_of_{part}{end}": x for end, x in zip(BOUNDS, gain, strict=True)
        }
    return metrics


def curve_table(tested: Compared, scores: list[Score], draws: int, seed: int) -> pd.DataFrame:
    """Curves of the scores `SHOWN`: score, recall, precision, lower, upper (interval over rows)."""
    tables = []
    for score in chosen(scores):
        ranking = Ranking(tested.labels, score.values)
        counts = row_counts(tested.groups("rows"), draws, seed)
        sampled = [_on_grid(ranking.curve(count * tested.weights)) for count in counts]
        lower, upper = np.nanpercentile(sampled, [2.5, 97.5], axis=0)
        middle = _on_grid(ranking.curve(tested.weights))
        columns = {"recall": GRID, "precision": middle, "lower": lower, "upper": upper}
        tables.append(pd.DataFrame({"score": score.name, **columns}))
    return pd.concat(tables, ignore_index=True)


def _on_grid(curve: Curve) -> np.ndarray:
    """Precision at the strictest threshold that reaches each recall of `GRID`."""
    at = np.searchsorted(curve.recall, GRID - 1e-9)
    return curve.precision[np.minimum(at, len(curve.precision) - 1)]


def chosen(scores: list[Score]) -> list[Score]:
    """The scores `SHOWN`, in that order, as far as they are there."""
    named = {score.name: score for score in scores}
    return [named[name] for name in SHOWN if name in named]


def complete(scores: list[Score]) -> list[Score]:
    """The scores that know every row: only these can be compared on all of them."""
    return [score for score in scores if np.isfinite(score.values).all()]


def headlines(table: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, float]:
    """Headline figures of a `score_table`: both forms of ours with intervals over chromosomes, what
    they gain over rivals, and the area of every score.
    """
    of = table.set_index("score")
    metrics: dict[str, float] = {
        "crispr_rows": len(pairs),
        "crispr_regulated": int(pairs.regulated.sum()),
        "crispr_genes": pairs.gene.nunique(),
        "crispr_rows_without_flag": float(pairs.ubiquitous.isna().mean()),
    }
    for form, ours in OURS.items():
        if ours in of.index:
            metrics |= form_headlines(form, of)
    return metrics | {f"crispr_auprc: {name}": value for name, value in of.auprc.items()}


def form_headlines(form: str, of: pd.DataFrame) -> dict[str, float]:
    """Figures of one form of ours, of a `score_table` by score."""
    own = of.loc[OURS[form]]
    metrics = {f"{form}_{figure}": own[figure] for figure in FIGURES}
    for figure in FIGURES:
        for end in BOUNDS[1:]:
            metrics[f"{form}_{figure}{end}"] = own[f"{figure}_chromosomes{end}"]
    for rival, score in HEADLINE_RIVALS[form].items():
        for end in BOUNDS:
            metrics[f"{form}_gain_over_{rival}{end}"] = of.loc[score, f"{form}_gain{end}"]
    return metrics


def strata(pairs: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    """What the rows are divided by, the part, and its rows (bool): dataset, cell line, distance,
    class of the element, ubiquitous genes.
    """
    distance = (pairs.element_mid - pairs.tss).abs()
    bins = pd.cut(distance, [-1, *DISTANCE_EDGES.values()], labels=list(DISTANCE_EDGES))
    ubiquitous = pairs.ubiquitous.map({1.0: "ubiquitous", 0.0: "others"}).fillna("")
    divided = {
        "dataset": pairs.dataset,
        "cell line": pairs.line,
        "distance": bins.astype(str),
        "class of the element": pairs.element_class,
        "genes": ubiquitous,
    }
    for by, part in divided.items():
        for name in [*DISTANCE_EDGES, *sorted(set(part) - {""} - set(DISTANCE_EDGES))]:
            rows = (part == name).to_numpy()
            if rows.any():
                yield by, str(name), rows


def stratum_table(pairs: pd.DataFrame, scores: list[Score], draws: int, seed: int) -> pd.DataFrame:
    """Weighted area of the scores `SHOWN` in every stratum with enough regulated pairs, with
    intervals over rows: by, part, rows, regulated, score, auprc, lower, upper.
    """
    tested = compared_rows(pairs)
    tables = [
        pd.DataFrame(stratum_rows(tested.of(rows), _of(chosen(scores), rows), draws, seed)).assign(
            by=by, part=part, rows=rows.sum(), regulated=int(tested.labels[rows].sum())
        )
        for by, part, rows in strata(pairs)
        if FEWEST_REGULATED <= tested.labels[rows].sum() < rows.sum()
    ]
    return pd.concat(tables, ignore_index=True)


def stratum_rows(
    tested: Compared, scores: list[Score], draws: int, seed: int
) -> list[dict[str, object]]:
    """Area and its interval over rows of each score on some rows."""
    area = FIGURES.index("auprc")
    values = measured(tested, scores)[:, area]
    samples = drawn(tested, scores, "rows", draws, seed)[:, :, area]
    ends = [interval(samples[:, k]) for k in range(len(scores))]
    return [
        {"score": score.name, "auprc": value, "lower": lower, "upper": upper}
        for score, value, (lower, upper) in zip(scores, values, ends, strict=True)
    ]


def published_rows(pairs: pd.DataFrame, scores: list[Score], draws: int, seed: int) -> pd.DataFrame:
    """ABC's own score beside all others, on the rows that it has: empty where it has none."""
    published = [score for score in scores if score.name == ABC]
    known = np.isfinite(published[0].values) if published else np.zeros(len(pairs), bool)
    if not pairs.regulated.to_numpy()[known].any():
        return pd.DataFrame()
    compared = _of([*chosen(scores), *published], known)
    of_scores = stratum_rows(compared_rows(pairs).of(known), compared, draws, seed)
    return pd.DataFrame(of_scores).assign(rows=known.sum())


def published_headlines(table: pd.DataFrame) -> dict[str, float]:
    """Both forms of ours beside ABC's own score on the rows that it has, of `published_rows`."""
    if table.empty:
        return {}
    area = table.set_index("score").auprc
    named = {"abc": ABC, **OURS}
    metrics = {f"published_auprc_{name}": area[of] for name, of in named.items() if of in area}
    return metrics | {"published_rows": int(table.rows.iloc[0])}


def _of(scores: list[Score], rows: np.ndarray) -> list[Score]:
    return [Score(score.name, score.kind, score.values[rows]) for score in scores]

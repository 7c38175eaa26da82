"""Scores of CRISPR rows compared on the same rows, with the intervals that the field uses."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.evaluation.crispr_benchmark import (
    FIGURES,
    Compared,
    compared_rows,
    complete,
    curve_table,
    drawn,
    headlines,
    measured,
    published_headlines,
    published_rows,
    score_table,
    strata,
    stratum_table,
)
from epidecouple.evaluation.crispr_rivals import DISTANCE_ALONE, SHARE, published_score
from epidecouple.evaluation.crispr_scores import ABC, BOOSTING, HEAD, ZERO_SHOT, Kind, Score
from epidecouple.statistics.precision_recall import Ranking, row_counts

RNG = np.random.default_rng(0)
N = 600
LABELS = (np.arange(N) % 10 == 0).astype(float)
TRUTH = LABELS + RNG.normal(0, 1, N)
PAIRS = pd.DataFrame(
    {
        "regulated": LABELS == 1,
        "weight": RNG.uniform(0.5, 1, N),
        "chrom": np.array(["chr1", "chr2", "chr3", "chr4"])[np.arange(N) // 150],
        "gene": np.arange(N) // 5,
        "line": "K562",
        "dataset": np.where(np.arange(N) < 300, "first", "second"),
        "element_class": "",
        "ubiquitous": np.where(np.arange(N) < 590, 1.0, 0.0),
        "element_mid": np.arange(N) * 1000,
        "tss": 0,
    }
)
ROWS = compared_rows(PAIRS)
NAMED = {
    "zero": (ZERO_SHOT, Kind.ZERO_SHOT),
    "share": (SHARE, Kind.RULE),
    "distance": (DISTANCE_ALONE, Kind.RULE),
    "head": (HEAD, Kind.HEAD),
    "boosting": (BOOSTING, Kind.FITTED),
}


def scores(**noise):
    """The truth with more or less noise under the names of scores."""
    kinds = {ZERO_SHOT: Kind.ZERO_SHOT, HEAD: Kind.HEAD, BOOSTING: Kind.FITTED}
    named = {
        "zero": ZERO_SHOT,
        "share": SHARE,
        "distance": DISTANCE_ALONE,
        "head": HEAD,
        "boosting": BOOSTING,
    }
    return [
        Score(
            named[key],
            kinds.get(named[key], Kind.RULE),
            TRUTH + RNG.normal(0, sd, N) if sd else TRUTH,
        )
        for key, sd in noise.items()
    ]


ALL = scores(zero=1.0, share=3.0, distance=9.0, head=0.0, boosting=1.0)


def test_figures_are_those_of_the_curve_with_and_without_weights():
    values = measured(ROWS, ALL[:1])[0]
    ranking = Ranking(LABELS, ALL[0].values)
    weighted = ranking.curve(ROWS.weights)
    plain = ranking.curve(np.ones(N)).average_precision
    assert values.tolist() == [plain, weighted.trimmed_area, weighted.precision_at(0.7)]


def test_every_score_is_drawn_on_the_same_rows():
    twice = [ALL[0], Score("copy", Kind.RULE, ALL[0].values * 3)]
    samples = drawn(ROWS, twice, "rows", 20, 1)
    assert samples.shape == (20, 2, len(FIGURES))
    assert np.array_equal(samples[:, 0], samples[:, 1]) and np.ptp(samples[:, 0, 0]) > 0


def test_chromosomes_are_drawn_whole():
    for counts in row_counts(ROWS.groups("chromosomes"), 5, 1):
        assert all(np.ptp(counts[ROWS.chrom == name]) == 0 for name in np.unique(ROWS.chrom))
        assert counts.sum() == N
    copies = np.array(list(row_counts(ROWS.groups("rows"), 50, 1)))
    assert np.ptp(copies.sum(1)) == 0 and copies.max() > 2


def test_the_table_says_who_is_better_and_whether_it_could_be_chance():
    table = score_table(ROWS, ALL, 100, 1).set_index("score")
    assert table.zero_shot_gain[ZERO_SHOT] == table.head_gain[HEAD] == 0
    assert table.zero_shot_gain_lower[DISTANCE_ALONE] > 0
    assert table.zero_shot_gain[HEAD] < 0 < table.head_gain_lower[ZERO_SHOT]
    assert (table.auprc_rows_lower < table.auprc).all() and (
        table.auprc < table.auprc_rows_upper
    ).all()


def test_headlines_are_those_of_both_forms():
    metrics = headlines(score_table(ROWS, ALL, 20, 1), PAIRS)
    assert (metrics["crispr_rows"], metrics["crispr_regulated"], metrics["crispr_genes"]) == (
        600,
        60,
        120,
    )
    gain = metrics["crispr_auprc: " + ZERO_SHOT] - metrics["crispr_auprc: " + SHARE]
    assert metrics["zero_shot_gain_over_share"] == pytest.approx(gain)
    assert metrics["head_gain_over_boosting_lower"] < metrics["head_gain_over_boosting"]
    alone = headlines(score_table(ROWS, ALL[:3], 5, 1), PAIRS)
    assert not any(name.startswith("head") for name in alone), "a table without the flag"


def test_a_score_that_does_not_know_every_row_is_compared_elsewhere():
    values = np.where(np.arange(N) < 300, TRUTH, np.nan)
    abc = Score(ABC, Kind.RULE, values)
    assert complete([*ALL, abc]) == ALL
    found = published_rows(PAIRS, [*ALL, abc], 10, 1)
    assert (found.rows == 300).all() and set(found.score) > {ABC, ZERO_SHOT}
    same = measured(ROWS.of(np.arange(N) < 300), [Score("", Kind.RULE, TRUTH[:300])])
    assert found.auprc[found.score == ABC].iloc[0] == same[0, 1]
    headline = published_headlines(found)
    assert headline["published_auprc_abc"] == same[0, 1] and headline["published_rows"] == 300
    none = published_rows(PAIRS, [Score(ABC, Kind.RULE, np.full(N, np.nan))], 10, 1)
    assert none.empty and published_headlines(none) == {}


def test_rows_are_divided_by_what_the_table_tells():
    parts = {(by, part): rows.sum() for by, part, rows in strata(PAIRS)}
    assert parts["dataset", "first"] == 300 and parts["genes", "others"] == 10
    assert parts["distance", "< 10 kb"] == 11 and parts["distance", "> 250 kb"] == 349
    assert not any(by == "class of the element" for by, _ in parts)


def test_parts_with_too_few_regulated_pairs_are_left_out():
    found = stratum_table(PAIRS, ALL, 10, 1)
    assert set(found.part[found.by == "genes"]) == {"ubiquitous"}
    first = found[(found.part == "first") & (found.score == ZERO_SHOT)].iloc[0]
    assert (first.rows, first.regulated) == (300, 30) and first.lower < first.auprc < first.upper


def test_a_curve_lies_in_its_band():
    table = curve_table(ROWS, ALL, 50, 1)
    assert set(table.score) == {ZERO_SHOT, SHARE, DISTANCE_ALONE, HEAD}
    inside = (table.lower <= table.precision + 1e-9) & (table.precision <= table.upper + 1e-9)
    assert inside.mean() > 0.9
    last = table[(table.score == ZERO_SHOT) & (table.recall == 1)].precision.iloc[0]
    assert last == pytest.approx(
        Ranking(LABELS, ALL[0].values).curve(ROWS.weights).precision_at(1 - 1e-9)
    )


def test_weights_are_those_of_the_table():
    even = Compared(LABELS, np.ones(N), ROWS.chrom)
    assert measured(even, ALL)[0, 1] != measured(ROWS, ALL)[0, 1]
    assert measured(even, ALL)[0, 0] == measured(ROWS, ALL)[0, 0]


def test_published_scores_are_summed_over_what_overlaps_for_the_same_gene():
    pairs = pd.DataFrame(
        {
            "chrom": "chr1",
            "start": [100, 100, 5000, 100],
            "end": [200, 200, 5100, 200],
            "gene": ["G", "H", "G", "X"],
        }
    )
    predictions = pd.DataFrame(
        {
            "chrom": "chr1",
            "start": [0, 150, 200, 0],
            "end": [101, 160, 300, 900],
            "gene": ["G", "G", "G", "H"],
            "score": [0.1, 0.2, 0.4, 0.8],
        }
    )
    found = published_score(pairs, predictions)
    assert found[:3] == pytest.approx([0.3, 0.8, 0]) and np.isnan(found[3])

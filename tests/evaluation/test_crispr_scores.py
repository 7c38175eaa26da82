"""Scores of a table that was made up: no score knows the labels of its own chromosome."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.evaluation.crispr_evidence import evidence
from epidecouple.evaluation.crispr_rivals import RULES, rules
from epidecouple.evaluation.crispr_scores import (
    ABC,
    COUNTS,
    ZERO_SHOT,
    all_scores,
    kinds,
    narrowed,
    rows_of,
    scores_of,
)
from epidecouple.experiments.crispr import READ_COUNTS
from epidecouple.regulation.head import Rows, fit_head, left_out, tiers
from epidecouple.regulation.inputs import UBIQUITOUS

N = 240


def table(seed):
    rng = np.random.default_rng(seed)
    numbers = {
        "potential": rng.normal(size=N),
        "activity": rng.normal(size=N),
        "competition": rng.normal(size=N),
        "resistance_of_way": rng.normal(size=N),
        "log10 distance": rng.uniform(4, 6, N),
        "activity x contact": rng.normal(size=N),
        "share": rng.normal(size=N),
        "DNase element 600": rng.uniform(0, 2, N),
        "CTCF way": rng.normal(size=N),
        "RAD21 way": rng.normal(size=N),
        "CTCF element elsewhere": rng.normal(size=N),
        UBIQUITOUS: rng.integers(0, 2, N).astype(float),
        **{name: rng.uniform(0, 9, N) for name in READ_COUNTS},
    }
    rows = pd.DataFrame(numbers).assign(
        chrom=np.array(["chr1", "chr2", "chr3"])[np.arange(N) % 3],
        start=np.arange(N) * 1000,
        end=np.arange(N) * 1000 + 500,
        gene="G",
        regulated=rng.random(N) < 0.3,
    )
    return rows.assign(
        logit=rows.potential + rows.activity - rows.competition - rows.resistance_of_way
    )


PUBLISHED = pd.DataFrame(
    {"chrom": ["chr1"], "start": [0], "end": [9], "gene": ["G"], "score": [1.0]}
)
TABLE = table(0)
SCORES = all_scores(TABLE, TABLE, PUBLISHED, 1)


def test_every_score_has_a_kind_and_knows_its_rows():
    assert list(SCORES) and set(SCORES) == set(kinds())
    assert all(np.isfinite(values).all() for name, values in SCORES.items() if name != ABC)
    found = scores_of(pd.DataFrame(SCORES))
    assert [score.name for score in found] == list(kinds())


def test_labels_of_a_chromosome_change_no_score_on_it():
    own = TABLE.chrom == "chr2"
    turned = TABLE.assign(regulated=TABLE.regulated ^ own)
    after = all_scores(turned, turned, PUBLISHED, 1)
    assert all(
        np.array_equal(SCORES[name][own], after[name][own], equal_nan=True) for name in SCORES
    )
    fitted = [name for name, kind in kinds().items() if kind.fitted]
    assert all(not np.array_equal(SCORES[name], after[name]) for name in fitted)


def test_a_head_whose_marks_a_line_lacks_does_not_know_its_rows():
    fewer = TABLE.drop(columns=["RAD21 way"])
    found = all_scores(TABLE, fewer, PUBLISHED, 1)
    for name in ("head, nine marks", "head, nine marks, flag"):
        assert np.array_equal(found[name], SCORES[name])
    assert np.isnan(found["head, all marks"]).all()
    stored = pd.DataFrame(found)
    seen = evidence(TABLE, fewer.assign(line="K562"), stored, WAY)
    assert seen["head_error_without_own_labels"] == 0, "by the head that knows them"


def test_without_labels_no_label_counts():
    turned = TABLE.assign(regulated=~TABLE.regulated)
    after = {ZERO_SHOT: turned.logit.to_numpy(), **rules(turned)}
    for name in (ZERO_SHOT, *RULES):
        assert np.array_equal(SCORES[name], after[name])


def test_a_table_without_the_flag_has_the_scores_that_do_without():
    bare = TABLE.assign(**{UBIQUITOUS: np.nan})
    found = all_scores(TABLE, bare, PUBLISHED, 1)
    lost = {name for name, values in found.items() if np.isnan(values).all()}
    assert COUNTS in lost and all("flag" in name for name in lost)


@pytest.mark.parametrize("name", RULES)
def test_rules_rise_with_what_they_read(name):
    more = ["potential", "activity x contact", "share"]
    closer = TABLE.assign(**{"log10 distance": TABLE["log10 distance"] - 1})
    closer[more] += 1
    assert (rules(closer)[name] > SCORES[name]).all()


WAY = {"K562": {"lines": ["A", "B"]}, "A": {"lines": ["B"]}}
STORED = pd.DataFrame(SCORES)


def observed(table=TABLE, stored=STORED, way=WAY):
    return evidence(TABLE, table.assign(line="K562"), stored, way)


def test_a_healthy_table_shows_what_was_designed():
    found = observed()
    assert found["score_additivity_error"] < 1e-12 and found["smallest_sd_of_parts"] > 0.5
    assert found["scored_lines_that_taught"] == found["head_error_without_own_labels"] == 0


def test_broken_tables_do_not():
    """A product in the logit, a constant part, a line that taught itself, folds of rows."""
    product = TABLE.assign(logit=TABLE.logit + 0.1 * TABLE.activity * TABLE.potential)
    assert observed(product)["score_additivity_error"] > 0.1
    assert observed(TABLE.assign(activity=1.0))["smallest_sd_of_parts"] == 0
    taught = observed(way={"K562": {"lines": ["A", "K562"]}})
    assert taught["scored_lines_that_taught"] == 1
    head = tiers()[-1]
    rows = narrowed(rows_of(TABLE), head)
    by_row = Rows(rows.inputs, rows.labels, np.arange(N).astype(str))
    leaked = STORED.assign(**{head.name: left_out(fit_head, by_row, by_row)})
    assert observed(stored=leaked)["head_error_without_own_labels"] > 0.01

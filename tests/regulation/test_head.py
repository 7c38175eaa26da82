import numpy as np
import pandas as pd
import pytest

from epidecouple.regulation.head import Rows, Tier, fit_head, left_out, tiers
from epidecouple.regulation.inputs import UBIQUITOUS, input_names, mark_of, of_marks

RNG = np.random.default_rng(0)
N = 2000
X = pd.DataFrame({"a": RNG.normal(5, 3, N), "b": RNG.normal(0, 1, N), "constant": 7.0})
Y = (RNG.random(N) < 1 / (1 + np.exp(2 - (X.a - 5)))).astype(float)


def test_a_head_tells_what_it_was_fitted_on():
    head = fit_head(X, Y)
    order = np.corrcoef(head(X), X.a)[0, 1]
    assert order > 0.99 and head.weight[0] > 0 and head.weight[2] == 0
    assert (1 / (1 + np.exp(-head(X)))).mean() == pytest.approx(Y.mean(), abs=1e-6)


def test_units_of_an_input_do_not_matter():
    other = X.assign(a=X.a * 1000 + 3)
    assert fit_head(other, Y)(other) == pytest.approx(fit_head(X, Y)(X))


def test_inputs_far_outside_are_clipped_and_counted():
    head = fit_head(X, Y)
    far = pd.DataFrame({"a": [1e6, 5.0], "b": [0.0, 0.0], "constant": [7.0, 7.0]})
    most = X.assign(a=head.highest[0], b=0.0)
    assert head(far)[0] == pytest.approx(head(most)[0])
    assert head.clipped(far).tolist() == [1, 0]


def test_a_row_is_scored_by_what_never_saw_its_chromosome():
    chrom = np.array(["chr1", "chr2", "chr3"])[np.arange(N) % 3]
    seen = []

    def fit(inputs, labels):
        seen.append(set(chrom[inputs.index]))
        share = labels.mean()
        return lambda rows: np.full(len(rows), share)

    rows = Rows(X, Y.to_numpy(), chrom)
    score = left_out(fit, rows, rows)
    assert seen == [{"chr2", "chr3"}, {"chr1", "chr3"}, {"chr1", "chr2"}]
    assert score[0] == pytest.approx(Y[chrom != "chr1"].mean())


def test_another_table_is_scored_chromosome_by_chromosome_too():
    trained = Rows(X[:4], np.array([0.0, 0, 1, 1]), np.array(["chr1", "chr1", "chr2", "chr2"]))
    tested = Rows(X[:2], np.zeros(2), np.array(["chr2", "chr9"]))
    score = left_out(lambda x, y: lambda rows: np.full(len(rows), y.mean()), trained, tested)
    assert score.tolist() == [0.0, 0.5]


COLUMNS = [
    "logit",
    "share",
    "CTCF way",
    "RAD21 way",
    "RAD21 element 600",
    "TSS between",
    "CTCF promoter elsewhere",
    "CTCF promoter lines",
    "both ends over lines",
    UBIQUITOUS,
]


def test_a_tier_reads_its_marks_and_no_more():
    nine = Tier("nine", ("CTCF",), elsewhere=False, flag=False)
    assert nine.inputs(COLUMNS) == ["share", "CTCF way", "TSS between"]
    every = Tier("every", None, elsewhere=True, flag=True)
    assert every.inputs(COLUMNS) == COLUMNS[1:], "the logit is the sum of other inputs"


def test_tiers_come_without_and_with_the_flag():
    flagged = [tier.flag for tier in tiers()]
    assert flagged == [False, True] * 3 and len({tier.name for tier in tiers()}) == 6


def test_the_mark_of_an_input():
    assert mark_of("H2A.Z element 600") == "H2A.Z" and mark_of("TSS between") is None
    assert of_marks(["POL2 way", "EP300 way", "share"], ["POL2"]) == ["POL2 way", "share"]


def test_no_column_of_a_table_is_an_input_but_the_flag():
    given = ["chrom", "weight", "effect", "distance", "DHS.RPM", UBIQUITOUS, "share"]
    assert input_names(given) == ["distance", UBIQUITOUS, "share"]

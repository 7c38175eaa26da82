"""The locus of a prediction."""

import numpy as np
import pandas as pd

from epidecouple.report.figures.predictions import BEST, best_gene, draw_locus, near_best
from epidecouple.stages.prediction_figure import prediction_figure

ROWS = pd.DataFrame(
    {
        "chrom": "chr1",
        "gene": ["A"] * 7 + ["B", "B", "C"],
        "cell_line": "Mine",
        "element_mid": np.arange(10) * 10_000 + 100_000,
        "tss": [150_000] * 7 + [400_000, 400_000, np.nan],
        "zero_shot": [-9.0, -8, -7, -6, -5, -4, -3, 5, 6, np.nan],
        "head": [-1.0, 2, -2, 0, 1, -3, -4, -5, 1.5, np.nan],
        "head_spread": 0.25,
        "reason": [""] * 9 + ["gene C is not in the table of TSS"],
    }
)


def test_the_gene_with_the_highest_score_is_chosen_by_the_head_where_there_is_one():
    chosen = best_gene(ROWS)
    assert chosen.score.tolist() == [2, 1, 0, -1, -2, -3, -4] and set(chosen.gene) == {"A"}
    without = best_gene(ROWS.assign(head=np.nan))
    assert without.score.tolist() == [6, 5] and set(without.gene) == {"B"}


def test_the_picture_is_that_of_the_table_and_the_same_each_time(tmp_path, monkeypatch):
    """Read by blocks, which part the gene's rows; a line may be named as what is not known."""
    monkeypatch.setattr("epidecouple.stages.prediction_figure.ROWS_AT_ONCE", 3)
    rows = ROWS.assign(cell_line="NA")
    rows.to_csv(tmp_path / "p.tsv", sep="\t", index=False)
    prediction_figure(tmp_path / "p.tsv", tmp_path / "a.svg")
    draw_locus(best_gene(rows), tmp_path / "b.svg")
    text = (tmp_path / "a.svg").read_text()
    assert text == (tmp_path / "b.svg").read_text()
    assert f"A in NA: the {BEST} best of 7 elements" in text and "chr1, kb (hg19)" in text


def test_elements_far_beyond_the_best_are_counted_and_not_drawn(tmp_path):
    far = ROWS.iloc[[5]].assign(element_mid=150_000 + 40 * 50_000, score=-5.0)
    rows = pd.concat([best_gene(ROWS), far], ignore_index=True)
    assert near_best(rows).equals(rows.iloc[:-1])
    draw_locus(rows, tmp_path / "far.svg")
    assert "5 best of 8 elements (1 farther away)" in (tmp_path / "far.svg").read_text()


def test_nothing_scored_is_said_and_drawn(tmp_path):
    draw_locus(best_gene(ROWS[ROWS.gene == "C"]), tmp_path / "none.svg")
    assert "No pair has a score" in (tmp_path / "none.svg").read_text()

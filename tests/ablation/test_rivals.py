"""Rivals by exact small cases."""

import numpy as np

from epidecouple.ablation.rivals import Rows, label_rate, mean_label, rival_scores, word_counts


def test_words_are_counted_where_no_n_is():
    codes = np.array([[0, 1, 1, 1], [0, 4, 2, 3]], dtype=np.uint8)
    counts = word_counts(codes, 2)
    assert counts.shape == (2, 16)
    assert counts[0, 1] == 1 and counts[0, 5] == 2 and counts[0].sum() == 3
    assert counts[1, 2 * 4 + 3] == 1 and counts[1].sum() == 1


def rows_of(panel) -> Rows:
    return Rows(panel.rows("train"), panel.rows("test"), panel.training)


def test_the_label_rate_knows_the_line_and_nothing_else(toy_panel):
    panel = toy_panel.panel
    scores = label_rate(panel, rows_of(panel), 0)
    expected = panel.labels[panel.rows("train")][:, panel.training].mean(0)
    np.testing.assert_allclose(scores[0, panel.training], expected)
    np.testing.assert_allclose(scores[:, len(panel.training) :], expected.mean())
    assert (scores == scores[0]).all()


def test_the_mean_label_is_told_the_training_lines_only(toy_panel):
    panel = toy_panel.panel
    scores = mean_label(panel, rows_of(panel), 0)
    expected = panel.labels[panel.rows("test")][:, panel.training].mean(1)
    np.testing.assert_allclose(scores, np.repeat(expected[:, None], len(panel.lines), 1))


def test_boosting_and_logistic_read_marks_and_tell_lines_apart(toy_panel):
    panel = toy_panel.panel
    for name in ("boosting", "logistic"):
        scores = rival_scores(name, panel, rows_of(panel), 0)
        assert scores.shape == (len(panel.rows("test")), len(panel.lines))
        assert np.isfinite(scores).all() and scores.std(1).min() > 0

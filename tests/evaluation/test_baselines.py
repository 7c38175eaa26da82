import dataclasses

import numpy as np
import pytest

from epidecouple.evaluation.baselines import (
    activity_product,
    features,
    linear_conditional,
    listing,
    trained_rivals,
    untrained_rivals,
)
from epidecouple.evaluation.which_line import Fitting, activity, line_offsets
from epidecouple.statistics.ranking import within_pair_auc
from toy_panel import BINS, MARKS, N_PAIRS, toy_panel

PAIRS = np.arange(N_PAIRS)


@pytest.fixture(scope="module")
def panel():
    return toy_panel()


@pytest.fixture(scope="module")
def usable(panel):
    labels = panel.labels
    return PAIRS[(labels.min(1) == 0) & (labels.max(1) == 1)]


def test_activity_by_hand(panel):
    signal = np.stack([shard.signal[:, :2, 2].astype(np.float32) for shard in panel.shards], axis=1)
    assert activity(panel, PAIRS[:5], 2) == pytest.approx(signal[:5].sum(2))
    product = activity_product(panel, PAIRS, 2)
    assert product[:, 0] == pytest.approx(
        (signal[:, 0, 0] - signal[:, 0, 0].min()) * (signal[:, 0, 1] - signal[:, 0, 1].min())
    )


def test_listing_says_which_tables_list_the_pair(panel):
    assert (listing(panel, PAIRS) == (panel.published >= 0)).all() and 0 < listing(
        panel, PAIRS
    ).mean() < 1


def test_a_mark_that_the_run_does_not_have_is_no_rival(panel):
    assert "DNase at both ends" in untrained_rivals(panel, PAIRS, MARKS)
    assert "DNase at both ends" not in untrained_rivals(
        panel, PAIRS, ["CTCF", "H3K4me1", "H3K27ac", "H3K27me3"]
    )


def test_line_offsets_rank_lines_by_their_base_rate_and_put_an_unseen_line_between(panel):
    score = line_offsets(panel, Fitting(PAIRS, PAIRS[:7], [0, 1, 2]))
    rate = panel.labels[:, :3].mean(0)
    assert score.shape == (7, 4) and (np.argsort(score[0, :3]) == np.argsort(rate)).all()
    assert score[:, :3].min() < score[0, 3] < score[:, :3].max()


def test_features_are_every_mark_at_every_position(panel):
    assert features(panel, PAIRS[:3], 1).shape == (3, (2 + BINS) * len(MARKS))
    assert features(panel, PAIRS[:3], 1).reshape(3, 2 + BINS, -1)[2, 1] == pytest.approx(
        panel.shards[1].signal[2, 1].astype(float)
    )


def test_linear_conditional_finds_a_planted_direction_and_is_free_of_pair_constants():
    rng = np.random.default_rng(0)
    x, direction = rng.normal(size=(400, 4, 5)).astype(np.float32), np.array([2.0, -1, 0, 0, 0])
    logit = x @ direction
    labels = (rng.random((400, 4)) < 1 / (1 + np.exp(-logit))).astype(np.int8)
    keep = (labels.min(1) == 0) & (labels.max(1) == 1)
    score = linear_conditional(x[keep], labels[keep], x)
    assert (
        np.corrcoef(
            (score - score.mean(1, keepdims=True)).ravel(),
            (logit - logit.mean(1, keepdims=True)).ravel(),
        )[0, 1]
        > 0.97
    )
    shifted = x + np.repeat(rng.normal(size=(400, 1, 5)), 4, axis=1).astype(np.float32)
    again = linear_conditional(shifted[keep], labels[keep], x)
    centred = [values - values.mean(1, keepdims=True) for values in (again, score)]
    assert centred[0] == pytest.approx(centred[1], abs=1e-3)


def test_trained_rivals_learn_the_mark_that_the_labels_follow(panel, usable):
    found = trained_rivals(
        panel, Fitting(usable[:60], usable[60:], [0, 1, 2, 3]), rounds=20, seed=0
    )
    assert set(found) == {
        "linear conditional likelihood",
        "logistic regression",
        "gradient boosting",
    }
    for name in ("linear conditional likelihood", "logistic regression"):
        assert within_pair_auc(panel.labels[usable[60:]], found[name]).mean() > 0.65


def test_labels_of_a_line_that_is_left_out_play_no_part(panel, usable):
    task = Fitting(usable, PAIRS, [0, 1, 2])
    labels = panel.labels.copy()
    labels[:, 3] = 1 - labels[:, 3]
    other = dataclasses.replace(panel, labels=labels)
    for name, score in trained_rivals(panel, task, rounds=5, seed=0).items():
        assert (
            trained_rivals(other, task, rounds=5, seed=0)[name] == score
        ).all() and score.shape == (N_PAIRS, 4)

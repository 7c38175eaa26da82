import numpy as np
import pytest

from epidecouple.evaluation.scores import (
    ALL_LINES,
    Arm,
    Kind,
    arms_of,
    in_setting,
    pooled_scores,
    read_scores,
    save_scores,
)

R = Arm(ALL_LINES, "R", Kind.OF_R)


def test_what_is_saved_is_read_whatever_the_names_hold(tmp_path):
    """A cell line or an arm may be called anything: keys are data, not parts of a name."""
    scores = {
        R: np.arange(6.0).reshape(2, 3),
        Arm("A|B", "Random forest", Kind.TRAINED): np.ones((2, 3)),
        Arm("pairs", "scores", Kind.UNTRAINED): np.zeros((2, 3)),
    }
    save_scores(tmp_path / "fold.npz", np.array([4, 1]), scores)
    pairs, read = read_scores(tmp_path / "fold.npz")
    assert pairs.tolist() == [4, 1] and list(read) == list(scores)
    assert all((read[arm] == score).all() for arm, score in scores.items())


def test_a_setting_holds_the_arms_of_that_setting():
    scores = arms_of(ALL_LINES, Kind.OF_R, {"R": np.zeros(1)})
    left_out = arms_of("A", Kind.OF_R, {"R": np.ones(1)})
    assert in_setting(scores | left_out, ALL_LINES) == scores and in_setting(scores, "A") == {}


def test_folds_are_put_together_in_the_order_of_the_pairs(tmp_path):
    for k, pairs in enumerate(([5, 2], [9])):
        score = np.array(pairs)[:, None] * np.ones(3)
        save_scores(tmp_path / f"{k}.npz", np.array(pairs), {R: score})
    folds = [tmp_path / "0.npz", tmp_path / "1.npz"]
    assert pooled_scores(folds, np.array([2, 5, 9]))[R][:, 0].tolist() == [2, 5, 9]
    with pytest.raises(ValueError, match="every discordant pair once"):
        pooled_scores(folds, np.array([2, 5, 9, 11]))

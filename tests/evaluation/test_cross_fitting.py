import dataclasses

import numpy as np
import pytest

from epidecouple.data.labels import discordant
from epidecouple.evaluation.cross_fitting import (
    Fold,
    of_fold,
    share_of_blocks,
    trained_resistance,
    turned_to,
    with_all_lines,
    without,
)
from epidecouple.evaluation.scores import ALL_LINES, Kind
from epidecouple.model.scoring import score_resistance
from toy_panel import BINS, FOLDS, N_PAIRS, toy_config, toy_panel

CONFIG = toy_config(
    resistance={"epochs": 2}, crossfit={"members": 2, "shares": [0.5], "boosting_rounds": 2}
)
PAIRS, LINES = np.arange(N_PAIRS), [0, 1, 2, 3]


@pytest.fixture(scope="module")
def panel():
    made = toy_panel()
    made = made.only(PAIRS[discordant(made.labels)])
    return dataclasses.replace(made, codes=np.zeros((0, made.codes.shape[1]), dtype=np.uint8))


def by_name(scores):
    return {arm.name: score for arm, score in scores.items()}


@pytest.fixture(scope="module")
def fold(panel):
    return Fold(of_fold(panel, 0, CONFIG), np.arange(len(panel.labels)) // 4, turned_to(CONFIG, 0))


def test_every_pair_is_tested_once_and_trains_in_a_fold_of_three(panel):
    folds = [of_fold(panel, k, CONFIG) for k in range(len(FOLDS))]
    assert (np.sum([part.split == "test" for part in folds], axis=0) == 1).all()
    assert (np.sum([part.split == "train" for part in folds], axis=0) == 1).all()
    assert set(folds[1].chrom[folds[1].split == "test"]) <= set(FOLDS[1])
    assert set(folds[2].chrom[folds[2].split == "validation"]) <= set(FOLDS[0])


def test_every_line_trains():
    config = with_all_lines(CONFIG)
    assert config.cell_lines == CONFIG.all_lines and not config.held_out_lines


def test_r_is_trained_without_dna_and_leaves_u_as_it_starts(fold):
    model = trained_resistance(fold.panel, LINES, fold.train, fold.config)
    again = trained_resistance(fold.panel, LINES, fold.train, fold.config)
    assert fold.panel.codes.size == 0 and not model.training
    scores = [score_resistance(which, fold.panel, fold.test, LINES) for which in (model, again)]
    assert (
        (scores[0] == scores[1]).all() and scores[0].std(1).mean() > 0.01 and scores[0].min() >= 0
    )
    assert all(parameter.grad is None for parameter in model.potential.parameters())


def test_labels_of_a_left_out_line_and_of_test_pairs_play_no_part(fold):
    labels = fold.panel.labels.copy()
    labels[:, 3] = 1 - labels[:, 3]
    labels[fold.test] = 1 - labels[fold.test]
    other = Fold(dataclasses.replace(fold.panel, labels=labels), fold.blocks, fold.config)
    scores = fold.left_out(3)
    changed = other.left_out(3)
    assert all((changed[arm] == score).all() for arm, score in scores.items())
    assert {arm.setting for arm in scores} == {fold.panel.lines[3]}
    labels[fold.train, 0] = 1 - labels[fold.train, 0]
    assert (by_name(other.left_out(3))["R"] != by_name(scores)["R"]).any(), (
        "labels of the lines that train do play a part"
    )


def test_without_hides_positions_and_marks_and_leaves_the_panel_alone(panel):
    before = panel.shards[0].signal.copy()
    hidden = without(panel, [2, 3], [1])
    assert (
        not hidden.shards[0].signal[:, 2:4].any()
        and not hidden.shards[0].signal[:, :, 1].any()
        and not hidden.present[:, 1].any()
    )
    assert (hidden.shards[0].signal[:, :2, 0] == before[:, :2, 0]).all() and (
        panel.shards[0].signal == before
    ).all()
    assert not hidden.shards[0].reference[:, 1].any() and hidden.shards[0].reference[:, 0].any()


def test_blocks_come_or_go_as_a_whole():
    blocks = np.arange(40) // 4
    kept = share_of_blocks(np.arange(2, 40), blocks, 0.5, seed=0)
    assert len(set(blocks[kept])) == 5 and set(kept) == {
        row for row in range(2, 40) if blocks[row] in set(blocks[kept])
    }


def test_arms_are_ours_its_variants_and_the_rivals(fold):
    model = trained_resistance(fold.panel, LINES, fold.train, fold.config)
    arms = fold.arms(model)
    scores = by_name(arms)
    assert {arm.setting for arm in arms} == {ALL_LINES}
    assert [arm.name for arm in arms if arm.kind is Kind.OF_R] == [
        "R",
        "R, ensemble",
        "R, without the window",
        "R, marks that all lines have",
        "R, 50% of the training loci",
    ]
    assert {arm.name for arm in arms if arm.kind is Kind.TRAINED} == {
        "gradient boosting",
        "logistic regression",
        "line offsets",
        "linear conditional likelihood",
    }
    assert {"H3K27ac product", "listing of the pair"} < {
        arm.name for arm in arms if arm.kind is Kind.UNTRAINED
    }
    assert all(score.shape == (len(fold.test), 4) for score in scores.values())
    assert (scores["R"] == -score_resistance(model, fold.panel, fold.test, LINES)).all()
    hidden = without(fold.panel, list(range(2, 2 + BINS)), [])
    expected = -score_resistance(
        trained_resistance(hidden, LINES, fold.train, fold.config), hidden, fold.test, LINES
    )
    assert (scores["R, without the window"] == expected).all()


@pytest.mark.parametrize("number", range(len(FOLDS)))
def test_every_fold_is_trained_as_the_design_demands(panel, number):
    """The ledger looks for the validation pairs in the chromosomes of this fold's configuration."""
    turned = of_fold(panel, number, CONFIG)
    fold = Fold(turned, np.arange(len(panel.labels)) // 4, turned_to(CONFIG, number))
    scores = fold.score(fold.panel, fold.lines, fold.train, fold.config)
    assert scores.shape == (len(fold.test), len(fold.lines)) and scores.std() > 0

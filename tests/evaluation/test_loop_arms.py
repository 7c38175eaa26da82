import numpy as np
import pytest

from epidecouple.data.loop_signal import swapped
from epidecouple.evaluation.loop_arms import (
    CONDITIONAL,
    IDENTITY,
    LABEL_RATE,
    LINEAR,
    LoopFold,
    LoopPanel,
    another_locus,
    identity_inputs,
    null_of,
    symmetric,
)
from epidecouple.evaluation.scores import ALL_LINES, Kind
from epidecouple.statistics.ranking import balanced_auc
from toy_panel import FOLDS, toy_config

MARKS = ["CTCF", "H3K27ac"]
SMALL = {
    "marks": MARKS,
    "widths": [200],
    "bins": 2,
    "states": 3,
    "locus_size": 4,
    "encoder_hidden": 6,
    "hidden": 5,
    "batch_loci": 32,
    "epochs": 5,
    "learning_rate": 0.03,
}
CONFIG = toy_config(loop_panel=SMALL, crossfit={"boosting_rounds": 3})
LINES = CONFIG.all_lines
SWAP = swapped(CONFIG.loop_panel)


def toy_panel(seed: int = 0, loci: int = 300) -> LoopPanel:
    """Loci that loop in lines with H3K27ac at the anchors; half of a mark is the locus' own."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(loci, len(LINES), len(SWAP), len(MARKS)))
    signal = (signal + rng.normal(size=(loci, 1, len(SWAP), len(MARKS)))).astype(np.float32)
    drive = 2 * signal[:, :, :2, 1].sum(2) + rng.normal(size=signal.shape[:2])
    labels = (drive > 0).astype(np.int8)
    chosen = (labels.sum(1) > 0) & (labels.sum(1) < len(LINES))
    chrom = rng.choice([name for fold in FOLDS for name in fold], loci)
    return LoopPanel(signal[chosen], labels[chosen], chrom[chosen], LINES)


@pytest.fixture(scope="module")
def fold() -> LoopFold:
    return LoopFold(toy_panel(), 1, CONFIG)


@pytest.fixture(scope="module")
def arms(fold):
    return fold.in_all_lines()


def test_whole_chromosomes_are_tested_and_no_other_trains(fold):
    assert set(fold.panel.chrom[fold.test]) == set(FOLDS[1])
    assert sorted([*fold.train, *fold.test]) == list(range(len(fold.panel.labels)))
    assert not set(fold.panel.chrom[fold.train]) & set(FOLDS[1])


def test_every_trained_arm_has_its_null_and_all_score_every_test_locus(fold, arms):
    kinds = {arm.name: arm.kind for arm in arms}
    trained = {"R", LINEAR, "gradient boosting", CONDITIONAL}
    assert {name for name, kind in kinds.items() if kind is Kind.NULL} == {
        IDENTITY,
        *map(null_of, trained),
    }
    assert {name for name, kind in kinds.items() if kind is Kind.UNTRAINED} == {
        "CTCF at both ends",
        "H3K27ac at both ends",
        LABEL_RATE,
    }
    assert {arm.setting for arm in arms} == {ALL_LINES}
    shape = (len(fold.test), len(LINES), 1)
    assert all(score.shape == shape for score in arms.values())


def test_r_finds_the_mark_and_the_null_does_not(fold, arms):
    labels = fold.panel.labels[fold.test]
    auc = {arm.name: balanced_auc(labels, score[:, :, 0]) for arm, score in arms.items()}
    assert min(auc["R"], auc[CONDITIONAL], auc[LINEAR], auc["gradient boosting"]) > 0.8
    assert auc["H3K27ac at both ends"] > 0.8 > 0.6 > auc["CTCF at both ends"]
    assert abs(auc[null_of("R")] - 0.5) < 0.15 and auc[LABEL_RATE] == 0.5


def test_labels_of_test_loci_and_of_a_line_left_out_play_no_part(fold):
    labels = fold.panel.labels.copy()
    labels[:, 2] = 1 - labels[:, 2]
    labels[fold.test] = 1 - labels[fold.test]
    other = LoopFold(fold.panel._replace(labels=labels), 1, CONFIG)
    scores, changed = fold.left_out(2), other.left_out(2)
    assert all((changed[arm] == score).all() for arm, score in scores.items())
    assert {(arm.setting, arm.name) for arm in scores} == {
        (LINES[2], name) for name in ("R", LINEAR, "gradient boosting")
    }
    labels[fold.train, 0] = 1 - labels[fold.train, 0]
    moved = other.left_out(2)
    assert all((moved[arm] != score).any() for arm, score in scores.items()), (
        "labels of the lines that train do play a part"
    )


def test_another_locus_is_one_of_the_same_chromosome_and_used_once():
    chrom = np.repeat(["chr1", "chr2", "chr3"], [50, 30, 1])
    donors = another_locus(chrom, 0)
    assert sorted(donors) == list(range(81)) and (chrom[donors] == chrom).all()
    assert (donors != np.arange(81)).sum() > 70
    assert (another_locus(chrom, 0) == donors).all() and (another_locus(chrom, 1) != donors).any()


def test_the_identity_null_reads_none_of_the_lines_marks():
    signal = toy_panel().signal
    inputs = identity_inputs(signal)
    turned = identity_inputs(signal[:, ::-1])
    marks = signal.shape[3]
    np.testing.assert_allclose(turned[..., :marks], inputs[..., :marks], atol=1e-6)
    assert (inputs[:, :, 0, marks:] == np.eye(len(LINES))).all()


def test_features_of_boosting_do_not_depend_on_the_order_of_the_anchors_and_lose_nothing_else():
    inputs = toy_panel().signal
    features = symmetric(inputs, SWAP)
    np.testing.assert_allclose(symmetric(inputs[:, :, SWAP], SWAP), features, atol=1e-6)
    assert features.shape[2] == inputs.shape[2] * inputs.shape[3]
    one, other = inputs[0, 0, 0, 0], inputs[0, 0, 1, 0]
    assert np.isclose(features[0, 0], one + other).any()
    assert np.isclose(features[0, 0], abs(one - other)).any()


def test_seeds_are_kept_apart():
    short = SMALL | {"seeds": [0, 5], "epochs": 1}
    config = toy_config(loop_panel=short, crossfit={"boosting_rounds": 3})
    both = LoopFold(toy_panel(loci=120), 1, config).in_all_lines()
    for arm, score in both.items():
        assert score.shape[2] == 2
        same = (score[:, :, 0] == score[:, :, 1]).all()
        assert same == (arm.kind is Kind.UNTRAINED), arm.name


@pytest.mark.parametrize("often", [1, 2, 3])
def test_every_line_is_left_out_in_as_many_folds_as_are_asked_for(often):
    config = toy_config(loop_panel=SMALL | {"unseen_folds": often})
    folds = range(len(FOLDS))
    left_out = [LoopFold(toy_panel(), fold, config).unseen_lines() for fold in folds]
    counts = np.bincount(np.concatenate(left_out), minlength=len(LINES))
    assert counts.tolist() == [often] * len(LINES)
    assert max(map(len, left_out)) - min(map(len, left_out)) <= often, "spread over the folds"


def test_a_fold_holds_the_arms_of_its_unseen_lines(fold, monkeypatch):
    monkeypatch.setattr(LoopFold, "in_all_lines", lambda self: {})
    left_out = {arm.setting for arm in fold.arms()}
    assert left_out == {LINES[line] for line in fold.unseen_lines()} and left_out

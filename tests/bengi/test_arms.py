"""What is fitted for a fold: on no tested line and no chromosome of the fold, whatever the labels
there say; and what each score reads.
"""

import numpy as np
import pandas as pd
import pytest
import torch

from epidecouple.bengi import arms
from epidecouple.bengi.arms import (
    BOOSTING,
    BOOSTING_ONE,
    FITTED,
    ONE,
    OURS,
    POTENTIAL,
    RESISTANCE,
    fold_scores,
    learned_rows,
    scored_rows,
)
from epidecouple.bengi.distance_resistance import (
    DistancePotential,
    DistanceResistance,
    Inputs,
    first_heights,
    fit_pairs,
    knots_of,
    log_distance,
)
from epidecouple.bengi.panel import BengiPanel
from epidecouple.core.config import Config
from epidecouple.model.loop_resistance import LoopResistance
from epidecouple.statistics.precision_recall import Ranking
from toy_panel import toy_config

FOLDS = [["chr1", "chr2"], ["chr3", "chr4"]]
SMALL = {
    "states": 3,
    "locus_size": 4,
    "encoder_hidden": 6,
    "hidden": 5,
    "dropout": 0,
    "learning_rate": 0.03,
}


def config_of(epochs: int, rounds: int) -> Config:
    return toy_config(
        loop_panel=SMALL,
        crossfit={"boosting_rounds": rounds},
        bengi={"folds": FOLDS, "batch_pairs": 64, "epochs": epochs, "knots": 4},
    )


# Enough to read what is to be read; enough to find what was planted.
CONFIG, LONG = config_of(2, 3), config_of(30, 20)


def toy_panel(seed: int = 0, rows: int = 1_600) -> BengiPanel:
    """Two training lines and two tested ones, Bare without marks. Near pairs whose first mark is
    high interact; one of two assays finds pairs that are ten times as far.
    """
    rng = np.random.default_rng(seed)
    line = rng.choice(["A", "B", "New", "Bare"], rows)
    signal = rng.normal(size=(rows, 5, 2)).astype(np.float32)
    assay = rng.choice(["far", "near"], rows)
    distance = 10 ** rng.uniform(3, 6, rows)
    drive = (
        4 + (assay == "far") - np.log10(distance) + signal[:, 0, 0] + 0.3 * rng.normal(size=rows)
    )
    pairs = pd.DataFrame(
        {
            "line": line,
            "training": np.isin(line, ["A", "B"]),
            "marked": line != "Bare",
            "assay": assay,
            "chrom": rng.choice([name for fold in FOLDS for name in fold], rows),
            "label": (drive > 0).astype(int),
            "distance": distance,
        }
    )
    signal[line == "Bare"] = np.nan
    return BengiPanel(pairs, signal)


@pytest.fixture(scope="module")
def panel() -> BengiPanel:
    return toy_panel()


@pytest.fixture(scope="module")
def scores(panel) -> pd.DataFrame:
    return fold_scores(panel, FOLDS[1], CONFIG)


def with_labels_turned(panel: BengiPanel, rows: np.ndarray) -> BengiPanel:
    label = panel.pairs.label.to_numpy().copy()
    label[rows] = 1 - label[rows]
    return panel._replace(pairs=panel.pairs.assign(label=label))


def must_not_teach(panel: BengiPanel, fold: list[str]) -> np.ndarray:
    """Rows of a tested line, or on a chromosome of the fold, said without the code under test."""
    pairs = panel.pairs
    return np.array(
        [
            line in ("New", "Bare") or chrom in fold
            for line, chrom in zip(pairs.line, pairs.chrom, strict=True)
        ]
    )


def test_line_and_chromosome_are_apart(panel):
    learned, tested = learned_rows(panel.pairs, FOLDS[1]), scored_rows(panel.pairs, FOLDS[1])
    at = panel.pairs.iloc
    assert not set(at[learned].chrom) & set(at[tested].chrom)
    assert not set(at[learned].line) & set(at[tested].line)
    assert set(at[learned].line) == {"A", "B"} and set(at[tested].line) == {"New"}
    assert set(learned) == set(np.flatnonzero(~must_not_teach(panel, FOLDS[1])))


def test_no_score_reads_a_label_of_its_line_or_of_its_chromosomes(panel, scores):
    turned = with_labels_turned(panel, must_not_teach(panel, FOLDS[1]))
    assert fold_scores(turned, FOLDS[1], CONFIG).equals(scores)


@pytest.mark.parametrize("leak", ["line", "chromosome"])
def test_a_leak_is_told_by_these_labels(panel, monkeypatch, leak):
    """The test above kills a program that learns from the tested line, or from the fold."""

    def leaking(pairs: pd.DataFrame, fold: list[str]) -> np.ndarray:
        allowed = ~pairs.chrom.isin(fold) & pairs.marked if leak == "line" else pairs.training
        return np.flatnonzero(allowed)

    monkeypatch.setattr(arms, "learned_rows", leaking)
    turned = with_labels_turned(panel, must_not_teach(panel, FOLDS[1]))
    before, after = (fold_scores(each, FOLDS[1], CONFIG) for each in (panel, turned))
    assert (before[OURS] != after[OURS]).any() and (before[BOOSTING] != after[BOOSTING]).any()


def test_ours_is_the_difference_of_its_parts_and_r_is_not_negative(scores):
    assert np.allclose(scores[OURS], scores[POTENTIAL] + scores[RESISTANCE])
    assert (scores[RESISTANCE] <= 0).all()


def test_all_find_what_was_planted(panel):
    scores = fold_scores(panel, FOLDS[1], LONG)
    labels = panel.pairs.label[scores.index].to_numpy()
    found = {
        name: Ranking(labels, scores[name].to_numpy()).curve(np.ones(len(labels)))
        for name in scores
    }
    areas = {name: curve.average_precision for name, curve in found.items()}
    assert areas[OURS] > 0.85 and areas[BOOSTING] > 0.85, areas
    assert areas[OURS] > areas[POTENTIAL] + 0.05 and areas[OURS] > areas[RESISTANCE] + 0.05, areas
    assert areas[OURS] > areas[ONE] + 0.02 and areas[BOOSTING] > areas[BOOSTING_ONE] + 0.02, areas


def test_of_one_assay_nothing_tells_assays_apart(panel, scores):
    """A name for all is as no name; and what does not read the assay is the same beside several."""
    found = [
        fold_scores(panel._replace(pairs=panel.pairs.assign(assay=name)), FOLDS[1], CONFIG)
        for name in ("", "Hi-C")
    ]
    pd.testing.assert_frame_equal(*found)
    assert list(found[0]) == FITTED and found[0][[ONE, BOOSTING_ONE]].isna().all(axis=None)
    assert found[0][OURS].equals(scores[ONE]) and found[0][BOOSTING].equals(scores[BOOSTING_ONE])


def test_u_reads_distance_alone_and_r_marks_alone(panel, scores):
    near = panel.pairs.assign(distance=panel.pairs.distance / 2)
    learned = learned_rows(panel.pairs, FOLDS[1])
    near.loc[learned, "distance"] = panel.pairs.distance[learned]
    other = panel.signal.copy()
    other[scores.index] += 1
    moved = fold_scores(panel._replace(pairs=near), FOLDS[1], CONFIG)
    marked = fold_scores(panel._replace(signal=other), FOLDS[1], CONFIG)
    assert moved[RESISTANCE].equals(scores[RESISTANCE])
    assert not moved[POTENTIAL].equals(scores[POTENTIAL])
    assert marked[POTENTIAL].equals(scores[POTENTIAL])
    assert not marked[RESISTANCE].equals(scores[RESISTANCE])


def test_u_is_linear_between_knots_and_flat_beyond():
    near, far = (
        DistancePotential(np.array(knots, np.float32), np.array([1, 0, -2], np.float32))
        for knots in ([3, 4, 6], [4, 5, 7])
    )
    made = DistanceResistance(LoopResistance(5, 2, CONFIG.loop_panel), [near, far])
    at = torch.tensor([2.0, 3.0, 3.25, 4.0, 5.0, 6.0, 7.0])
    of_near, of_far = (made.potential(at, torch.full((7,), assay)).tolist() for assay in (0, 1))
    assert of_near == pytest.approx([1, 1, 0.75, 0, -1, -2, -2])
    assert of_far == pytest.approx([1, 1, 1, 1, 0, -1, -2])
    mixed = made.potential(at, torch.tensor([0, 1] * 3 + [0])).tolist()
    assert mixed == [(of_near, of_far)[k % 2][k] for k in range(7)]


def test_u_of_equally_far_pairs_is_flat():
    """A table of one pair has one knot; what is no number here would be none in any assay."""
    one = DistancePotential(np.array([4], np.float32), np.array([-1], np.float32))
    assert one(torch.tensor([3.0, 4.0, 5.0])).tolist() == [-1, -1, -1]


def test_an_assay_of_one_learned_pair_leaves_all_scores_numbers(panel):
    assay = np.full(len(panel.pairs), "near")
    assay[learned_rows(panel.pairs, FOLDS[1])[:1]] = "rare"
    few = panel._replace(pairs=panel.pairs.assign(assay=assay))
    assert fold_scores(few, FOLDS[1], CONFIG).notna().all(axis=None)


def test_the_assay_of_pairs_without_marks_has_no_part_in_the_scores(panel):
    """Bare is scored by its published scores and the distance alone, whatever finds its pairs."""
    found = [
        fold_scores(
            panel._replace(
                pairs=panel.pairs.assign(assay=np.where(panel.pairs.marked, "Hi-C", of_bare))
            ),
            FOLDS[1],
            CONFIG,
        )
        for of_bare in ("Hi-C", "other")
    ]
    pd.testing.assert_frame_equal(*found)


def test_u_starts_as_the_log_odds_at_its_distances_plus_r():
    distance, labels = np.array([3.0, 3.1, 3.2, 5.9, 5.8]), np.array([1, 1, 0, 0, 0])
    heights = first_heights(distance, labels, np.array([3, 6], np.float32))
    torch.manual_seed(0)
    level = torch.nn.functional.softplus(LoopResistance(5, 2, CONFIG.loop_panel).level).item()
    assert heights - level == pytest.approx(np.log([2.5 / 1.5, 0.5 / 2.5]), abs=1e-5)


def test_knots_are_distinct_where_many_distances_are_equal():
    assert knots_of(np.array([3.0, 3, 3, 3, 5], np.float32), 4).tolist() == [3, 5]


def test_the_same_seed_gives_the_same_network(panel):
    rows = learned_rows(panel.pairs, FOLDS[0])
    distance = log_distance(panel.pairs.distance.to_numpy())
    assay = (panel.pairs.assay == "near").to_numpy().astype(np.int64)
    inputs = Inputs(distance, assay, panel.signal).of(rows)
    labels = panel.pairs.label.to_numpy()[rows]
    one, two = (fit_pairs(inputs, labels, CONFIG) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(one.potentials[0].heights, one.potentials[1].heights)

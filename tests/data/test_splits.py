from dataclasses import replace

import pandas as pd
import pytest

from epidecouple.data.splits import NAMES, check_splits, splits_of
from toy import frame, refusal, says, toy_config

FOLDS = [["chr1", "chr4"], ["chr2"], ["chr3", "chr5"], ["chr6"]]


def folds(**change):
    return splits_of(toy_config(splits={"folds": FOLDS, **change}))


def test_folds_become_splits():
    splits = folds(test_fold=2, validation_fold=0)
    assert (splits.train, splits.validation, splits.test) == (
        ["chr2", "chr6"],
        ["chr1", "chr4"],
        ["chr3", "chr5"],
    )
    assert splits.training_lines[0] == "LineA" and splits.held_out_lines == ["MixG", "MixH"]


def test_every_chromosome_belongs_to_one_split():
    for test in range(4):
        splits = folds(test_fold=test, validation_fold=(test + 1) % 4)
        used = [chrom for name in NAMES for chrom in getattr(splits, name)]
        assert sorted(used) == [f"chr{number}" for number in range(1, 7)]


def test_split_of_chromosomes():
    names = folds().of(pd.Series(["chr2", "chr6", "chr1", "chrM"]))
    assert names[:3].tolist() == ["validation", "train", "test"] and names.isna()[3]


def test_hash_is_stable_and_does_not_depend_on_anything_else():
    assert (
        folds().hash
        == folds().hash
        == splits_of(toy_config(seed=5, run="x", splits={"folds": FOLDS})).hash
    )
    assert len(folds().hash) == 16


def test_hash_changes_with_every_part_of_the_decision():
    moved = [["chr1"], ["chr2", "chr4"], *FOLDS[2:]]
    others = [
        folds(test_fold=2),
        folds(validation_fold=3),
        splits_of(toy_config(splits={"folds": moved})),
    ]
    others += [
        replace(folds(), held_out_lines=["MixH"]),
        replace(folds(), training_lines=["LineA"]),
    ]
    assert len({splits.hash for splits in [folds(), *others]}) == 6


def test_toy_data_fill_every_split(toy_panel):
    splits = splits_of(toy_panel.world.config)
    rows = pd.Series(toy_panel.panel.split).value_counts()
    assert set(rows.index) == set(NAMES) and rows.min() > 50
    for name in NAMES:
        assert set(toy_panel.panel.chrom[toy_panel.panel.split == name]) <= set(
            getattr(splits, name)
        )


LABELS = frame("A B", (0, 1), (1, 0), (0, 1), (1, 0), (0, 1), (1, 0))
SPLIT = pd.Series(["train"] * 2 + ["validation"] * 2 + ["test"] * 2)


def test_complete_splits_are_accepted():
    assert check_splits(SPLIT, LABELS, ["A", "B"]) is None


@pytest.mark.parametrize("name", NAMES)
def test_split_without_pairs(name):
    other = "train" if name == "test" else "test"
    says(
        refusal(check_splits, SPLIT.replace(name, other), LABELS, ["A", "B"]),
        "config: ",
        f"the {name} split",
        "splits.",
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("label", [0, 1])
def test_one_class_only_in_a_split(name, label):
    labels = LABELS.copy()
    labels.loc[SPLIT.eq(name), "B"] = label
    says(
        refusal(check_splits, SPLIT, labels, ["A", "B"]),
        "config: ",
        "all 2 labels of B",
        f"the {name} split are {label}",
        "other folds",
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_discordant_pair_in_a_split(name):
    labels = LABELS.copy()
    labels.loc[SPLIT.eq(name), "A"] = labels.loc[SPLIT.eq(name), "B"]
    says(
        refusal(check_splits, SPLIT, labels, ["A", "B"]),
        "config: ",
        f"no pair of the {name} split is label-discordant",
        "folds",
    )

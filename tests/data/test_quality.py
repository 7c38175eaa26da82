import dataclasses

import numpy as np
import pytest

from epidecouple.data.quality import elements_in_two_splits, leak_meter, shard_metrics, split_table
from toy_panel import toy_panel


def test_what_the_data_gate_asks_can_fail():
    panel = toy_panel()
    labels, present = panel.labels.copy(), panel.present.copy()
    labels[0, 1], present[: len(panel.training), 2] = -1, False
    found = shard_metrics(dataclasses.replace(panel, labels=labels, present=present))
    assert shard_metrics(panel)["panel_labels_missing"] == 0 and found["panel_labels_missing"] == 1
    assert (
        shard_metrics(panel)["marks_missing_everywhere"] == 0
        and found["marks_missing_everywhere"] == 1
    )


def test_discordant_pairs_are_counted_on_training_chromosomes_and_lines_only():
    panel = toy_panel()
    rows = panel.labels[np.ix_(panel.split == "train", panel.training)]
    assert shard_metrics(panel)["discordant_training_pairs"] == sum(
        len(set(row)) == 2 for row in rows.tolist()
    )


def test_elements_in_two_splits_by_hand():
    panel = dataclasses.replace(
        toy_panel(),
        enhancer=np.array([0, 0, 1]),
        promoter=np.array([2, 3, 3]),
        split=np.array(["train", "test", "test"]),
    )
    assert elements_in_two_splits(panel) == 1, "element 0 is in train and in test, 3 twice in test"


def test_leak_meter_is_one_without_shared_elements_and_more_with_them():
    panel = toy_panel()
    apart = dataclasses.replace(
        panel, enhancer=np.arange(len(panel.split)), promoter=np.arange(len(panel.split))
    )
    assert leak_meter(apart) == pytest.approx(1)
    assert leak_meter(panel) > 1.1, "the toy's elements are shared between its splits"


def test_the_map_of_the_splits_counts_every_pair_once_in_every_line():
    panel = toy_panel()
    table = split_table(panel)
    assert set(table.line) == set(panel.lines) and set(table.line[table.trained]) == {
        panel.lines[c] for c in panel.training
    }
    assert (table.groupby("line").pairs.sum() == len(panel.chrom)).all()
    assert table.positives.sum() == panel.labels.sum()
    assert table.groupby("chrom").split.nunique().max() == 1, "whole chromosomes"

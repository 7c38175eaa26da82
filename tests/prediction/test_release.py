import numpy as np
import pandas as pd
import pytest
import torch

from epidecouple.core.provenance import fingerprint, read_json, read_metrics
from epidecouple.model.weights import load_model
from epidecouple.prediction.bundle import read_bundle
from epidecouple.prediction.calibration import calibration_error, probability
from epidecouple.prediction.release import additive_logits, line_offsets


@pytest.fixture(scope="module")
def record(toy_bundle):
    return read_bundle(toy_bundle.run / "model")


@pytest.fixture(scope="module")
def weights(toy_bundle):
    return load_model(toy_bundle.run / "model/model.safetensors")[0]


def test_the_offset_is_that_of_the_conditional_and_of_the_task_likelihood(weights, record):
    expected = (weights.resistance.line_offset + weights.task_offset).detach().numpy()
    np.testing.assert_allclose(line_offsets(weights), expected)
    assert [record.lines[line].offset for line in record.training_lines] == pytest.approx(
        expected.tolist()
    )


def test_logits_by_hand():
    energies = pd.DataFrame(
        {"potential": [1.0, 2.0], "resistance_B": [0.5, 0.0], "resistance_A": [3.0, 4.0]}
    )
    found = additive_logits(energies, ["A", "B"], np.array([1.0, -1.0]))
    assert found.tolist() == [[-3.0, 1.5], [-3.0, 3.0]]


def test_the_calibration_is_fitted_on_validation_chromosomes_only(toy_bundle, record, weights):
    """There the mean probability is, up to the smoothing of the targets, the share of positives in
    each line.
    """
    panel, rows = toy_bundle.panel, toy_bundle.panel.rows("validation")
    logit = additive_logits(toy_bundle.energies, record.training_lines, line_offsets(weights))[rows]
    for c, line in enumerate(record.training_lines):
        labels = panel.labels[rows, c]
        n, positive = len(rows), labels.sum()
        expected = (
            positive * (positive + 1) / (positive + 2) + (n - positive) / (n - positive + 2)
        ) / n
        assert probability(
            logit[:, c], record.slope, record.lines[line].intercept
        ).mean() == pytest.approx(expected, abs=1e-4)


def test_calibration_is_measured_on_test_chromosomes(toy_bundle, record, weights):
    rows, metrics = (
        toy_bundle.panel.rows("test"),
        read_metrics(toy_bundle.run / "model/metrics.json"),
    )
    offsets = np.array([line.offset for line in record.lines.values()])
    logit = additive_logits(toy_bundle.energies, list(record.lines), offsets)[rows]
    predicted = probability(
        logit, record.slope, np.array([line.intercept for line in record.lines.values()])
    )
    errors = [
        calibration_error(predicted[:, c], toy_bundle.panel.labels[rows, c]) for c in range(8)
    ]
    assert metrics["calibration_error"] == pytest.approx(np.mean(errors[:6]))
    assert metrics["calibration_error_unseen_line"] == pytest.approx(np.mean(errors[6:]))
    assert metrics["observed_share_LineB"] == toy_bundle.panel.labels[rows, 1].mean()
    assert metrics["mean_probability_MixH"] == pytest.approx(predicted[:, 7].mean())


def test_the_folder_holds_what_a_prediction_needs(toy_bundle, record):
    folder = toy_bundle.run / "model"
    assert {path.name for path in folder.iterdir()} == {
        "model.safetensors",
        "model.safetensors.crc32",
        "reference.parquet",
        "reference.parquet.crc32",
        "prediction.json",
        "metrics.json",
        "provenance.json",
    }
    assert record.weights == fingerprint(toy_bundle.run / "train_full/model.safetensors")
    assert (folder / "reference.parquet").read_bytes() == (
        toy_bundle.run / "elements/reference.parquet"
    ).read_bytes()
    sizes = pd.read_csv(toy_bundle.run / "elements/chromosomes.tsv", sep="\t", index_col="chrom")[
        "size"
    ]
    assert record.chromosomes == sizes.to_dict() and record.folder == "results/demo/model"
    train = toy_bundle.energies[toy_bundle.energies.split == "train"].distance
    assert record.distance_bp == [train.min(), train.max()]


def test_statistics_and_fingerprints_are_those_of_the_shards(toy_bundle, record):
    for line, known in record.lines.items():
        manifest = read_json(toy_bundle.run / "shards" / line / "manifest.json")
        assert known.marks == manifest["marks"]
        assert {of["fingerprint"] for of in known.peaks.values()} <= set(
            manifest["sources"].values()
        ) and len(known.peaks) == 7
    assert [known.role for known in record.lines.values()] == ["training"] * 6 + ["held_out"] * 2


def test_the_centre_is_the_mean_over_reference_loci_that_differ(record):
    centres = torch.tensor([line.centre for line in record.lines.values()])
    assert (centres > 0).all() and centres.std() > 1e-3

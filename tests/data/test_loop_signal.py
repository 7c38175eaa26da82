import numpy as np
import pandas as pd
import pytest

from epidecouple.core.sections.targets import LoopPanelConfig
from epidecouple.data.loop_signal import (
    centred_inputs,
    locus_signal,
    places,
    positions_of,
    standardised,
    swapped,
)
from toy import frame

CONFIG = LoopPanelConfig(widths=[200, 1000], bins=4, peak_bp=300)
PEAKS = "chrom start end signal"
NAMES = positions_of(CONFIG)
LENGTH = 100_000


def random_peaks(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = 2 * rng.integers(0, 45_000, 80)
    signal = rng.permutation(80) + 1.0
    return pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 400, "signal": signal})


def test_positions_of_the_recipe():
    assert len(positions_of(LoopPanelConfig())) == 19
    assert NAMES[:4] == ["left_200", "right_200", "left_1000", "right_1000"]
    assert NAMES[4:] == ["bin_1", "bin_2", "bin_3", "bin_4", "way", "left_peak", "right_peak"]


def test_swapping_the_anchors_is_an_involution_of_the_names():
    swap = swapped(CONFIG)
    assert swap[swap].tolist() == list(range(len(NAMES)))
    renamed = {"left": "right", "right": "left"}
    for name, other in zip(NAMES, swap, strict=True):
        kind, _, rest = name.partition("_")
        if kind in renamed:
            assert NAMES[other] == f"{renamed[kind]}_{rest}"
    assert [NAMES[k] for k in swap[4:9]] == ["bin_4", "bin_3", "bin_2", "bin_1", "way"]


def test_a_mirrored_genome_gives_the_signal_with_the_anchors_swapped():
    peaks = random_peaks(0)
    loci = frame("chrom left right", ("chr1", 20_000, 60_000), ("chr1", 41_000, 72_000))
    mirrored = peaks.assign(start=LENGTH - peaks.end, end=LENGTH - peaks.start)
    turned = loci.assign(left=LENGTH - loci.right, right=LENGTH - loci.left)
    signal = locus_signal(loci, {"CTCF": peaks}, ["CTCF"], CONFIG)
    assert (signal.std(0)[:, 0] > 0).sum() > 6, "the signal is not the same everywhere"
    np.testing.assert_allclose(
        locus_signal(turned, {"CTCF": mirrored}, ["CTCF"], CONFIG)[:, swapped(CONFIG)],
        signal,
        atol=1e-5,
    )


def test_signal_by_hand():
    """Two peaks: quantiles 0.5 and 1."""
    peaks = frame(PEAKS, ("chr1", 9_950, 10_050, 3.0), ("chr1", 20_000, 21_000, 70.0))
    loci = frame("chrom left right", ("chr1", 10_000, 30_000))
    signal = locus_signal(loci, {"CTCF": peaks}, ["CTCF", "DNase"], CONFIG)[0]
    of_ctcf = dict(zip(NAMES, signal[:, 0], strict=True))
    assert of_ctcf["left_200"] == pytest.approx(np.log1p(0.5 * 100 / 200))
    assert of_ctcf["left_1000"] == pytest.approx(np.log1p(0.5 * 100 / 1000))
    assert of_ctcf["bin_1"] == pytest.approx(np.log1p(0.5 * 50 / 5000))
    assert of_ctcf["bin_3"] == pytest.approx(np.log1p(1000 / 5000))
    assert of_ctcf["way"] == pytest.approx(np.log1p(1000 / 300))
    assert (of_ctcf["left_peak"], of_ctcf["right_peak"], of_ctcf["bin_2"]) == (0.5, 0, 0)
    assert np.isnan(signal[:, 1]).all(), "a mark that the line lacks"


def test_short_ways_and_starts_of_chromosomes_have_intervals_too():
    loci = frame("chrom left right", ("chr1", 50, 1200), ("chr1", 700, 700))
    made = places(loci, CONFIG)
    assert (made.start >= 0).all() and (made.end > made.start).all()
    assert len(made) == (len(NAMES) - 2) * len(loci)


def test_the_scale_of_one_line_or_of_other_loci_plays_no_part():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(40, 3, 5, 2)).astype(np.float32)
    fitted = np.arange(30)
    scaled = signal.copy()
    scaled[:, 1] = 3 * scaled[:, 1] + 7
    expected = standardised(signal, fitted)
    np.testing.assert_allclose(standardised(scaled, fitted), expected, atol=1e-4)
    np.testing.assert_allclose(expected[fitted].mean(0), 0, atol=1e-5)
    other = signal.copy()
    other[30:] += 5
    assert (standardised(other, fitted)[:30] == expected[:30]).all()
    other[:30] += 5 * rng.normal(size=other[:30].shape)
    assert (standardised(other, fitted)[30:] != expected[30:]).any()


def test_a_missing_mark_is_at_the_mean():
    signal = np.ones((4, 2, 3, 2), dtype=np.float32)
    signal[:, 1, :, 1] = np.nan
    signal[:, 0] += np.arange(4)[:, None, None]
    made = standardised(signal, np.arange(4))
    assert (made[:, 1, :, 1] == 0).all() and made[:, 0].std() > 0.5


def test_inputs_are_marks_centred_over_the_lines_and_the_mean_of_the_locus():
    signal = np.random.default_rng(0).normal(size=(6, 3, 4, 2)).astype(np.float32)
    inputs = centred_inputs(signal)
    assert inputs.shape == (6, 3, 4, 4)
    np.testing.assert_allclose(inputs[..., :2].mean(1), 0, atol=1e-6)
    np.testing.assert_allclose(inputs[..., :2] + inputs[..., 2:], signal, atol=1e-6)
    assert np.ptp(inputs[..., 2:], axis=1).max() == 0, "the mean says nothing about the line"
    donors = np.array([1, 0, 3, 2, 5, 4])
    null = centred_inputs(signal, donors)
    assert (null[..., :2] == inputs[donors][..., :2]).all()
    assert (null[..., 2:] == inputs[..., 2:]).all()

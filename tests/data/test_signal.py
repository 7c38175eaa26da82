import numpy as np
import pandas as pd
import pybedtools
import pytest

from epidecouple.data.signal import (
    bins_between,
    ends_signal,
    in_quantiles,
    mean_signal,
    pair_signal,
    places,
    resized,
    strongest_peak,
    widths,
)
from toy import frame, toy_config

PEAKS = "chrom start end signal"


def random_intervals(rng, n: int, span: int, longest: int) -> pd.DataFrame:
    start = rng.integers(0, span, n)
    return pd.DataFrame(
        {
            "chrom": rng.choice(["chr1", "chr2", "chr3"], n),
            "start": start,
            "end": start + rng.integers(1, longest, n),
        }
    )


def per_base(loci: pd.DataFrame, peaks: pd.DataFrame) -> list[float]:
    """Mean over each locus of a signal that is laid out base by base."""
    length = int(max(loci.end.max(), peaks.end.max()))
    track = {chrom: np.zeros(length) for chrom in loci.chrom.unique()}
    for peak in peaks[peaks.chrom.isin(track)].itertuples():
        track[peak.chrom][peak.start : peak.end] += peak.signal
    return [track[locus.chrom][locus.start : locus.end].mean() for locus in loci.itertuples()]


def by_bedtools(loci: pd.DataFrame, peaks: pd.DataFrame) -> np.ndarray:
    """Mean over each locus from the overlaps that bedtools reports."""
    numbered = loci.assign(row=np.arange(len(loci)))
    hits = pybedtools.BedTool.from_dataframe(numbered).intersect(
        pybedtools.BedTool.from_dataframe(peaks), wo=True
    )
    total = np.zeros(len(loci))
    for hit in hits:
        total[int(hit[3])] += float(hit[7]) * int(hit[8])
    return total / (loci.end - loci.start).to_numpy()


def test_by_hand():
    peaks = frame(PEAKS, ("chr1", 10, 20, 3.0), ("chr1", 15, 30, 1.0))
    loci = [
        (0, 10, 0),
        (10, 20, 3.5),
        (0, 40, 45 / 40),
        (19, 21, 2.5),
        (20, 21, 1),
        (30, 40, 0),
        (29, 31, 0.5),
    ]
    table = frame("chrom start end", *[("chr1", start, end) for start, end, _ in loci])
    assert mean_signal(table, peaks) == pytest.approx([mean for _, _, mean in loci])
    assert mean_signal(table.assign(chrom="chr9"), peaks).tolist() == [0] * len(loci)


@pytest.mark.parametrize("seed", range(3))
def test_mean_is_that_of_every_base_and_of_bedtools(seed):
    rng = np.random.default_rng(seed)
    loci, peaks = random_intervals(rng, 150, 3000, 400), random_intervals(rng, 60, 3000, 200)
    peaks = peaks.assign(signal=rng.gamma(1, 5, len(peaks)).round(4))
    peaks = peaks[peaks.chrom != "chr3"]
    found = mean_signal(loci, peaks)
    assert (found > 0).sum() > 50
    assert found == pytest.approx(per_base(loci, peaks), abs=1e-9)
    assert found == pytest.approx(by_bedtools(loci, peaks), abs=1e-9)


def test_index_and_order_do_not_matter():
    rng = np.random.default_rng(1)
    loci, peaks = (
        random_intervals(rng, 40, 500, 50),
        random_intervals(rng, 40, 500, 50).assign(signal=2.0),
    )
    order = rng.permutation(40)
    assert mean_signal(loci.iloc[order], peaks.iloc[order]) == pytest.approx(
        mean_signal(loci, peaks)[order]
    )


def test_exactly_zero_where_no_peak_lies():
    """A rounding residue would pass for signal once it is divided by its own sd."""
    peaks = frame(
        PEAKS, ("c", 0, 20, 0.1), ("c", 5, 30, 0.2), ("c", 8, 40, 0.3), ("c", 200, 220, 0.7)
    )
    assert mean_signal(
        frame("chrom start end", ("c", 40, 60), ("c", 100, 200), ("c", 220, 300)), peaks
    ).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("enhancer", "promoter", "expected"),
    [
        (100, 140, [(100, 110), (110, 120), (120, 130), (130, 140)]),
        (140, 100, [(130, 140), (120, 130), (110, 120), (100, 110)]),
        (0, 6, [(0, 1), (1, 3), (3, 4), (4, 6)]),
        (7, 7, [(7, 8)] * 4),
    ],
)
def test_bins_run_from_enhancer_to_promoter(enhancer, promoter, expected):
    bins = bins_between(frame("chrom enhancer_mid promoter_mid", ("chr1", enhancer, promoter)), 4)
    assert list(bins[["start", "end"]].itertuples(index=False, name=None)) == expected


def test_bins_cover_the_way_between_the_midpoints():
    rng = np.random.default_rng(0)
    mids = rng.integers(0, 10_000, (200, 2))
    pairs = pd.DataFrame({"chrom": "chr1", "enhancer_mid": mids[:, 0], "promoter_mid": mids[:, 1]})
    pairs = pairs[np.abs(mids[:, 0] - mids[:, 1]) > 8]
    bins = bins_between(pairs, 8)
    width = (bins.end - bins.start).to_numpy().reshape(-1, 8)
    assert (width.sum(1) == (pairs.enhancer_mid - pairs.promoter_mid).abs()).all()
    assert np.ptp(width, axis=1).max() <= 1 and width.min() >= 1


def test_pair_signal_by_hand():
    ends = frame("chrom start end", ("chr1", 0, 10), ("chr1", 35, 45))
    pairs = frame(
        "chrom enhancer_mid promoter_mid enhancer promoter",
        ("chr1", 40, 5, 1, 0),
        ("chr1", 5, 40, 0, 1),
    )
    peaks = frame(PEAKS, ("chr1", 0, 5, 4.0), ("chr1", 24, 40, 2.0))
    backward = np.log1p([1.0, 2.0, 2.0, 2.0, 4 / 7, 0, 0])
    forward = np.log1p([2.0, 1.0, 0, 0, 4 / 7, 2.0, 2.0])
    found = pair_signal(pairs, ends_signal([ends], peaks), bins_between(pairs, 5), peaks)
    assert found == pytest.approx(np.array([backward, forward]))


def test_wider_places_stand_between_the_ends_and_the_bins():
    pairs = frame("chrom enhancer_mid promoter_mid enhancer promoter", ("chr1", 100, 500, 0, 1))
    around = [
        frame("chrom start end", ("chr1", 100 - h, 100 + h), ("chr1", 500 - h, 500 + h))
        for h in (5, 50)
    ]
    peaks = frame(PEAKS, ("chr1", 140, 150, 10.0), ("chr1", 495, 505, 4.0))
    found = np.expm1(pair_signal(pairs, ends_signal(around, peaks), bins_between(pairs, 2), peaks))
    assert found == pytest.approx(np.array([[0, 4, 1, 0.4, 0.5, 0.1]]))
    windows = toy_config(
        windows={"signal_bp": 10, "scales": [100], "bins": 2, "bin_bp": 200}
    ).windows
    assert widths(windows) == [10, 10, 100, 100, 200, 200]
    assert windows.positions(every_bin=True) == [
        "enhancer",
        "promoter",
        "enhancer_100",
        "promoter_100",
        "bin_1",
        "bin_2",
    ]
    assert windows.positions(every_bin=False)[-2:] == ["promoter_100", "window"]


def test_resized_loci_keep_their_midpoints():
    found = resized(frame("chrom start end", ("chr1", 100, 110), ("chr1", 2, 6)), 40)
    assert found.to_numpy().tolist() == [["chr1", 85, 125], ["chr1", 0, 24]]


@pytest.mark.parametrize(("scales", "bins", "way"), [(0, 3, 0), (0, 3, 8), (2, 1, 8)])
def test_places_part_the_positions_in_their_order(scales, bins, way):
    ends = 2 * (1 + scales)
    positions = np.arange(ends + bins + way)
    found = {
        name: positions[place].tolist()
        for name, place in places(ends + bins + way, bins, way).items()
    }
    assert found == {
        "enhancer": list(range(0, ends, 2)),
        "promoter": list(range(1, ends, 2)),
        "window": list(range(ends, ends + bins)),
        "way": list(range(ends + bins, ends + bins + way)),
    }


def test_quantiles_are_ranks_whatever_the_scale_of_a_file():
    peaks = random_intervals(np.random.default_rng(0), 50, 9_000, 90)
    peaks["signal"] = np.random.default_rng(1).exponential(size=50)
    made = in_quantiles(peaks)
    assert sorted(made.signal) == pytest.approx(np.arange(1, 51) / 50)
    assert (made.signal.rank() == peaks.signal.rank()).all()
    curved = in_quantiles(peaks.assign(signal=np.exp(3 * peaks.signal)))
    pd.testing.assert_frame_equal(curved, made)
    tied = in_quantiles(frame(PEAKS, *[("chr1", k, k + 1, 2.0) for k in range(4)]))
    assert tied.signal.tolist() == [0.625] * 4


def test_the_strongest_peak_against_all_peaks_one_by_one():
    rng = np.random.default_rng(0)
    peaks = random_intervals(rng, 60, 5_000, 90).assign(signal=rng.exponential(size=60))
    chrom = pd.Series(rng.choice(["chr1", "chr2", "chr4"], 80))
    middle = rng.integers(0, 5_200, 80)
    of_peaks = (peaks.start + peaks.end) // 2
    expected = [
        peaks.signal[(peaks.chrom == name) & ((of_peaks - place).abs() <= 100)].max()
        for name, place in zip(chrom, middle, strict=True)
    ]
    expected = np.nan_to_num(np.array(expected, dtype=float))
    assert 0 < (expected == 0).sum() < 80
    np.testing.assert_array_equal(strongest_peak(chrom, middle, peaks, 100), expected)

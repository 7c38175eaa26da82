import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from epidecouple.core.sections.data import WAY_DENSITIES
from epidecouple.data.way import UNIT_BP, peak_weights, way_densities
from toy import frame

WINDOW_BP = 10
PAIR, PEAK = "chrom enhancer_mid promoter_mid", "chrom start end signal"


def random_pairs(rng, n=60, span=300):
    return pd.DataFrame(
        {
            "chrom": rng.choice(["chr1", "chr2", "chr3"], n),
            "enhancer_mid": rng.integers(0, span, n),
            "promoter_mid": rng.integers(0, span, n),
        }
    )


def random_peaks(rng, n=200, span=300):
    """Some peaks are equally strong, and many have the same middle."""
    start = rng.integers(0, span, n)
    return pd.DataFrame(
        {
            "chrom": rng.choice(["chr1", "chr2", "chrX"], n),
            "start": start,
            "end": start + rng.integers(1, 9, n),
            "signal": rng.choice(np.round(rng.lognormal(3, 1.2, 150), 1), n),
        }
    )


def weights_by_hand(signal):
    """Eight numbers of each peak, peak by peak."""
    logs = [np.log(1 + value) for value in signal]
    mean, sd = np.mean(logs), np.sqrt(np.mean((np.array(logs) - np.mean(logs)) ** 2))
    rows = []
    for value, log in zip(signal, logs, strict=True):
        below, equal = sum(other < value for other in signal), sum(signal == value)
        score = norm.ppf((below + equal / 2) / len(signal))
        excess = (log - mean) / sd
        ranked = [score > least for least in (1.0, 1.3, 1.6, 2.0)]
        above = [excess > least for least in (1.0, 1.5, 2.0)]
        rows.append([*ranked, *above, min(max(excess - 1, 0), 2)])
    return np.array(rows, dtype=float)


def densities_by_hand(pairs, peaks, window_bp):
    weights, found = weights_by_hand(peaks.signal.to_numpy()), []
    for chrom, one, other in pairs[PAIR.split()].itertuples(index=False):
        low, high = min(one, other), max(one, other)
        total = np.zeros(WAY_DENSITIES)
        for weight, (where, start, end, _) in zip(weights, peaks.to_numpy(), strict=True):
            middle = (start + end) // 2
            if where == chrom and low + window_bp // 2 <= middle < high - window_bp // 2:
                total += weight
        found.append(total / max(high - low, 1) * UNIT_BP)
    return np.array(found)


@pytest.mark.parametrize("seed", range(4))
def test_densities_are_those_counted_by_hand(seed):
    rng = np.random.default_rng(seed)
    pairs, peaks = random_pairs(rng), random_peaks(rng)
    found = way_densities(pairs, peaks, WINDOW_BP)
    np.testing.assert_allclose(found, densities_by_hand(pairs, peaks, WINDOW_BP), rtol=1e-9)
    assert found.shape == (len(pairs), WAY_DENSITIES) and (found.max(0) > 0).all()


def test_neither_the_order_of_the_peaks_nor_that_of_the_ends_matters():
    rng = np.random.default_rng(5)
    pairs, peaks = random_pairs(rng), random_peaks(rng)
    found = way_densities(pairs, peaks, WINDOW_BP)
    shuffled = peaks.iloc[rng.permutation(len(peaks))]
    turned = pairs.rename(columns={"enhancer_mid": "promoter_mid", "promoter_mid": "enhancer_mid"})
    for again in (
        way_densities(pairs, shuffled, WINDOW_BP),
        way_densities(turned, peaks, WINDOW_BP),
    ):
        np.testing.assert_allclose(again, found, rtol=1e-9)


def test_a_pair_does_not_depend_on_the_others():
    rng = np.random.default_rng(6)
    pairs, peaks = random_pairs(rng), random_peaks(rng)
    some = rng.permutation(len(pairs))[:20]
    np.testing.assert_array_equal(
        way_densities(pairs.iloc[some], peaks, WINDOW_BP),
        way_densities(pairs, peaks, WINDOW_BP)[some],
    )


def one_strong_peak(middle):
    """Ninety-nine weak peaks on another chromosome, and a strong one."""
    weak = pd.DataFrame({"chrom": "chr2", "start": range(99), "end": range(2, 101), "signal": 1.0})
    strong = frame(PEAK, ("chr1", middle - 1, middle + 1, 1000.0))
    return pd.concat([weak, strong], ignore_index=True)


@pytest.mark.parametrize(
    ("middle", "counts"), [(104, False), (105, True), (194, True), (195, False), (300, False)]
)
def test_peaks_in_the_windows_of_the_ends_and_beyond_do_not_count(middle, counts):
    pairs = frame(PAIR, ("chr1", 100, 200), ("chr1", 200, 100))
    found = way_densities(pairs, one_strong_peak(middle), WINDOW_BP)
    assert (found > 0).all() if counts else not found.any()


def test_a_density_is_per_100_kb_between_the_midpoints():
    pairs = frame(PAIR, ("chr1", 0, 50_000), ("chr1", 0, 400_000))
    found = way_densities(pairs, one_strong_peak(30_000), WINDOW_BP)
    np.testing.assert_allclose(found[:, 0], [2, 0.25])


def test_nothing_is_between_windows_that_touch_or_where_no_peak_is():
    pairs = frame(PAIR, ("chr1", 100, 108), ("chr1", 100, 100), ("chr3", 0, 900))
    assert not way_densities(pairs, one_strong_peak(104), WINDOW_BP).any()
    assert not way_densities(pairs, one_strong_peak(104).head(0), WINDOW_BP).any()


def test_ranks_do_not_see_the_scale_of_the_signal():
    """Four densities go by ranks; the others see how far a peak stands out."""
    signal = np.random.default_rng(7).exponential(20, 400)
    plain, curved = peak_weights(signal), peak_weights(signal**3)
    np.testing.assert_array_equal(plain[:, :4], curved[:, :4])
    assert (plain[:, 4:] != curved[:, 4:]).any()
    expected = 400 * norm.sf([1.0, 1.3, 1.6, 2.0])
    np.testing.assert_allclose(plain[:, :4].sum(0), expected, atol=1)


def test_equally_strong_peaks_count_the_same_and_if_all_are_none_is_strong():
    weights = peak_weights(np.array([5.0, 9, 9, 1, 9, 2, 3, 4, 1, 1, 1, 1]))
    assert (weights[[1, 2, 4]] == weights[1]).all() and weights[1].any()
    assert not peak_weights(np.full(50, 7.0)).any()
    assert not peak_weights(np.array([3.0])).any()


def test_peaks_of_one_height_have_no_strong_ones_among_them():
    """Rounding leaves them a spread of 1e-16, above which each could be an excess."""
    for height in (0.1, 0.7, 1e-9, 3e5):
        for count in (1, 7, 31, 1000):
            assert not peak_weights(np.full(count, height)).any()

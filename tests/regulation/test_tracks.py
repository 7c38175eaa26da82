import numpy as np
import pandas as pd
import pytest

from epidecouple.regulation.tracks import level, quantile_track, window


def peaks(*rows):
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "signal"])


LIST = peaks(("chr1", 100, 200, 5.0), ("chr1", 300, 400, 50.0), ("chr2", 0, 100, 7.0))


def test_a_peak_counts_by_its_quantile_in_its_file():
    loci = pd.DataFrame(
        {"chrom": ["chr1", "chr1", "chr2"], "start": [100, 300, 0], "end": [200, 400, 50]}
    )
    assert quantile_track(LIST).mean(loci) == pytest.approx([1 / 3, 1, 2 / 3])


def test_units_of_the_signal_do_not_matter():
    loci = pd.DataFrame({"chrom": ["chr1"] * 3, "start": [0, 150, 90], "end": [500, 350, 110]})
    scaled = LIST.assign(signal=np.exp(LIST.signal))
    assert np.array_equal(quantile_track(LIST).mean(loci), quantile_track(scaled).mean(loci))
    turned = LIST.assign(signal=-LIST.signal)
    assert not np.array_equal(quantile_track(LIST).mean(loci), quantile_track(turned).mean(loci))


def test_ties_share_their_quantile():
    track = quantile_track(LIST.assign(signal=1.0))
    loci = LIST[["chrom", "start", "end"]]
    assert track.mean(loci) == pytest.approx([2 / 3] * 3)


def test_an_integral_is_the_mean_times_the_width_and_0_for_nothing():
    track = quantile_track(LIST)
    loci = pd.DataFrame(
        {"chrom": ["chr1", "chr1", "chr9"], "start": [50, 150, 5], "end": [150, 150, 9]}
    )
    assert track.integral(loci) == pytest.approx([50 / 3, 0, 0])


def test_a_window_is_cut_at_the_start_of_the_chromosome():
    found = window(pd.Series(["chr1", "chr1"]), pd.Series([10, 1000]), 300)
    assert found.start.tolist() == [0, 850] and found.end.tolist() == [160, 1150]


def test_level_is_a_logarithm_of_the_mean_quantile():
    found = level(quantile_track(LIST), pd.Series(["chr1", "chr3"]), pd.Series([350, 350]), 100)
    assert found == pytest.approx([np.log(11), 0])

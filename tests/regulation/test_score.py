"""The parts of the score, each by hand on a chromosome of three candidates."""

import numpy as np
import pandas as pd
import pytest

from epidecouple.regulation.activity import LEAST, activity, log_activity
from epidecouple.regulation.between import TSS_BETWEEN, way_inputs, ways
from epidecouple.regulation.candidates import OnChromosome, all_peaks, candidates, merged_middles
from epidecouple.regulation.competition import log_competition
from epidecouple.regulation.contact import contact, log_contact
from epidecouple.regulation.resistance_of_way import WayResistance
from epidecouple.regulation.score import PARTS, parts
from epidecouple.regulation.tracks import quantile_track

TSS = 100_000
COMPETING = {"chr1": OnChromosome(np.array([50_000, 90_000, 160_000]), np.array([0.5, 0.2, 0.4]))}


def peaks(*rows):
    return pd.DataFrame(rows, columns=["chrom", "start", "end", "signal"])


def pairs(*middles, tss=TSS, chrom="chr1"):
    return pd.DataFrame({"chrom": chrom, "element_mid": list(middles), "tss": tss})


def test_contact_is_the_power_law_and_flat_below_5_kb():
    assert contact(np.array([10_000])) == pytest.approx(10_000**-1.024)
    assert np.ptp(contact(np.array([0, 100, -4_999, 5_000]))) == 0
    assert log_contact(np.array([-20_000])) == log_contact(np.array([20_000]))


def test_activity_is_the_geometric_mean_at_two_widths():
    tracks = {
        "DNase": quantile_track(peaks(("chr1", 1700, 2300, 1))),
        "H3K27ac": quantile_track(peaks(("chr1", 500, 1250, 1))),
    }
    found = activity(tracks, pd.Series(["chr1", "chr1"]), pd.Series([2000, 5000]))
    assert found == pytest.approx([np.sqrt(1.0 * 750 / 3000), 0])
    assert log_activity(found) == pytest.approx([0.5 * np.log(0.25), np.log(LEAST)])


def test_close_peaks_are_one_candidate():
    table = peaks(
        ("chr1", 0, 100, 1),
        ("chr1", 200, 300, 1),
        ("chr1", 400, 500, 1),
        ("chr1", 900, 910, 1),
        ("chr2", 0, 100, 1),
    )
    found = merged_middles(table)
    assert found.chrom.tolist() == ["chr1", "chr1", "chr2"]
    assert found.middle.tolist() == [250, 905, 50], "a run is replaced by its median"


def test_the_weakest_peaks_are_no_candidates(monkeypatch):
    monkeypatch.setattr("epidecouple.regulation.candidates.STRONGEST", 2)
    table = peaks(("chr1", 0, 100, 5), ("chr1", 5000, 5100, 1), ("chr2", 0, 100, 9))
    track = quantile_track(table)
    found = candidates({"DNase": track, "H3K27ac": track}, all_peaks(track))
    assert {chrom: on.middle.tolist() for chrom, on in found.items()} == {
        "chr1": [50],
        "chr2": [50],
    }


def test_competition_is_the_sum_over_all_candidates_with_the_element_in_place_of_itself():
    own = np.array([0.3, 0.3])
    found = log_competition(pairs(50_400, 70_000), own, COMPETING)
    far, near, beyond = 0.5 * contact(50_000), 0.2 * contact(10_000), 0.4 * contact(60_000)
    replaced = 0.3 * contact(49_600) + near + beyond
    added = 0.3 * contact(30_000) + far + near + beyond
    assert np.exp(found) == pytest.approx([replaced, added])


def test_candidates_out_of_reach_do_not_compete(monkeypatch):
    monkeypatch.setattr("epidecouple.regulation.competition.REACH_BP", 20_000)
    found = log_competition(pairs(100_000), np.array([0.1]), COMPETING)
    assert np.exp(found) == pytest.approx([0.1 * contact(0) + 0.2 * contact(10_000)])


def test_without_a_candidate_an_element_competes_with_itself_alone():
    own = np.array([0.0])
    alone = log_competition(pairs(30_000, chrom="chr9"), own, COMPETING)
    assert alone == pytest.approx(np.log(LEAST) + log_contact(np.array([70_000])))


def test_a_way_leaves_the_ends_out_and_may_be_empty():
    found = ways(pairs(90_000, 110_000, 99_000))
    assert found.start.tolist() == [91_500, 101_500, 100_500]
    assert found.end.tolist() == [98_500, 108_500, 100_500]


def test_inputs_of_the_way_are_integrals_and_counts():
    tracks = {"CTCF": quantile_track(peaks(("chr1", 94_000, 94_600, 1)))}
    tss = {"chr1": np.array([91_400, 93_000, 95_000, TSS])}
    found = way_inputs(pairs(90_000, 110_000), tracks, ["CTCF"], tss)
    assert found.CTCF.to_numpy() == pytest.approx([np.log1p(600 / 300), 0])
    assert found[TSS_BETWEEN].to_numpy() == pytest.approx([np.log1p(2), 0])


def test_a_longer_way_with_the_same_peak_resists_as_much():
    """A mean over the way would fall with its length."""
    tracks = {"CTCF": quantile_track(peaks(("chr1", 94_000, 94_600, 1)))}
    found = way_inputs(pairs(90_000, 10_000), tracks, ["CTCF"], {})
    assert found.CTCF.nunique() == 1


@pytest.fixture
def scored():
    track = quantile_track(peaks(("chr1", 89_500, 90_500, 1), ("chr1", 94_000, 94_600, 2)))
    tracks = {"DNase": track, "H3K27ac": track, "CTCF": track}
    resistance = WayResistance(["CTCF", TSS_BETWEEN], [0.5, 0.0], [2.0, 1.0], [-0.7, -0.4], ["B"])
    tss = {"chr1": np.array([95_000, TSS])}
    return parts(pairs(90_000, 99_000), tracks, COMPETING, tss, resistance)


def test_the_logit_is_the_signed_sum_of_its_parts(scored):
    signed = scored.potential + scored.activity - scored.competition - scored.resistance_of_way
    assert list(scored) == [*PARTS, "logit"]
    assert scored.logit.to_numpy() == pytest.approx(signed.to_numpy())


def test_marks_and_tss_on_the_way_raise_its_resistance_where_their_weight_is_negative(scored):
    first, empty = scored.resistance_of_way
    standard = (np.log1p(600 / 300) - 0.5) / 2
    assert first == pytest.approx(0.7 * standard + 0.4 * np.log(2))
    assert empty == pytest.approx(-0.7 * 0.25), "an empty way: below the mean of the pairs"


def test_without_the_way_the_score_is_the_logarithm_of_a_share(scored):
    share = np.exp(scored.potential + scored.activity - scored.competition)
    assert ((share > 0) & (share <= 1)).all()

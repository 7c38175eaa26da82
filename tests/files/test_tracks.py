import numpy as np
import pandas as pd
import pytest

from epidecouple.files.tracks import bedpe, browser_score, interact, write_bedpe, write_interact
from track_rules import parse_interact


def predictions() -> pd.DataFrame:
    """Three pairs, one of them upstream and one nested, in two lines; one row without a score,
    before the others.
    """
    rows = [
        ("chr1", "x", "900", "chr1", "10", "20", "LineA", np.nan, "enhancer_start is 'x'"),
        ("chr1", "5000", "5300", "chr1", "900", "1400", "LineA", 0.25, ""),
        ("chr2", "100", "400", "chr2", "4000", "5000", "LineB", 1.0, ""),
        ("chr1", "100", "900", "chr1", "200", "300", "LineA", 0.0004, ""),
    ]
    places = [
        f"{end}_{part}" for end in ("enhancer", "promoter") for part in ("chrom", "start", "end")
    ]
    table = pd.DataFrame(rows, columns=[*places, "cell_line", "probability", "reason"])
    return table.assign(row=range(2, 6), U_I=1.5, R_E=-0.25, logit=[np.nan, -1.5, 12.25, -7.0])


def test_interact_loads_in_a_strict_parser(tmp_path):
    write_interact(predictions(), tmp_path / "x.interact")
    tracks = parse_interact((tmp_path / "x.interact").read_text())
    assert list(tracks) == ["LineA", "LineB"] and [len(rows) for rows in tracks.values()] == [2, 1]
    nested, upstream = tracks["LineA"]
    assert (
        upstream["chromStart"],
        upstream["chromEnd"],
        upstream["sourceStart"],
        upstream["targetStart"],
    ) == (900, 5300, 5000, 900)
    assert (nested["chromStart"], nested["chromEnd"], nested["name"], nested["score"]) == (
        100,
        900,
        "LineA:5",
        0,
    )
    assert (upstream["score"], upstream["value"], upstream["exp"]) == (
        250,
        -1.5,
        "LineA",
    ) and tracks["LineB"][0]["score"] == 1000


@pytest.mark.parametrize("spoilt", ["\t1001\t", "\t-1\t", "\tx\t"])
def test_the_parser_is_strict(tmp_path, spoilt):
    write_interact(predictions(), tmp_path / "x.interact")
    text = (tmp_path / "x.interact").read_text()
    with pytest.raises(AssertionError):
        parse_interact(text.replace("\t250\t", spoilt))


def test_interact_is_sorted_by_position_within_a_line():
    table = interact(predictions())
    assert table[table.exp == "LineA"].chromStart.tolist() == [100, 900]


def test_bedpe_keeps_the_order_of_the_pairs_and_their_ends(tmp_path):
    write_bedpe(predictions(), tmp_path / "x.bedpe")
    head, *lines = (tmp_path / "x.bedpe").read_text().splitlines()
    assert head.startswith(
        "#chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tname\tscore\tstrand1\tstrand2\t"
    )
    assert [line.split("\t")[:10] for line in lines] == [
        ["chr1", "5000", "5300", "chr1", "900", "1400", "LineA:3", "250", ".", "."],
        ["chr2", "100", "400", "chr2", "4000", "5000", "LineB:4", "1000", ".", "."],
        ["chr1", "100", "900", "chr1", "200", "300", "LineA:5", "0", ".", "."],
    ]
    assert bedpe(predictions())[["U_I", "R_E"]].drop_duplicates().to_numpy().tolist() == [
        [1.5, -0.25]
    ]


def test_nothing_scored_gives_empty_tracks(tmp_path):
    none = predictions().head(1)
    write_bedpe(none, tmp_path / "x.bedpe")
    write_interact(none, tmp_path / "x.interact")
    assert (tmp_path / "x.bedpe").read_text().count("\n") == 1 and (
        tmp_path / "x.interact"
    ).read_text() == ""


def test_score_is_probability_in_thousandths():
    assert browser_score(pd.Series([0, 0.0006, 0.4994, 1])).tolist() == [0, 1, 499, 1000]

import numpy as np
import pandas as pd
import pytest

from epidecouple.files.tracks import (
    TRACKS,
    bedpe,
    browser_score,
    finished,
    interact,
    ranked,
    write_tracks,
)
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


def tracks_of(folder, *blocks):
    """Text of both tracks; nothing else is left in the folder."""
    write_tracks(blocks, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(TRACKS)
    return tuple((folder / name).read_text() for name in TRACKS)


def test_interact_loads_in_a_strict_parser(tmp_path):
    tracks = parse_interact(tracks_of(tmp_path, predictions())[1])
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
    _, text = tracks_of(tmp_path, predictions())
    with pytest.raises(AssertionError):
        parse_interact(text.replace("\t250\t", spoilt))


def test_interact_is_sorted_by_position_within_a_line():
    table = interact(predictions())
    assert table[table.exp == "LineA"].chromStart.tolist() == [100, 900]


def test_bedpe_keeps_the_order_of_the_pairs_and_their_ends(tmp_path):
    head, *lines = tracks_of(tmp_path, predictions())[0].splitlines()
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
    of_pairs, of_lines = tracks_of(tmp_path, none)
    assert of_pairs.count("\n") == 1 and of_lines == ""


def test_score_is_probability_in_thousandths():
    assert browser_score(pd.Series([0, 0.0006, 0.4994, 1])).tolist() == [0, 1, 499, 1000]


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_blocks_make_the_tracks_of_the_whole_table(tmp_path, monkeypatch, rows):
    """Few places, so that rows of several blocks and lines stand at the same one: the sort is
    stable, and the lines come by their first row.
    """
    monkeypatch.setattr("epidecouple.files.tracks.MOST_FILES", 3)
    rng = np.random.default_rng(5)
    whole = pd.concat([predictions()] * 25, ignore_index=True)
    order = rng.permutation(len(whole))
    whole = whole.iloc[order].assign(row=range(len(whole)), logit=rng.normal(size=len(whole)))
    expected = tracks_of(tmp_path, whole)
    blocks = [whole.iloc[at : at + rows] for at in range(0, len(whole), rows)]
    assert tracks_of(tmp_path, *(block.reset_index(drop=True) for block in blocks)) == expected
    by_position = interact(whole)
    lines = [line.split("\t") for line in expected[1].splitlines() if line[:5] != "track"]
    assert len(lines) == len(by_position) > 60
    names = [name for _, own in by_position.groupby("exp", sort=False) for name in own.name]
    assert [line[3] for line in lines] == names


def test_ranks_of_blocks_are_those_of_the_whole_table(tmp_path):
    whole = pd.DataFrame({"logit": np.random.default_rng(2).integers(0, 20, 90) / 7})
    blocks = [whole[:1], whole[1:60], whole[60:60], whole[60:]]
    found = pd.concat(ranked(blocks, tmp_path))
    assert found.probability.tolist() == whole.logit.rank(pct=True).tolist()
    assert list(tmp_path.iterdir()) == []


def test_what_fails_on_the_way_leaves_all_that_was_there(tmp_path):
    """Also a generator that still waits for its next block, and predictions of a table that is
    called like the folder in which files wait.
    """
    there = [tmp_path / "my" / "predictions.tsv", tmp_path / "my.unfinished" / "predictions.tsv"]
    for path in there:
        path.parent.mkdir()
        path.write_text("of an earlier call")
    with pytest.raises(OSError, match="disk"), finished(tmp_path / "my") as place:
        waiting = ranked([pd.DataFrame({"logit": [1.0]})] * 2, place)
        next(waiting)
        raise OSError("the disk is full")
    waiting.close()
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == there
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my", "my.unfinished"]

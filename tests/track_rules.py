"""UCSC's rules of interact tracks, read strictly."""

import re

from epidecouple.files.tracks import INTERACT_COLUMNS

COLOUR = re.compile(r"0|#[0-9A-Fa-f]{6}|\d{1,3},\d{1,3},\d{1,3}|[a-z]+")


SIZES = {"chr1": 10_000, "chr2": 5_000}


def unsigned(text: str) -> int:
    assert re.fullmatch(r"\d+", text), text
    return int(text)


def parse_interact(text: str) -> dict[str, list[dict]]:
    """Tracks by name, read as strictly as the format's definition: bed5+13, types, ranges, regions
    that hold both ends.
    """
    tracks, rows = {}, None
    for line in text.splitlines():
        if line.startswith("track "):
            settings = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', line))
            assert settings["type"] == "interact"
            rows = tracks.setdefault(settings["name"].strip('"'), [])
            continue
        fields = line.split("\t")
        assert len(fields) == 18 and not any(" " in field or field == "" for field in fields), line
        row = dict(zip(INTERACT_COLUMNS, fields, strict=True))
        for name in (
            "chromStart",
            "chromEnd",
            "score",
            "sourceStart",
            "sourceEnd",
            "targetStart",
            "targetEnd",
        ):
            row[name] = unsigned(row[name])
        row["value"] = float(row["value"])
        assert 0 <= row["score"] <= 1000 and COLOUR.fullmatch(row["color"])
        assert row["chrom"] == row["sourceChrom"] == row["targetChrom"]
        for end in ("source", "target"):
            assert (
                row["chromStart"]
                <= row[f"{end}Start"]
                < row[f"{end}End"]
                <= row["chromEnd"]
                <= SIZES[row["chrom"]]
            )
            assert row[f"{end}Strand"] in ("+", "-", ".")
        assert row["chromStart"] in (row["sourceStart"], row["targetStart"]) and row[
            "chromEnd"
        ] in (row["sourceEnd"], row["targetEnd"])
        rows.append(row)
    return tracks

import re

import pandas as pd

from epidecouple.report.figures.motifs import BASE_COLOURS
from epidecouple.stages.figure import draw


def test_logos_draw_every_known_base_in_its_colour_and_no_n(tmp_path):
    rows = [
        (seqlet, motif, at, base, height)
        for seqlet, motif in ((0, 0), (1, 1), (2, 0))
        for at, (base, height) in enumerate(zip("ACNGT", (0.3, -0.2, 0.1, 0.4, 0.2), strict=True))
    ]
    columns = ["seqlet", "motif", "position", "base", "contribution"]
    table = tmp_path / "bases.tsv"
    pd.DataFrame(rows, columns=columns).to_csv(table, sep="\t", index=False)
    draw("logos", table, tmp_path / "logos.svg")
    svg = (tmp_path / "logos.svg").read_text()
    for colour in BASE_COLOURS.values():
        assert len(re.findall(f"fill: {colour.lower()}", svg)) == 2
    assert "2 of 3 stretches" in svg and "1 of 3 stretches" in svg and svg.count("logit") >= 1

import re

import pandas as pd

from epidecouple.evaluation.loop_benchmark import COLUMNS
from epidecouple.evaluation.scores import ALL_LINES, Kind
from epidecouple.report.figures.evaluation import KIND_COLOURS
from epidecouple.report.figures.style import COLOURS
from epidecouple.stages.figure import draw


def test_the_loop_panels_nulls_are_crosses_and_its_centred_figures_hollow(tmp_path):
    arms = [("R", Kind.OF_R), ("gradient boosting", Kind.TRAINED), ("a null", Kind.NULL)]
    rows = [
        (ALL_LINES, name, kind.value, *(len(COLUMNS) - 4) * [0.5 + 0.1 * k], "no")
        for k, (name, kind) in enumerate(arms)
    ]
    rows.append(("A", "R", Kind.OF_R.value, *(len(COLUMNS) - 4) * [0.1], ""))
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.loc[2, ["null", "null_centred"]] = None
    table.to_csv(tmp_path / "arms.tsv", sep="\t", index=False)
    draw("loops", tmp_path / "arms.tsv", tmp_path / "arms.svg")
    svg = (tmp_path / "arms.svg").read_text().lower()
    assert svg.count("fill-opacity: 0") >= 3, "a hollow mark for each arm in all lines"
    assert len(re.findall(f"fill: {COLOURS[0].lower()}; stroke", svg)) == 1, "r in all lines only"
    assert f"stroke: {KIND_COLOURS[Kind.NULL].lower()}" in svg


def test_every_stratum_is_shown_with_every_arm(tmp_path):
    rows = [
        (stratum, group, 10, arm, 0.7, 0.6, 0.8)
        for stratum, group in (("distance", "near"), ("distance", "far"), ("lines", "one"))
        for arm in ("gradient boosting", "R")
    ]
    columns = ["stratum", "group", "comparisons", "arm", "auc", "lower", "upper"]
    table = pd.DataFrame(rows, columns=columns)
    table.to_csv(tmp_path / "strata.tsv", sep="\t", index=False)
    draw("loop_strata", tmp_path / "strata.tsv", tmp_path / "strata.svg")
    svg = (tmp_path / "strata.svg").read_text()
    assert all(text in svg for text in ("distance: near", "distance: far", "lines: one"))
    colour = f"fill: {COLOURS[0].lower()}; stroke"
    assert len(re.findall(colour, svg.lower())) == 4, "R in three strata and in the legend"

import re

import pandas as pd

from epidecouple.evaluation.resistance_benchmark import COLUMNS
from epidecouple.evaluation.scores import ALL_LINES, Kind
from epidecouple.report.figures.evaluation import KIND_COLOURS
from epidecouple.report.figures.style import COLOURS
from epidecouple.stages.figure import draw


def test_every_kind_of_arm_has_a_colour():
    assert set(KIND_COLOURS) == set(Kind)


def test_r_is_blue_and_every_other_arm_has_the_colour_of_its_kind(tmp_path):
    """Whatever an arm is called."""
    arms = [("R", Kind.OF_R), ("averaged", Kind.OF_R), ("R, a rival", Kind.TRAINED)]
    rows = [
        (ALL_LINES, name, kind.value, *(len(COLUMNS) - 3) * [0.1 * k])
        for k, (name, kind) in enumerate(arms)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.to_csv(tmp_path / "arms.tsv", sep="\t", index=False)
    draw("resistance", tmp_path / "arms.tsv", tmp_path / "arms.svg")
    svg = (tmp_path / "arms.svg").read_text().lower()
    for colour in (COLOURS[0], KIND_COLOURS[Kind.OF_R], KIND_COLOURS[Kind.TRAINED]):
        assert len(re.findall(f"fill: {colour.lower()}; stroke", svg)) >= 2, "one per side"

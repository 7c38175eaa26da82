import re

import pandas as pd
import pytest

from epidecouple.decoupling.probe_runner import Topic, information_table, start_probes
from epidecouple.stages.figure import draw
from toy_probes import CONFIG, question


def drawn(tmp_path, name, table):
    """The SVG of a figure from its table."""
    table.to_csv(tmp_path / "table.tsv", sep="\t", index=False)
    draw(name, tmp_path / "table.tsv", tmp_path / "figure.svg")
    return (tmp_path / "figure.svg").read_text()


def history(watched):
    table = pd.DataFrame(
        {
            "phase": ["resistance"] * 3 + ["potential"] * 2,
            "epoch": [0, 1, 2, 0, 1],
            "train_loss": [None, 2, 1, None, 3],
        }
    )
    table["validation_loss"], table["validation_aupr"], table["train_aupr"] = (
        [3, 2, 1, None, None],
        [None] * 3 + [0.2, 0.4],
        [None] * 3 + [0.2, 0.5],
    )
    return table.assign(z_line=0.02, e_line=0.2, z_e=0.01) if watched else table


@pytest.mark.parametrize("watched", [False, True])
def test_phases_stand_side_by_side_and_trajectories_below_where_they_were_watched(
    tmp_path, watched
):
    svg = drawn(tmp_path, "learning_curve", history(watched))
    assert len(re.findall(r'id="axes_\d+"', svg)) == (4 if watched else 2)
    assert ("line read from z" in svg) == ("dotted: before training" in svg) == watched
    assert svg.count("kept: epoch") == 2


def test_the_information_figure_names_what_was_probed_on_each_table(tmp_path):
    panel = Topic("e raw", "panel", "linear", "line")
    of_label = Topic("z", "natural", "linear", "line", condition="label")
    questions = [
        question(permutations=0),
        question("boosted", 0),
        question(permutations=0, topic=panel, name="panel"),
        question(permutations=0, topic=of_label, name="given label"),
    ]
    svg = drawn(
        tmp_path, "information", information_table(start_probes(questions, CONFIG, 0)(), CONFIG, 0)
    )
    assert all(
        text in svg
        for text in (
            "published table",
            "crossed panel",
            "untrained encoder",
            "How much does each tell about the cell line?",
            "= 1.58 bits",
        )
    )
    assert "6-mers" not in svg, "only what was probed"

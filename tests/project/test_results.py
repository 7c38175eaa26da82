"""The table of docs/method.md comes from runs: mean over seeds and spread, to two digits."""

import json

import pytest
from results import BLOCK, LINES, table


@pytest.fixture
def runs(tmp_path):
    """Two runs whose metrics are all 0.25 and all 0.75."""
    stages = {line.stage for line in LINES}
    stages |= {stage for line in LINES for stage, _ in line.beside.values()}
    wanted = {(line.stage, line.metric) for line in LINES}
    wanted |= {where for line in LINES for where in line.beside.values()}
    for name, value in (("one", 0.25), ("two", 0.75)):
        for stage in stages:
            path = tmp_path / name / stage / "metrics.json"
            path.parent.mkdir(parents=True)
            metrics = {metric: value for of, metric in wanted if of == stage}
            path.write_text(json.dumps({"stage": stage, "metrics": metrics}))
    return [tmp_path / "one", tmp_path / "two"]


def test_a_row_has_mean_and_spread_and_what_to_compare_with(runs):
    rows = table(runs).splitlines()[2:]
    assert len(rows) == len(LINES)
    assert rows[0].startswith("| AUPR, lines never seen | **0.50 ± 0.35** | true R and")
    assert "base rate 0.50 ± 0.35" in rows[0]


def test_one_run_has_no_spread(runs):
    assert "±" not in table(runs[:1])


def test_only_the_block_is_replaced():
    text = "before\n<!-- results -->\nold\n<!-- /results -->\nafter"
    assert BLOCK.sub(lambda found: f"{found[1]}new\n{found[2]}", text) == (
        "before\n<!-- results -->\nnew\n<!-- /results -->\nafter"
    )

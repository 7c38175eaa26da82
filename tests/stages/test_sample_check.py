"""The check of samples in a run: what it writes, and that a world under right names passes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bad_inputs import fitting_files

from epidecouple.core.gates import judge, rows_of, values_of
from epidecouple.core.provenance import read_metrics
from epidecouple.samples.checking import CHECKS
from epidecouple.samples.tiles import TILE_BP
from toy import run_main, toy_values

LINES, MARKS, TILES = ["A", "B", "C", "D"], ["m1", "m2", "m3"], 1_500
SAMPLE_ROWS = [row for row in rows_of("download", {}) if row["metric"].startswith("sample_")]


def checked(root: Path, values: dict, folder: Path) -> tuple[pd.DataFrame, dict]:
    out = {"table": folder / "samples.tsv", "metrics": folder / "metrics.json"}
    run_main("sample_check", root, values | {"thresholds": values_of(CHECKS, {})}, **out)
    table = pd.read_csv(out["table"], sep="\t", keep_default_na=False)
    return table, read_metrics(out["metrics"])


def test_a_simulated_world_has_a_peak_of_every_mark_at_every_locus(toy_world, tmp_path):
    """So presence tells nothing there, and the check says so."""
    table, metrics = checked(toy_world.root, toy_world.values, tmp_path)
    assert metrics["samples"] == len(table) > 0
    assert metrics["samples_comparable"] == metrics["samples_with_line"] == 0
    assert "sample_line" not in metrics and (table.doubts == "").all()
    outcomes = {check.outcome for check in judge(SAMPLE_ROWS, metrics)}
    assert outcomes == {"not applicable"}


@pytest.fixture
def own_lines(tmp_path):
    """Peak files of four lines and three marks on a genome of their own."""
    rng = np.random.default_rng(1)
    likes = {mark: rng.normal(0, 1.5, TILES) for mark in MARKS}
    files = {}
    for line in LINES:
        openness = rng.normal(0, 1.5, TILES)
        for mark in MARKS:
            reached = np.flatnonzero(openness + likes[mark] + rng.normal(0, 1, TILES) > 1)
            path = tmp_path / f"{line}.{mark}.bed"
            rows = (f"chr1\t{TILE_BP * tile + 7}\t{TILE_BP * tile + 90}\n" for tile in reached)
            path.write_text("".join(rows))
            files[line, mark] = path
    return files


def configured(own_lines, root):
    """A configuration of these files; the check reads peaks alone."""
    fitting_files(root, {})
    of_line = {
        line: {"pairs": "pairsA", "loops": "loopsA"}
        | {"peaks": {mark: str(own_lines[line, mark]) for mark in MARKS}}
        for line in LINES
    }
    return toy_values(
        cell_lines=LINES,
        held_out_lines=[],
        marks=MARKS,
        subset={"lines": 2},
        dataset={"kind": "files", "genome": "genome", "files": of_line},
    )


def test_files_of_two_lines_that_were_exchanged_are_named_in_the_table(own_lines, tmp_path):
    table, metrics = checked(tmp_path, configured(own_lines, tmp_path), tmp_path)
    assert metrics["samples_in_doubt"] == 0 and metrics["samples_with_line"] == 12
    own_lines["A", "m1"], own_lines["B", "m1"] = own_lines["B", "m1"], own_lines["A", "m1"]
    table, metrics = checked(tmp_path, configured(own_lines, tmp_path), tmp_path)
    found = table[table.doubts != ""].set_index("line").doubts
    assert metrics["samples_in_doubt"] == 2
    assert "m1 of A: looks like B (" in found["A"] and "m1 of B: looks like A (" in found["B"]
    judged = {check.metric: check.outcome for check in judge(SAMPLE_ROWS, metrics)}
    assert judged["sample_line"] == "noted" and judged["sample_copy"] == "passed"

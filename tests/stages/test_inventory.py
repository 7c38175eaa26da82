"""The first stage that opens the input: bad files end a run here, by their names."""

from pathlib import Path

import pandas as pd
import pytest

from epidecouple.core.provenance import read_metrics
from epidecouple.stages.resistance_files import require_known
from toy import refusal, run_main, says, toy_values

NAMES = ("genome", "pairsA", "pairsB", "loopsA", "loopsB", "peaksA", "peaksB", "motifs")


def take(root: Path, values: dict) -> Path:
    out = {"inventory": root / "out.tsv", "metrics": root / "out.json"}
    run_main("inventory", root, values, **out)
    return out["metrics"]


def test_a_simulated_world_passes(toy_world, tmp_path):
    out = {"inventory": tmp_path / "out.tsv", "metrics": tmp_path / "out.json"}
    run_main("inventory", toy_world.root, toy_world.values, **out)
    assert read_metrics(out["metrics"])["files_missing"] == 0


@pytest.fixture
def own(tmp_path):
    """A configuration of the user's own files, which fit together."""
    from bad_inputs import FOLDS, fitting_files

    fitting_files(tmp_path, {})
    files = {
        line: {
            "pairs": f"pairs{line}",
            "loops": f"loops{line}",
            "peaks": {"DNase": f"peaks{line}"},
        }
        for line in "AB"
    }
    return toy_values(
        cell_lines=["A", "B"],
        held_out_lines=[],
        marks=["DNase"],
        subset={"lines": 2},
        dataset={"kind": "files", "genome": "genome", "motifs": "motifs", "files": files},
        splits={"folds": FOLDS, "test_fold": 0, "validation_fold": 1},
    )


def test_files_that_fit_together_pass(own, tmp_path):
    assert read_metrics(take(tmp_path, own))["files"] == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_without_a_byte_is_named(own, tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    message = refusal(take, tmp_path, own)
    says(message, f"{name}:")
    assert "mirror" not in message


def test_loci_ask_for_neither_genome_nor_motifs_and_for_every_other_file(own, tmp_path):
    (tmp_path / "genome").write_bytes(b"")
    (tmp_path / "motifs").write_bytes(b"")
    run_main("resistance_files", tmp_path, own, inventory=tmp_path / "out.tsv")
    listed = {Path(path).name for path in pd.read_csv(tmp_path / "out.tsv", sep="\t").path}
    assert listed == {*NAMES} - {"genome", "motifs"}
    (tmp_path / "peaksB").write_bytes(b"")
    message = refusal(run_main, "resistance_files", tmp_path, own, inventory=tmp_path / "2.tsv")
    says(message, "peaksB: this peak file is empty")
    assert not (tmp_path / "2.tsv").exists()


def test_a_file_that_the_manifest_knows_otherwise_is_refused():
    table = pd.DataFrame({"path": ["a", "b", "c"], "checksum_ok": [True, None, False]})
    says(refusal(require_known, table), "c: this file is not the one")
    require_known(table[:2])

import json

import pytest
import yaml

from epidecouple.core.config import Config, key_line, load_schema, validated
from toy import ROOT, refusal, says, toy_config, toy_values, written

BASE = """run: mine
dataset:
  kind: simulated
cell_lines: [A, B, C]
held_out_lines: [D]
marks: [CTCF]
"""


def refused(tmp_path, text: str) -> str:
    """Why a configuration file with this text after `BASE` is refused."""
    path = written(tmp_path / "mine.yaml", BASE + text)
    return refusal(
        validated, yaml.safe_load(path.read_text()), [ROOT / "config" / "config.yaml", path]
    )


@pytest.mark.parametrize("name", ["config", "blocks", "targetfinder"])
def test_shipped_configurations_are_valid(name):
    values = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    config = Config.from_dict(validated(values))
    assert config.marks == values["marks"]
    assert config.all_lines == values["cell_lines"] + values.get("held_out_lines", [])


def test_unknown_key_is_named_with_its_line_and_the_known_keys(tmp_path):
    says(
        refused(tmp_path, "windows:\n  bins: 8\n  sequence_bpp: 100\n"),
        "mine.yaml:9: ",
        "'windows.sequence_bpp'",
        "sequence_bp,",
    )


def test_unknown_key_at_the_top(tmp_path):
    says(refused(tmp_path, "sede: 3\n"), "mine.yaml:7: ", "'sede'", "seed")


def test_wrong_type_is_named_with_its_line(tmp_path):
    says(refused(tmp_path, "\nseed: many\n"), "mine.yaml:8: ", "'seed'", "'many'", "integer")


def test_value_out_of_range(tmp_path):
    says(
        refused(tmp_path, "splits:\n  test_fold: -1\n"),
        "mine.yaml:8: ",
        "'splits.test_fold'",
        "-1",
        "minimum",
    )


def test_missing_key():
    says(
        refusal(validated, {"run": "x", "dataset": {"kind": "simulated"}, "marks": ["CTCF"]}),
        "'cell_lines'",
    )


def test_chromosome_in_two_folds(tmp_path):
    text = "splits:\n  test_fold: 0\n  folds: [[chr1], [chr2, chr1], [chr3]]\n"
    says(refused(tmp_path, text), "mine.yaml:9: ", "chromosome chr1", "one fold")


@pytest.mark.parametrize(("test", "validation"), [(1, 1), (5, 0), (0, 5)])
def test_folds_that_do_not_exist_or_coincide(tmp_path, test, validation):
    text = f"splits:\n  test_fold: {test}\n  validation_fold: {validation}\n"
    says(
        refused(tmp_path, text),
        "mine.yaml:7: ",
        f"test_fold {test}",
        f"validation_fold {validation}",
    )


def test_cell_line_in_both_roles(tmp_path):
    path = written(tmp_path / "mine.yaml", BASE.replace("[D]", "[D, B]"))
    says(
        refusal(validated, yaml.safe_load(path.read_text()), [path]), "mine.yaml:5: ", "cell line B"
    )


def test_cell_line_listed_twice_in_one_role(tmp_path):
    path = written(tmp_path / "mine.yaml", BASE.replace("[A, B, C]", "[A, B, A]"))
    says(
        refusal(validated, yaml.safe_load(path.read_text()), [path]), "mine.yaml:4: ", "cell line A"
    )


def test_the_last_file_that_has_the_key_is_named(tmp_path):
    first = written(tmp_path / "first.yaml", BASE + "seed: x\n")
    last = written(tmp_path / "last.yaml", "run: other\n")
    says(refusal(validated, yaml.safe_load(first.read_text()), [first, last]), "first.yaml:7: ")


def test_every_default_reaches_the_record_and_values_are_not_changed():
    values = {
        "run": "x",
        "dataset": {"kind": "simulated"},
        "cell_lines": ["A", "B", "C"],
        "marks": ["CTCF"],
    }
    config = Config.from_dict(validated(values))
    properties = load_schema()["properties"]
    for section in (
        "simulation",
        "windows",
        "reference",
        "splits",
        "model",
        "resistance",
        "potential",
        "subset",
        "diagnose",
    ):
        for key, part in properties[section]["properties"].items():
            assert getattr(getattr(config, section), key) == part["default"]
    assert set(values) == {"run", "dataset", "cell_lines", "marks"} and values["dataset"] == {
        "kind": "simulated"
    }


def test_defaults_are_copies():
    validated(toy_values())["splits"]["folds"][0].append("chrZ")
    assert "chrZ" not in toy_values()["splits"]["folds"][0]


def test_from_json_takes_the_sections_a_stage_may_see():
    windows = {
        "sequence_bp": 10,
        "signal_bp": 20,
        "bins": 3,
        "bin_bp": 9,
        "scales": [],
        "signal": "ranks",
    }
    config = Config.from_json(json.dumps({"run": "x", "windows": windows}))
    assert (config.run, config.windows.bins, config.model) == ("x", 3, None)


def test_records_are_frozen():
    with pytest.raises(AttributeError):
        toy_config().seed = 2


def test_key_line_finds_the_deepest_key(tmp_path):
    path = written(tmp_path / "a.yaml", "# comment\na:\n  b:\n    c: 1\nd: [1]\n")
    assert key_line(path, ["a", "b", "c"]) == 4
    assert key_line(path, ["a", "b", "x"]) == 3
    assert key_line(path, ["d", "0"]) == 5
    assert key_line(path, ["x"]) is None

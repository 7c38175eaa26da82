import copy
import json

import pytest
import yaml
from pydantic import ValidationError

from epidecouple.core.config import Config, is_section, read_config, validated
from epidecouple.core.errors import key_line
from toy import ROOT, refusal, says, toy_config, toy_values, written

LEAST = {
    "run": "x",
    "dataset": {"kind": "simulated"},
    "cell_lines": ["A", "B", "C"],
    "marks": ["CTCF"],
}
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
        "-1 should be greater than or equal to 0",
    )


def test_missing_key():
    says(
        refusal(validated, {"run": "x", "dataset": {"kind": "simulated"}, "marks": ["CTCF"]}),
        "config: missing key 'cell_lines'",
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


def sections() -> dict[str, type]:
    """The sections of the configuration that need not be there."""
    fields = Config.model_fields
    return {
        name: field.default
        for name, field in fields.items()
        if is_section(field.annotation) and not field.is_required()
    }


def test_every_default_reaches_the_record_and_values_are_not_changed():
    values = copy.deepcopy(LEAST)
    filled = validated(values)
    assert values == LEAST
    assert {name: filled[name] for name in sections()} == {
        name: default.model_dump() for name, default in sections().items()
    }
    assert set(filled) == set(Config.model_fields) and None not in filled.values()


@pytest.mark.parametrize("stage", ["resistance", "potential", "fine_tuning"])
def test_every_stage_of_training_keeps_its_own_defaults_beside_a_key_that_is_set(stage):
    default = sections()[stage].model_dump()
    assert validated(LEAST | {stage: {"epochs": 99}})[stage] == default | {"epochs": 99}


def test_defaults_are_within_their_bounds_and_every_key_has_a_meaning():
    for name, default in sections().items():
        assert type(default).model_validate(default.model_dump()) == default, name
        assert all(field.description for field in type(default).model_fields.values()), name


def test_numbers_stay_as_they_are_written():
    """Rules compare the text that a stage is called with."""
    for text in ("1", "1.0", "0.5"):
        model = validated(LEAST | {"objective": {"orthogonality": json.loads(text)}})["objective"]
        assert json.dumps(model["orthogonality"]) == text


@pytest.mark.parametrize(
    ("section", "text", "value"),
    [
        ("subset", {"epochs": "2"}, {"epochs": 2}),
        ("model", {"dropout": "0.25"}, {"dropout": 0.25}),
        ("potential", {"learning_rate": "1e-3"}, {"learning_rate": 0.001}),
        ("objective", {"orthogonality": "1"}, {"orthogonality": 1}),
        ("model", {"leace": "true"}, {"leace": True}),
        ("model", {"leace": "false"}, {"leace": False}),
        ("windows", {"scales": ["4000", "8000"]}, {"scales": [4000, 8000]}),
        ("crossfit", {"shares": ["0.1", "5e-1"]}, {"shares": [0.1, 0.5]}),
        ("dataset", {"kind": "files", "genome": "007"}, {"kind": "files", "genome": "007"}),
        ("dataset", {"kind": "files", "genome": "null"}, {"kind": "files", "genome": "null"}),
        ("comparison", {"arms": {"a": "1"}}, {"arms": {"a": "1"}}),
        (
            "thresholds",
            {"fit.x": {"value": "0.5", "why": "a small set"}},
            {"fit.x": {"value": 0.5, "why": "a small set"}},
        ),
    ],
)
def test_text_is_read_as_what_the_key_asks_for(section, text, value):
    """Snakemake hands on what stands inside a section on the command line as text."""
    expected = validated(LEAST | {section: value})[section]
    assert json.dumps(validated(LEAST | {section: text})[section]) == json.dumps(expected)
    assert all(expected[key] == value[key] for key in value)


@pytest.mark.parametrize(
    ("section", "key", "value", "parts"),
    [
        ("subset", "epochs", "many", ["'many' should be a valid integer"]),
        ("subset", "epochs", "2.5", ["2.5 should be a valid integer"]),
        ("subset", "epochs", "null", ["'null' should be a valid integer"]),
        ("subset", "epochs", None, ["None should be a valid integer"]),
        ("subset", "epochs", True, ["True should be a valid integer"]),
        ("model", "dropout", "true", ["'true' should be a valid number"]),
        ("model", "dropout", "nan", ["nan should be a finite number"]),
        ("potential", "learning_rate", "inf", ["inf should be a finite number"]),
        ("model", "leace", "maybe", ["'maybe' should be a valid boolean"]),
        ("model", "encoder", "cn", ["'cn' should be 'motifs', 'cnn' or 'deep'"]),
        ("dataset", "genome", 7, ["7 should be a valid string", "quotes"]),
        ("windows", "scales", [4, 4], ["[4, 4] should name nothing twice"]),
        ("windows", "scales", [4, 5], ["'windows.scales.1': 5 should be a multiple of 2"]),
    ],
)
def test_a_wrong_value_is_shown_with_what_is_expected(section, key, value, parts):
    values = LEAST | {section: LEAST.get(section, {}) | {key: value}}
    says(refusal(validated, values), f"config: '{section}.{key}", *parts)


def test_a_section_that_is_no_mapping(tmp_path):
    says(
        refused(tmp_path, "subset: 3\n"),
        "mine.yaml:7: 'subset': 3 should be a valid dictionary. See config/README.md.",
    )


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"dataset": {"kind": "files", "files": {"A": {"pears": "x"}}}}, ["loops, pairs, peaks"]),
        ({"thresholds": {"fit.x": {"value": 1, "reason": "x"}}}, ["value, why"]),
        ({"objective": {"label": 1}}, ["label_contrast, line_contrast"]),
    ],
)
def test_known_keys_are_those_of_the_place(changes, parts):
    says(refusal(validated, LEAST | changes), "unknown key '", "Known keys here: ", *parts)


def test_the_first_mistake_in_the_files_is_told(tmp_path):
    text = "waive: [nothing]\nsubset:\n  epochs: 0\nseed: -1\n"
    says(refused(tmp_path, text), "mine.yaml:7: ", "'waive.0'")
    text = "subset:\n  epochs: 0\n  epoch: 1\nwaive: [nothing]\n"
    says(refused(tmp_path, text), "mine.yaml:8: ", "'subset.epochs'")


def test_a_missing_key_is_told_with_the_file_it_is_missing_in(tmp_path):
    path = written(tmp_path / "mine.yaml", BASE.replace("marks:", "seed: 3 #"))
    says(refusal(validated, yaml.safe_load(path.read_text()), [path]), "mine.yaml: ", "'marks'")
    path = written(tmp_path / "mine.yaml", BASE.replace("kind:", "genome:"))
    says(
        refusal(validated, yaml.safe_load(path.read_text()), [path]),
        "mine.yaml:2: missing key 'dataset.kind'",
    )


def test_no_line_of_a_file_is_blamed_for_what_no_file_says(tmp_path):
    path = written(tmp_path / "mine.yaml", BASE + "subset:\n  epochs: 3\n")
    for subset in ({"epochs": "x"}, {"epoch": "2"}):
        values = yaml.safe_load(path.read_text()) | {"subset": subset}
        assert refusal(validated, values, [path]).startswith("config: ")


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
    with pytest.raises(ValidationError, match="frozen"):
        toy_config().seed = 2
    with pytest.raises(ValidationError, match="frozen"):
        toy_config().subset.epochs = 2


def test_key_line_finds_the_deepest_key(tmp_path):
    path = written(tmp_path / "a.yaml", "# comment\na:\n  b:\n    c: 1\nd: [1]\n")
    assert key_line(path, ["a", "b", "c"]) == 4
    assert key_line(path, ["a", "b", "x"]) == 3
    assert key_line(path, ["d", "0"]) == 5
    assert key_line(path, ["x"]) is None


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path):
    """YAML keeps the last of two; a second replicate would take the place of the first."""
    path = tmp_path / "run.yaml"
    path.write_text("run: a\nrun: b\n")
    message = refusal(read_config, path)
    assert message.startswith(f"{path}:2: key 'run' stands twice, first in line 1. ")

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from epidecouple.core import provenance
from epidecouple.core.provenance import (
    LIBRARIES,
    Measured,
    code_digest,
    fingerprint,
    module_closure,
    read_json,
    read_metrics,
    versions,
    write_json,
    write_metrics,
)
from toy import written


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package whose modules a test may change."""
    copy = shutil.copytree(
        provenance.PACKAGE, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(provenance, "PACKAGE", copy)
    return copy


@pytest.fixture
def chain(tmp_path, monkeypatch):
    """A package in rooms where stage a imports b inside a function, b imports c by name, c imports
    b back, and d stands alone.
    """
    written(
        tmp_path / "stages/a.py",
        "import os\n\ndef f():\n    from ..low.b import x\n    return x, os\n",
    )
    written(tmp_path / "low/b.py", "from . import c\nx = c\n")
    written(tmp_path / "low/c.py", "from .b import x\n")
    written(tmp_path / "stages/d.py", "import json\n")
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    return tmp_path


def test_closure_by_hand(chain):
    assert module_closure("stages.a") == {"stages.a", "low.b", "low.c"} and module_closure(
        "stages.d"
    ) == {"stages.d"}


STAGES = sorted(
    path.stem for path in (provenance.PACKAGE / "stages").glob("*.py") if path.stem != "__init__"
)


@pytest.mark.parametrize(
    "stages", [STAGES[::8], pytest.param(STAGES, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_closure_holds_every_module_that_an_import_loads(stages):
    """Against Python itself, for every stage: what a fresh interpreter loads for it, rooms
    aside.
    """
    program = (
        f"import importlib, json, sys; sys.path.insert(0, {str(provenance.PACKAGE.parent)!r});"
        f" loaded = {{}}\nfor stage in {stages}:\n    for name in [name for name in sys.modules if"
        " name.startswith('epidecouple')]: del sys.modules[name]\n   "
        " importlib.import_module(f'epidecouple.stages.{stage}')\n    loaded[stage] = [name for"
        " name in sys.modules if name.startswith('epidecouple.')]\nprint(json.dumps(loaded))"
    )
    called = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = json.loads(called.stdout)
    assert list(loaded) == stages
    for stage, names in loaded.items():
        modules = {name.removeprefix("epidecouple.") for name in names}
        rooms = {name.rpartition(".")[0] for name in modules} | {"report.figures"}
        assert modules - rooms == module_closure(f"stages.{stage}"), stage


def test_digest_changes_with_a_module_imported_through_others(package):
    before = {stage: code_digest(stage) for stage in ("panel", "shard", "simulate")}
    module = package / "data/crossed_pairs.py"  # panel imports it, the others do not
    module.write_text(module.read_text() + "changed = 1\n")
    after = {stage: code_digest(stage) for stage in before}
    assert [stage for stage in before if before[stage] != after[stage]] == ["panel"]
    errors = package / "core/errors.py"  # every stage imports it, most through others
    errors.write_text(errors.read_text() + "changed = 1\n")
    assert all(code_digest(stage) != after[stage] for stage in before)


def test_digest_does_not_depend_on_the_folder(package, monkeypatch):
    here = code_digest("shard")
    monkeypatch.setattr(provenance, "PACKAGE", shutil.move(package, package.parent / "moved"))
    assert code_digest("shard") == here


def test_digest_of_several_modules_does_not_depend_on_their_order(chain):
    assert code_digest("a", "d") == code_digest("d", "a") != code_digest("a")


def test_moving_text_between_modules_changes_the_digest(chain):
    before = code_digest("a")
    written(chain / "low/b.py", "from . import c\n")
    written(chain / "low/c.py", "x = c\nfrom .b import x\n")
    assert code_digest("a") != before


def test_fingerprint_is_that_of_the_content(tmp_path):
    one, other = written(tmp_path / "one", "abc"), written(tmp_path / "other", "abc")
    assert fingerprint(one) == fingerprint(other) == "ba7816bf8f01cfea"
    assert fingerprint(written(tmp_path / "other", "abd")) != fingerprint(one)


def test_json_keeps_numbers_and_turns_what_is_not_finite_into_null(tmp_path):
    path = tmp_path / "new" / "a.json"
    content = {
        "b": np.float32(0.5),
        "a": [np.int64(3), float("nan"), np.inf],
        "c": {1: np.bool_(True)},
        "d": ("x", None),
    }
    write_json(path, content)
    assert read_json(path) == {"a": [3, None, None], "b": 0.5, "c": {"1": True}, "d": ["x", None]}
    assert list(json.loads(path.read_text())) == ["a", "b", "c", "checksum", "d"]


def test_equal_numbers_are_equal_bytes_whatever_they_rest_on(tmp_path):
    source = written(tmp_path / "in.txt", "abc")
    measured = Measured({"rows": np.int64(3), "x": float("nan")}, [source])
    write_metrics(tmp_path / "a/metrics.json", "panel", measured, '{"seed": 4}')
    write_metrics(tmp_path / "b/metrics.json", "panel", Measured(measured.metrics), '{"seed": 5}')
    assert (tmp_path / "a/metrics.json").read_bytes() == (tmp_path / "b/metrics.json").read_bytes()
    assert read_metrics(tmp_path / "a/metrics.json") == {"rows": 3, "x": None}
    record = read_json(tmp_path / "a/provenance.json")
    assert record["stage"] == "panel" and record["settings"] == {"seed": 4}
    assert record["inputs"] == {str(source): "ba7816bf8f01cfea"}
    assert record["code"] == code_digest("panel") and set(record["versions"]) == set(LIBRARIES)


def test_versions_are_those_of_the_libraries():
    assert versions()["numpy"] == np.__version__

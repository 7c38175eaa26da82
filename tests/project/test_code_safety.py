"""No text of a configuration, of a file name or of data is run: neither by a shell nor by Python.

What a configuration, a mirror and a run in an empty folder can try is in
`tests/workflow/test_hostile_text.py`.
"""

import ast
import io
import os
import pickle
import re

import numpy as np
import pytest
import torch
import yaml

from epidecouple.core.paths import PACKAGE, ROOT

RULES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))
# A launcher is one of two texts of the rules themselves.
UNQUOTED = {"params.launcher"}
# Calls that run what a file holds, or write where an archive says.
BUILTIN = {"eval", "exec", "compile", "__import__"}
FORBIDDEN = {"popen", "unpack_archive", "read_pickle", "unsafe_load", "full_load"}
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "tarfile", "zipfile"}


def shell_blocks(text: str) -> list[str]:
    return re.findall(r"^( +)shell:\n((?:\1 +.*\n)+)", text, flags=re.M)


def unquoted(text: str) -> set[str]:
    """Fields of the shell commands of some rules that Snakemake does not quote."""
    fields = [
        field
        for _, block in shell_blocks(text)
        for field in re.findall(r"(?<!\{)\{([^{}]+)\}(?!\})", block)
    ]
    return {field for field in fields if not field.endswith(":q")} - UNQUOTED


def test_every_field_of_every_shell_command_is_quoted():
    texts = [path.read_text() for path in RULES]
    assert sum(len(shell_blocks(text)) for text in texts) > 25
    assert {path.name: unquoted(text) for path, text in zip(RULES, texts, strict=True)} == {
        path.name: set() for path in RULES
    }
    assert unquoted("rule a:\n    shell:\n        'x {input} {log:q}'\n") == {"input"}


def in_brackets(text: str, start: int) -> str:
    """What stands between the bracket at `start` and the one that closes it."""
    depth = 0
    for end in range(start, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            return text[start + 1 : end]
    raise ValueError("no bracket closes it")


def test_shell_commands_outside_rules_are_made_of_quoted_text():
    """`shell(...)` and `shell.prefix(...)` of the rules: what is put in is quoted or our own."""
    text = "".join(path.read_text() for path in RULES)
    starts = re.finditer(r"^ *(?:INDEX = |REPORT = |shell(?:\.prefix)?)(?=\()", text, flags=re.M)
    calls = [in_brackets(text, found.end()) for found in starts]
    assert len(calls) == 7
    ours = (
        "INDEX",
        "REPORT",
        "' '.join(GATES)",
        "' '.join(f'{name}={quoted(value)}'",
        " tee ",
        " grep ",
        " OMP_NUM_THREADS=1 ",
    )
    for call in calls:
        fields = re.findall(r"\{+((?:[^{}]|\{[^{}]*\})+)\}", call)
        allowed = ("quoted(", "REPORT_THRESHOLDS:q", *ours)
        assert fields and all(field.startswith(allowed) for field in fields), fields


def calls_of(tree: ast.AST) -> dict[str, list[ast.Call]]:
    found: dict[str, list[ast.Call]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            found.setdefault(name, []).append(node)
    return found


def dotted(call: ast.Call) -> str:
    return ast.unparse(call.func)


def keywords(call: ast.Call) -> dict[str, str]:
    return {word.arg or "": ast.unparse(word.value) for word in call.keywords}


def unsafe(source: str) -> list[str]:
    """What of a module could run text or data as code."""
    tree = ast.parse(source)
    calls = [call for several in calls_of(tree).values() for call in several]
    wrong = [
        dotted(call)
        for call in calls
        if dotted(call) in BUILTIN
        or dotted(call).rpartition(".")[2] in FORBIDDEN
        or dotted(call) == "torch.load"
        and keywords(call).get("weights_only") != "True"
        or dotted(call) in ("yaml.load", "joblib.load", "os.system")
        or "allow_pickle" in keywords(call)
        or keywords(call).get("shell") == "True"
    ]
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return wrong + sorted(imported & MODULES)


def test_the_package_runs_nothing_that_a_file_holds():
    files = sorted(PACKAGE.rglob("*.py"))
    assert {str(file): unsafe(file.read_text()) for file in files if unsafe(file.read_text())} == {}
    assert len(files) > 150


@pytest.mark.parametrize(
    "source",
    [
        "eval(text)",
        "os.system(text)",
        "import pickle",
        "from zipfile import ZipFile",
        "shutil.unpack_archive(a, b)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(text, shell=True)",
        "yaml.load(text, yaml.Loader)",
    ],
)
def test_unsafe_calls_are_found(source):
    assert unsafe(source)


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (str(self.place),)


def test_what_reads_arrays_weights_and_yaml_runs_no_code(tmp_path):
    place = tmp_path / "pwned"
    np.save(tmp_path / "a.npy", np.array([Evil(place)], dtype=object), allow_pickle=True)
    torch.save({"state": Evil(place)}, tmp_path / "a.pt")
    tries = [
        lambda: np.load(tmp_path / "a.npy", mmap_mode="r"),
        lambda: torch.load(tmp_path / "a.pt", weights_only=True),
        lambda: yaml.safe_load(f"!!python/object/apply:os.mkdir ['{place}']"),
    ]
    for attempt in tries:
        with pytest.raises((ValueError, pickle.UnpicklingError, yaml.YAMLError)):
            attempt()
    assert not place.exists()
    pickle.load(io.BytesIO(pickle.dumps(Evil(place))))
    assert place.exists(), "the trap works"

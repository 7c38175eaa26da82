"""Imports go down: a room may import the rooms named beside it, and a network nothing but core and
other networks.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from epidecouple.core.paths import PACKAGE

MAY_IMPORT = {
    "core": "",
    "statistics": "",
    "files": "core",
    "simulation": "core files statistics",
    "data": "core files statistics",
    "model": "core statistics data",
    "decoupling": "core statistics data model",
    "verification": "core data model",
    "training": "core statistics data model decoupling verification",
    "experiments": "core files",
    "regulation": "core files statistics data experiments",
    "samples": "core files statistics",
    "evaluation": "core files statistics data model verification training experiments regulation",
    "bengi": "core files statistics data model experiments evaluation",
    "interpretation": "core files statistics data model decoupling",
    "pretrained": "core files data model experiments regulation statistics",
    "prediction": "core files data model interpretation pretrained",
    "ablation": "core data evaluation model simulation statistics training",
    "report": "core",
}
MAY_IMPORT["stages"] = " ".join(MAY_IMPORT)
NETWORKS = [
    "sequence",
    "deep_sequence",
    "motif_encoder",
    "potential",
    "resistance",
    "prototypes",
    "erasure",
    "energy",
    "record22",
    "losses",
]
LARGEST_ROOM = 15


def imported(file: Path) -> Iterator[list[str]]:
    """Room and module of every relative import of a file."""
    here = file.relative_to(PACKAGE).with_suffix("").parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield [*here[: -node.level], *(node.module or "").split(".")]


def modules(folder: Path) -> list[Path]:
    return [file for file in folder.glob("*.py") if file.stem != "__init__"]


def test_every_room_has_its_row():
    assert {
        folder.name
        for folder in PACKAGE.iterdir()
        if folder.is_dir() and folder.name != "__pycache__"
    } == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_go_down(room):
    files = list((PACKAGE / room).rglob("*.py"))
    rooms = {target[0] for file in files for target in imported(file)}
    assert len(files) > 3 and rooms - {room} == set(MAY_IMPORT[room].split()), (
        "the table is exact: no arrow more, none unused"
    )


def test_networks_know_tensors_only():
    for name in NETWORKS:
        targets = list(imported(PACKAGE / "model" / f"{name}.py"))
        assert all(
            target[0] == "core" or target[:1] == ["model"] and target[1] in NETWORKS
            for target in targets
        ), name


def test_rooms_are_small_and_say_what_they_know():
    for folder in {file.parent for file in PACKAGE.rglob("*.py")} - {PACKAGE}:
        tree = ast.parse((folder / "__init__.py").read_text())
        assert ast.get_docstring(tree) and len(tree.body) == 1, (
            f"{folder.name}: a docstring and nothing else"
        )
        assert len(modules(folder)) <= LARGEST_ROOM or folder.name == "stages", folder.name


def test_only_stages_read_a_command_line():
    for file in PACKAGE.rglob("*.py"):
        names = {
            alias.name
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert "argparse" not in names or file == PACKAGE / "stages" / "runner.py", file


def test_record_22_has_modules_of_its_own():
    """Elsewhere a network or a phase names it once at most: in the table from which the
    configuration chooses.
    """
    for room in ("model", "training"):
        for file in modules(PACKAGE / room):
            lines = [
                line
                for line in file.read_text().lower().splitlines()
                if "record22" in line or "record 22" in line
            ]
            assert file.stem == "record22" or len(lines) <= 2, (file, lines)

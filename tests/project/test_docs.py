"""What the pages name exists: links, modules and functions, keys of the configuration, metrics of
the gates, files.
"""

import importlib
import re
from pathlib import Path

import pytest

from epidecouple.core.config import Config, is_section
from epidecouple.core.gates import load_rows
from epidecouple.core.paths import PACKAGE, ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "results" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
DOTTED = re.compile(r"([a-z]\w*)\.([A-Za-z_][\w.]*)")
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")
}
ROOMS = {name.split(".")[0] for name in MODULES if "." in name}
SUFFIXES = (
    "bed",
    "bedpe",
    "cff",
    "html",
    "interact",
    "json",
    "log",
    "md",
    "npy",
    "parquet",
    "py",
    "safetensors",
    "svg",
    "toml",
    "tsv",
)
PLACE = re.compile(r"(?:config|docs|envs|profiles|resources|tests|workflow)/[\w./-]+\.\w+")


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """GitHub's anchors of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(page.read_text()):
        path, _, anchor = target.partition("#")
        if path.startswith(("http://", "https://")):
            continue
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def exists(dotted: str) -> bool:
    """Whether `room.module.name`, or a module alone, is one of the package."""
    module = max(
        (name for name in MODULES if f"{dotted}.".startswith(f"{name}.")), key=len, default=None
    )
    if module is None:
        return False
    thing = importlib.import_module(f"epidecouple.{module}")
    for name in dotted.removeprefix(module).split(".")[1:]:
        thing = getattr(thing, name, None)
    return thing is not None


def known_keys() -> set[str]:
    """Keys of the configuration with their section, and metrics with their gate."""
    sections = {
        name: field.annotation
        for name, field in Config.model_fields.items()
        if is_section(field.annotation)
    }
    keys = {f"{name}.{key}" for name, kind in sections.items() for key in kind.model_fields}
    return keys | {f"{row['gate']}.{row['metric']}" for row in load_rows()}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_name_in_code_type_exists(page):
    """A name with a dot that begins like a room, a section or a gate is one of its modules,
    functions, keys or metrics.
    """
    keys = known_keys()
    for name in dotted_names(page):
        if name.split(".")[0] in ROOMS | {key.split(".")[0] for key in keys}:
            assert name in keys or exists(name), name


def dotted_names(page: Path) -> list[str]:
    names = [
        DOTTED.fullmatch(code.split(":")[0].split(" =")[0])
        for code in CODE.findall(page.read_text())
    ]
    return [name[0] for name in names if name and name[2] not in SUFFIXES]


def test_the_pages_name_many_functions():
    """So that the test above looks at something."""
    assert (
        len(
            {
                name
                for page in PAGES
                for name in dotted_names(page)
                if name.split(".")[0] in ROOMS and exists(name)
            }
        )
        > 50
    )


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_file_of_the_repository_that_is_named_exists(page):
    for place in {
        place for code in CODE.findall(page.read_text()) for place in PLACE.findall(code)
    }:
        assert (ROOT / place).exists() or place.startswith("resources/download"), place


def test_every_page_is_reached_from_the_readme_or_the_list_of_pages():
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in (ROOT / "README.md", ROOT / "docs" / "README.md")
        for target in LINK.findall(page.read_text())
    }
    assert set((ROOT / "docs").rglob("*.md")) - {ROOT / "docs" / "README.md"} <= linked


def test_the_share_of_files_that_are_named_rightly_is_that_of_the_table():
    """The page on own data quotes three rows of a table that is generated."""
    page = (ROOT / "docs" / "own_data.md").read_text()
    table = (ROOT / "docs" / "tables" / "sample_accuracy.md").read_text()
    rows = [row.strip("| ").split(" | ") for row in table.splitlines() if "| all |" in row]
    for question, _, _, right, false, _, detected, named in rows:
        assert f"| {' | '.join([question, right, false, detected, named])} |" in page
    assert len(rows) == 3

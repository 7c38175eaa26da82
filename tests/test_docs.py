"""What the pages name exists: links, modules and functions, keys of the configuration, metrics of the gates, files."""

import importlib
import re
from pathlib import Path

import pytest

from epidecouple.config import load_schema
from epidecouple.gates import ROOT, load_rows

PACKAGE = ROOT / "workflow" / "epidecouple"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "results" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
DOTTED = re.compile(r"([a-z]\w*)\.([A-Za-z_][\w.]*)")
SUFFIXES = ("bed", "bedpe", "cff", "html", "interact", "json", "log", "md", "npy", "parquet", "py", "safetensors", "svg", "toml", "tsv")
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
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def exists(module: str, names: list[str]) -> bool:
    found = importlib.import_module(f"epidecouple.{module}")
    for name in names:
        found = getattr(found, name, None)
    return found is not None


def known_keys() -> set[str]:
    """Keys of the configuration with their section, and metrics with their gate."""
    sections = load_schema()["properties"]
    keys = {f"{name}.{key}" for name, part in sections.items() for key in part.get("properties", {})}
    return keys | {f"{row['gate']}.{row['metric']}" for row in load_rows()}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_name_in_code_type_exists(page):
    """A name with a dot that begins like a module, a section or a gate is one of its functions, keys or metrics."""
    keys, modules = known_keys(), {path.stem for path in PACKAGE.glob("*.py")}
    for code in CODE.findall(page.read_text()):
        name = DOTTED.fullmatch(code.split(":")[0].split(" =")[0])
        if name and name[2] not in SUFFIXES and name[1] in modules | {key.split(".")[0] for key in keys}:
            assert name[0] in keys or (name[1] in modules and exists(name[1], name[2].split("."))), code


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_file_of_the_repository_that_is_named_exists(page):
    for place in {place for code in CODE.findall(page.read_text()) for place in PLACE.findall(code)}:
        assert (ROOT / place).exists() or place.startswith("resources/download"), place


def test_the_readme_leads_to_every_page():
    linked = {target.partition("#")[0] for target in LINK.findall((ROOT / "README.md").read_text())}
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")} <= linked

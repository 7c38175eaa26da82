"""The documentation as a site: at most ten pages, each with one question, and a build without a
warning.
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from browser import needs_chromium, opened
from epidecouple.core.paths import ROOT

SETTINGS = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
PAGES = [page for page in SETTINGS["nav"] if isinstance(page, str)]
TABLES, REFERENCE = (SETTINGS["nav"][k][name] for k, name in ((-2, "Tables"), (-1, "Reference")))
LISTED = [*PAGES, *TABLES, *REFERENCE]


def title(page: Path) -> str:
    return page.read_text().split("\n")[0].removeprefix("# ")


def test_there_are_ten_pages_at_most_and_each_has_one_question():
    """Behind the README; what tables hold is looked up and not read."""
    home, *pages = PAGES
    titles = [title(ROOT / "docs" / page) for page in pages]
    assert home == "index.md" and len(pages) <= 10
    assert all(text.endswith("?") and text.count("?") == 1 for text in titles)


def test_the_readme_names_every_page_by_its_question():
    text = (ROOT / "README.md").read_text()
    for page in PAGES[1:]:
        question = title(ROOT / "docs" / page)
        assert f"| {question} | [{page.removesuffix('.md')}](docs/{page})" in text


def test_every_page_is_listed_once():
    """A new page is listed in mkdocs.yml, then `make docs`."""
    docs = ROOT / "docs"
    there = {str(path.relative_to(docs)) for path in docs.rglob("*.md")} - {"README.md"}
    assert max(Counter(LISTED).values()) == 1 and there <= set(LISTED)
    assert {name for name in there if "/" not in name} == set(PAGES[1:])


def test_every_page_that_is_listed_is_there():
    places = [ROOT / "README.md" if page == "index.md" else ROOT / page for page in LISTED]
    assert all(
        place.is_file() or (ROOT / "docs" / page).is_file()
        for place, page in zip(places, LISTED, strict=True)
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built strictly: a dead link or an unlisted page ends the build."""
    pytest.importorskip("mkdocs", reason="pip install -e '.[site]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.slow
def test_the_site_has_every_page_and_the_python_interface(site):
    names = {page.removesuffix(".md").removesuffix("README").rstrip("/") for page in LISTED}
    assert all((site / name / "index.html").is_file() for name in names - {"index"})
    assert "contrast_over_lines" in (site / "api" / "model" / "index.html").read_text()
    assert "<math" in (site / "method" / "index.html").read_text()


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("page", ["index.html", "method/index.html", "api/index.html"])
@pytest.mark.parametrize("width", [1400, 400])
def test_pages_open_in_a_browser_without_a_network(site, page, width):
    """What draws the diagrams comes from the network; without it they stay text."""
    shown, complaints = opened(site / page, f"--window-size={width},900")
    assert [line for line in complaints if "mermaid" not in line] == [] and "<h1" in shown

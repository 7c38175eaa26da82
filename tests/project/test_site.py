"""The documentation as a site: ten questions, every page under one of them, and a build without a
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
QUESTIONS = {question: pages for part in SETTINGS["nav"] for question, pages in part.items()}
LISTED = [page for pages in QUESTIONS.values() for page in pages]


def test_there_are_ten_questions_at_most():
    assert len(QUESTIONS) <= 10 and all(question.endswith("?") for question in QUESTIONS)


def test_every_page_is_under_one_question():
    """A new page is listed in mkdocs.yml, then `make docs`."""
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert max(Counter(LISTED).values()) == 1 and pages <= set(LISTED)


def test_every_page_that_is_listed_is_there():
    places = [ROOT / "README.md" if page == "index.md" else ROOT / page for page in LISTED]
    assert all(path.is_file() or (ROOT / "docs" / path.name).is_file() for path in places)


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

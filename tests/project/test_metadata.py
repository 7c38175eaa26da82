"""Version, licence and authors are told alike everywhere, in the forms that others read by
machine.
"""

import re
import tomllib

import yaml

from epidecouple import __version__
from epidecouple.core.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", re.M)


def test_the_version_is_the_same_everywhere():
    """The package's own is what is installed; the pages name it where they name a tag."""
    assert PROJECT["dynamic"] == ["version"] and "version" not in PROJECT
    assert CITATION["version"] == __version__ == RELEASE.findall(CHANGELOG)[0][0]
    pages = (ROOT / "README.md").read_text() + (ROOT / "docs" / "commands.md").read_text()
    assert set(re.findall(r"(?:@v|--tag v|tag=\"v)(\d[\w.]*\d)", pages)) == {__version__}


def test_the_licence_is_the_same_everywhere():
    text = (ROOT / "LICENSE").read_text()
    assert CITATION["license"] == PROJECT["license"] == "MIT" and text.startswith("MIT License\n")
    assert f"the {CITATION['authors'][0]['name'].removeprefix('The ')}" in text


def test_the_citation_has_what_its_format_requires():
    """Citation File Format 1.2.0: four required keys; an author with `name` is an entity."""
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION)
    assert CITATION["cff-version"] == "1.2.0" and CITATION["type"] == "software"
    assert CITATION["authors"] == [{"name": "The epidecouple authors"}]
    assert set(CITATION) <= {
        "cff-version",
        "message",
        "type",
        "title",
        "abstract",
        "authors",
        "version",
        "license",
        "keywords",
    }


def test_the_changelog_keeps_its_form():
    """Newest first, unreleased changes on top, known kinds of change only."""
    releases = RELEASE.findall(CHANGELOG)
    assert releases == sorted(
        releases, key=lambda release: tuple(map(int, release[0].split("."))), reverse=True
    )
    assert re.findall(r"^## \[(.+?)\]", CHANGELOG, re.M) == [
        "Unreleased",
        *(version for version, _ in releases),
    ]
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.M)) <= {
        "Added",
        "Changed",
        "Deprecated",
        "Removed",
        "Fixed",
        "Security",
    }


def test_the_workflow_catalog_finds_what_it_asks_for():
    """Standardised usage: the Snakefile and the configuration's page where the catalog looks, and
    true claims.
    """
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"} and set(
        usage["mandatory-flags"]
    ) == {"desc", "flags"}
    assert all(
        (ROOT / name).is_file()
        for name in ("workflow/Snakefile", "config/README.md", "config/config.yaml")
    )
    readme, rules = (
        (ROOT / "README.md").read_text().lower(),
        list((ROOT / "workflow" / "rules").glob("*.smk")),
    )
    assert "snakemake" in readme and "workflow" in readme and rules
    text = "".join(path.read_text() for path in rules)
    assert usage["software-stack-deployment"] == {
        "conda": "conda:" in text,
        "apptainer": "container:" in text,
        "apptainer+conda": False,
    }
    assert usage["report"] == ("report(" in text)
